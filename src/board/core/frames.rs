//! The driver's side of the wire: commands into frames, bytes into replies. Pure: no I/O, no clock.

use arrayvec::ArrayVec;

use super::words::WORDS;

/// The byte between frames.
pub(super) const END: u8 = 0xc0;
const ESCAPE: u8 = 0xdb;
const ESCAPED_END: u8 = 0xdc;
const ESCAPED_ESCAPE: u8 = 0xdd;

/// The longest frame of the host on the wire: every byte escaped.
pub(super) const LONGEST_FRAME: usize = 2 + 2 * (4 + 4 * WORDS + 2);

/// A frame on the wire.
pub(super) type Wire = ArrayVec<u8, LONGEST_FRAME>;

/// What the host says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Command<'a> {
    /// Search this.
    Job {
        /// Its id.
        id: u8,
        /// Instead of everything else.
        flush: bool,
        /// Told back in status.
        zero_bits: u8,
        /// The words.
        words: &'a [u32; WORDS],
    },
    /// Say what you are.
    Information,
    /// Say how you are.
    Status,
    /// Search nothing.
    Stop {
        /// Told back.
        id: u8,
    },
}

impl Command<'_> {
    /// The frame, delimiters included.
    pub(super) fn encode(self) -> Wire {
        let mut frame = Frame::begin();
        match self {
            Self::Job {
                id,
                flush,
                zero_bits,
                words,
            } => {
                frame.put(&[0x01, id, u8::from(flush), zero_bits]);
                for word in words {
                    frame.put(&word.to_be_bytes());
                }
            }
            Self::Information => frame.put(&[0x02, 0, 0, 0]),
            Self::Status => frame.put(&[0x03, 0, 0, 0]),
            Self::Stop { id } => frame.put(&[0x04, id, 0, 0]),
        }
        frame.end()
    }
}

/// A frame that is being written.
struct Frame {
    wire: Wire,
    crc: u16,
}

impl Frame {
    fn begin() -> Self {
        let mut wire = Wire::new();
        wire.push(END);
        Self { wire, crc: 0xffff }
    }

    fn put(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.crc = crc16(self.crc, *byte);
            match *byte {
                END => self.wire.extend([ESCAPE, ESCAPED_END]),
                ESCAPE => self.wire.extend([ESCAPE, ESCAPED_ESCAPE]),
                plain => self.wire.push(plain),
            }
        }
    }

    fn end(mut self) -> Wire {
        let crc = self.crc.to_be_bytes();
        self.put(&crc);
        self.wire.push(END);
        self.wire
    }
}

/// CRC-16 (CCITT) of what `crc` stands for and `byte`.
fn crc16(crc: u16, byte: u8) -> u16 {
    (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
        let shifted = crc << 1;
        if crc & 0x8000 == 0 {
            shifted
        } else {
            shifted ^ 0x1021
        }
    })
}

/// What the core is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Information {
    pub(super) version: u8,
    pub(super) sensor: u8,
    pub(super) cores: u8,
    pub(super) slice_bits: u8,
    pub(super) clocks_per_turn: u16,
    pub(super) clock_hz: u32,
    pub(super) waiting_jobs: u8,
    pub(super) words: u8,
    pub(super) nonces_per_turn: u8,
}

impl Information {
    /// Clocks that a core takes for a nonce, on average.
    pub(super) fn clocks_per_nonce(&self) -> f64 {
        f64::from(self.clocks_per_turn) / f64::from(self.nonces_per_turn)
    }
}

/// How the core is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) id: u8,
    pub(super) running: bool,
    pub(super) jobs: u8,
    pub(super) bad_frames: u16,
    pub(super) lost_bytes: u16,
    pub(super) lost_nonces: u16,
    pub(super) reading: u16,
}

/// What the core says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// A nonce, as SHA-256's message word.
    Nonce { id: u8, core: u8, word: u32 },
    /// A command is carried out.
    Accepted { id: u8 },
    /// A command is not carried out.
    Refused { id: u8, reason: u8 },
    /// A job's range is searched.
    Searched { id: u8 },
    /// What it is.
    Information(Information),
    /// How it is.
    Status(Status),
    /// A frame that is none: so many bytes.
    Garbage(usize),
}

/// Longest reply, CRC included; what is longer is no reply.
const LONGEST_REPLY: usize = 32;

/// Collects bytes into replies.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    frame: ArrayVec<u8, LONGEST_REPLY>,
    escaped: bool,
    bad: bool,
    /// Bytes since the last delimiter.
    heard: usize,
}

impl Decoder {
    /// Takes a byte; a reply when it completes one.
    pub(super) fn feed(&mut self, byte: u8) -> Option<Reply> {
        if byte == END {
            return self.complete();
        }
        self.heard += 1;
        if std::mem::take(&mut self.escaped) {
            match byte {
                ESCAPED_END => self.push(END),
                ESCAPED_ESCAPE => self.push(ESCAPE),
                _ => self.bad = true,
            }
        } else if byte == ESCAPE {
            self.escaped = true;
        } else {
            self.push(byte);
        }
        None
    }

    fn push(&mut self, byte: u8) {
        self.bad |= self.frame.try_push(byte).is_err();
    }

