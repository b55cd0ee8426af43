//! Frames as the core takes and makes them, after the tables, not after the driver.

/// What the host said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// A frame with the right CRC, without it.
    Good(Vec<u8>),
    /// A frame that is none.
    Bad,
}

/// The receiver.
#[derive(Debug, Default)]
pub(super) struct Link {
    raw: Vec<u8>,
    too_long: bool,
}

/// Bytes between two delimiters that are kept, escapes included.
const LONGEST: usize = 404;

impl Link {
    /// Takes a byte; what it completes.
    pub(super) fn take(&mut self, byte: u8) -> Option<Heard> {
        if byte != 0xc0 {
            self.too_long |= self.raw.len() >= LONGEST;
            if !self.too_long {
                self.raw.push(byte);
            }
            return None;
        }
        let raw = std::mem::take(&mut self.raw);
        let too_long = std::mem::take(&mut self.too_long);
        if raw.is_empty() {
            return None;
        }
        Some(if too_long { Heard::Bad } else { unframed(&raw) })
    }
}

/// The frame between two delimiters.
fn unframed(raw: &[u8]) -> Heard {
    let mut bytes = Vec::new();
    let mut rest = raw.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match (byte, *byte == 0xdb) {
            (byte, false) => *byte,
            (_, true) => match rest.next() {
                Some(0xdc) => 0xc0,
                Some(0xdd) => 0xdb,
                _ => return Heard::Bad,
            },
        });
    }
    if !(3..=200).contains(&bytes.len()) {
        return Heard::Bad;
    }
    let told = bytes.split_off(bytes.len() - 2);
    if told == crc(&bytes).to_be_bytes() {
        Heard::Good(bytes)
    } else {
        Heard::Bad
    }
}

/// `frame` on the wire.
pub(super) fn framed(frame: &[u8]) -> Vec<u8> {
    let mut wire = vec![0xc0];
    for byte in frame.iter().copied().chain(crc(frame).to_be_bytes()) {
        match byte {
            0xc0 => wire.extend([0xdb, 0xdc]),
            0xdb => wire.extend([0xdb, 0xdd]),
            _ => wire.push(byte),
        }
    }
    wire.push(0xc0);
    wire
}

/// The remainder of the message polynomial, bit by bit, as the CRC's definition has it.
fn crc(bytes: &[u8]) -> u16 {
    let mut register = 0xffffu16;
    for byte in bytes {
        for bit in (0..8).rev() {
            let top = register >> 15 != u16::from(byte >> bit & 1);
            register = register << 1 ^ if top { 0x1021 } else { 0 };
        }
    }
    register
}
