//! Packets of the control port: requests, and replies in three dialects.
//!
//! Pure. A request is `length (u16 LE, all of it), id, bus 0, page, command, data`.

use arrayvec::ArrayVec;

use crate::units::printable;

/// The longest packet, either way: a full-speed USB packet.
pub(super) const LONGEST: usize = 64;
/// The id that the controller answers malformed requests with.
pub(super) const NOBODY: u8 = 0xff;

/// Bytes of a packet.
pub(super) type Packet = ArrayVec<u8, LONGEST>;

/// Groups of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    I2c = 0x05,
    Gpio = 0x06,
    Adc = 0x07,
    Led = 0x08,
    /// The fan in old firmware; the system in new.
    Fan = 0x09,
}

/// A request; `None` when it is longer than a packet.
pub(super) fn request(id: u8, page: Page, command: u8, data: &[u8]) -> Option<Packet> {
    let length = 6 + data.len();
    let [low, high] = (length as u16).to_le_bytes();
    let mut packet = Packet::new();
    packet
        .try_extend_from_slice(&[low, high, id, 0, page as u8, command])
        .ok()?;
    packet.try_extend_from_slice(data).ok()?;
    Some(packet)
}

/// How replies are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// bitaxe-raw, and EmberOne firmware before minor 1: on success the length counts the payload only, in errors all.
    V0,
    /// The Bonanza bridge: the length counts all, nothing tells errors but their payload's length.
    Bonanza,
    /// EmberOne firmware from minor 1 on, Bitaxe Gamma RHAP-D: the length counts all, and a status byte follows the id.
    V1,
}

/// How many payload bytes a command returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) least: usize,
    pub(super) most: usize,
}

impl Expected {
    pub(super) const fn exactly(count: usize) -> Self {
        Self {
            least: count,
            most: count,
        }
    }

    fn allows(self, count: usize) -> bool {
        (self.least..=self.most).contains(&count)
    }
}

/// What the bytes received so far are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decoded {
    /// The beginning of a reply, as far as can be told.
    Incomplete,
    /// The command was obeyed.
    Done { id: u8, payload: Packet },
    /// It was not.
    Refused { id: u8, why: String },
    /// No reply.
    Nonsense,
}

/// Reads a reply to a command that returns `expected`. `quiet`: nothing more follows, so what could still grow is what it is.
pub(super) fn decode(dialect: Dialect, bytes: &[u8], expected: Expected, quiet: bool) -> Decoded {
    let [low, high, id, ref rest @ ..] = *bytes else {
        return unfinished(quiet);
    };
    let length = usize::from(u16::from_le_bytes([low, high]));
    if length > LONGEST {
        return Decoded::Nonsense;
    }
    match dialect {
        Dialect::V0 => decode_v0(length, id, rest, expected, quiet),
        Dialect::Bonanza => decode_bonanza(length, id, rest, expected, quiet),
        Dialect::V1 => decode_v1(length, id, rest, expected, quiet),
    }
}

/// A length that the command must return is a success, unless the line falls silent where an error packet of that length would end.
fn decode_v0(length: usize, id: u8, rest: &[u8], expected: Expected, quiet: bool) -> Decoded {
    let error_ends = length
        .checked_sub(3)
        .filter(|code_and_text| *code_and_text > 0);
    if expected.allows(length) {
        return match rest.len() {
            count if count == length => done(id, rest),
            count if count > length => Decoded::Nonsense,
            count if quiet && Some(count) == error_ends => refused(id, rest),
            _ => unfinished(quiet),
        };
    }
    match error_ends {
        Some(end) if rest.len() == end => refused(id, rest),
        Some(end) if rest.len() < end => unfinished(quiet),
        _ => Decoded::Nonsense,
    }
}

fn decode_bonanza(length: usize, id: u8, rest: &[u8], expected: Expected, quiet: bool) -> Decoded {
    match length.checked_sub(3) {
        Some(count) if rest.len() < count => unfinished(quiet),
        Some(count) if rest.len() > count => Decoded::Nonsense,
        Some(count) if expected.allows(count) => done(id, rest),
        Some(1..) => refused(id, rest),
        _ => Decoded::Nonsense,
    }
}

fn decode_v1(length: usize, id: u8, rest: &[u8], expected: Expected, quiet: bool) -> Decoded {
    let Some(count) = length.checked_sub(3).filter(|count| *count > 0) else {
        return Decoded::Nonsense;
    };
    match rest {
        _ if rest.len() < count => unfinished(quiet),
        _ if rest.len() > count => Decoded::Nonsense,
        [0, payload @ ..] if expected.allows(payload.len()) => done(id, payload),
        [0, ..] => Decoded::Nonsense,
        _ => refused(id, rest),
    }
}

fn unfinished(quiet: bool) -> Decoded {
    if quiet {
        Decoded::Nonsense
    } else {
        Decoded::Incomplete
    }
}

fn done(id: u8, payload: &[u8]) -> Decoded {
    // Never longer than a packet: the length was checked.
    let payload = payload.iter().copied().collect();
    Decoded::Done { id, payload }
}

fn refused(id: u8, code_and_text: &[u8]) -> Decoded {
    let (code, text) = code_and_text.split_first().unwrap_or((&NOBODY, &[]));
    let meaning = match code {
        0x10 => "timeout (nobody answers on the bus)",
        0x11 => "invalid command",
        0x12 => "overflow, or denied",
        0x13 => "fault",
        0xff => "failed",
        _ => "unknown code",
    };
    let text = printable(&String::from_utf8_lossy(text), 60);
    let colon = if text.is_empty() { "" } else { ": " };
    let why = format!("code {code:02x}, {meaning}{colon}{text}");
    Decoded::Refused { id, why }
}

/// What dialect the answer to the reading of a line (a payload of one byte, 0 or 1) is in; `None`: none, or not to be told from it.
pub(super) fn detect(reply: &[u8]) -> Option<Dialect> {
    match *reply {
        [1, 0, _, 0 | 1] => Some(Dialect::V0),
        [4, 0, _, 0 | 1] => Some(Dialect::Bonanza),
        [5, 0, _, 0, 0 | 1] => Some(Dialect::V1),
        _ => None,
    }
}