    fn complete(&mut self) -> Option<Reply> {
        let Self {
            frame,
            escaped,
            bad,
            heard,
        } = std::mem::take(self);
        if heard == 0 {
            return None;
        }
        let crc = frame.iter().fold(0xffff, |crc, byte| crc16(crc, *byte));
        let good = !bad && !escaped && crc == 0 && frame.len() > 2;
        let reply = good.then(|| parse(&frame[..frame.len() - 2])).flatten();
        Some(reply.unwrap_or(Reply::Garbage(heard)))
    }
}

fn parse(bytes: &[u8]) -> Option<Reply> {
    Some(match *bytes {
        [0x81, id, core, a, b, c, d] => Reply::Nonce {
            id,
            core,
            word: u32::from_be_bytes([a, b, c, d]),
        },
        [0x82, id, 0, _] => Reply::Accepted { id },
        [0x83, id, reason, _] => Reply::Refused { id, reason },
        [0x84, id, _] => Reply::Searched { id },
        [0x85, ref rest @ ..] => Reply::Information(information(rest.try_into().ok()?)),
        [0x86, ref rest @ ..] => Reply::Status(status(rest.try_into().ok()?)),
        _ => return None,
    })
}

fn information(bytes: [u8; 13]) -> Information {
    let [
        version,
        sensor,
        cores,
        slice_bits,
        n1,
        n0,
        h3,
        h2,
        h1,
        h0,
        waiting_jobs,
        words,
        nonces_per_turn,
    ] = bytes;
    Information {
        version,
        sensor,
        cores,
        slice_bits,
        clocks_per_turn: u16::from_be_bytes([n1, n0]),
        clock_hz: u32::from_be_bytes([h3, h2, h1, h0]),
        waiting_jobs,
        words,
        nonces_per_turn,
    }
}

fn status(bytes: [u8; 12]) -> Status {
    let [
        id,
        state,
        _zero_bits,
        f1,
        f0,
        b1,
        b0,
        n1,
        n0,
        r1,
        r0,
        _version,
    ] = bytes;
    Status {
        id,
        running: state & 0x80 != 0,
        jobs: state & 0x03,
        bad_frames: u16::from_be_bytes([f1, f0]),
        lost_bytes: u16::from_be_bytes([b1, b0]),
        lost_nonces: u16::from_be_bytes([n1, n0]),
        reading: u16::from_be_bytes([r1, r0]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replies(bytes: &[u8]) -> Vec<Reply> {
        let mut decoder = Decoder::default();
        bytes
            .iter()
            .filter_map(|byte| decoder.feed(*byte))
            .collect()
    }

    /// The check value of CRC-16/IBM-3740, as CRC catalogues list it.
    #[test]
    fn the_crc_is_the_catalogued_one() {
        let crc = b"123456789"
            .iter()
            .fold(0xffff, |crc, byte| crc16(crc, *byte));
        assert_eq!(crc, 0x29b1);
    }

    #[test]
    fn a_command_on_the_wire() {
        let wire = Command::Information.encode();
        assert_eq!(wire.len(), 8);
        assert_eq!(wire[..5], [0xc0, 0x02, 0, 0, 0]);
        assert_eq!(wire[7], 0xc0);
        let stop = Command::Stop { id: 0xc0 }.encode();
        assert_eq!(stop[..5], [0xc0, 0x04, 0xdb, 0xdc, 0]);
    }

    #[test]
    fn the_longest_job_fits() {
        let words = [0xc0c0_c0c0; WORDS];
        let job = Command::Job {
            id: 0xdb,
            flush: true,
            zero_bits: 32,
            words: &words,
        };
        let wire = job.encode();
        assert!(wire.len() > 200 && wire.len() <= LONGEST_FRAME);
    }

    fn framed(bytes: &[u8]) -> Wire {
        let mut frame = Frame::begin();
        frame.put(bytes);
        frame.end()
    }

    #[test]
    fn replies_with_escapes() {
        let nonce = framed(&[0x81, 0xc0, 1, 0xdb, 0xdc, 0xc0, 0xdd]);
        let expected = Reply::Nonce {
            id: 0xc0,
            core: 1,
            word: 0xdbdc_c0dd,
        };
        assert_eq!(replies(&nonce), [expected]);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_seen_and_the_next_frame_is_understood() {
        let good = framed(&[0x81, 7, 0, 0x1d, 0xac, 0x2b, 0x7c]);
        let expected = replies(&good);
        for bit in 8..8 * (good.len() - 1) {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            bad.try_extend_from_slice(&good).unwrap();
            let heard = replies(&bad);
            assert_eq!(heard.last(), expected.last(), "bit {bit}");
            let told = |reply: &Reply| matches!(reply, Reply::Garbage(_));
            assert!(heard[..heard.len() - 1].iter().all(told), "bit {bit}");
        }
        for cut in 1..good.len() - 1 {
            let mut bad = Wire::try_from(&good[..cut]).unwrap();
            bad.try_extend_from_slice(&good).unwrap();
            assert_eq!(replies(&bad).last(), expected.last(), "cut at {cut}");
        }
    }

    #[test]
    fn endless_noise_costs_no_memory_and_is_counted() {
        let mut noise = vec![0x55; 100_000];
        noise.push(END);
        assert_eq!(replies(&noise), [Reply::Garbage(100_000)]);
    }
}
