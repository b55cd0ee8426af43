//! What boards say, byte by byte: nonces of four or five bytes, opcodes, or lines of text.
//!
//! The plain stream has no framing, so whether a reply is whole is a matter of count and time; the time is the
//! [`line`](super::line)'s business. Pure: no I/O, no clock.

use arrayvec::ArrayVec;

use super::frames::JobFormat;
use super::params::Member;

/// What a board says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Reply {
    /// A nonce as SHA-256's message word, with the job's number where the member has one.
    Nonce {
        /// The word.
        word: u32,
        /// The job's number, 0 to 31.
        id: Option<u8>,
    },
    /// The job is taken.
    Accepted,
    /// The range is searched.
    Exhausted,
    /// Answer to a ping.
    Pong,
    /// Raw reading of the temperature sensor.
    Temperature(u16),
    /// Bytes that make no frame; how many.
    Garbage(usize),
}

/// Degrees Celsius of an XADC reading (4.4).
pub(crate) fn xadc_celsius(raw: u16) -> f64 {
    f64::from(raw) * 503.975 / 65536.0 - 273.15
}

/// Collects bytes into replies.
#[derive(Debug, Clone)]
pub(crate) struct Decoder {
    form: Form,
    partial: ArrayVec<u8, LONGEST_LINE>,
}

/// No line of a KC705 is longer; what is longer is garbage.
const LONGEST_LINE: usize = 32;

#[derive(Debug, Clone, Copy)]
enum Form {
    Word,
    WordAndId,
    Opcodes,
    Lines,
}

impl Decoder {
    /// A decoder for what `member` says.
    pub(crate) fn new(member: &Member) -> Self {
        let form = match member.format {
            JobFormat::Opcode44 => Form::Opcodes,
            JobFormat::HexLine | JobFormat::HexLineMidstateFirst => Form::Lines,
            _ if member.job_ids => Form::WordAndId,
            _ => Form::Word,
        };
        Self {
            form,
            partial: ArrayVec::new(),
        }
    }

    /// Takes a byte; a reply when it completes one.
    pub(crate) fn feed(&mut self, byte: u8) -> Option<Reply> {
        if self.partial.try_push(byte).is_err() {
            return Some(Reply::Garbage(self.drop_partial() + 1));
        }
        let reply = match self.form {
            Form::Word => word(&self.partial),
            Form::WordAndId => word_and_id(&self.partial),
            Form::Opcodes => opcode(&self.partial),
            Form::Lines => line(&self.partial),
        }?;
        self.partial.clear();
        Some(reply)
    }

    /// How many bytes of an incomplete reply are there.
    pub(crate) fn partial(&self) -> usize {
        self.partial.len()
    }

    /// Forgets an incomplete reply; how many bytes it had.
    pub(crate) fn drop_partial(&mut self) -> usize {
        let dropped = self.partial.len();
        self.partial.clear();
        dropped
    }
}

fn word(bytes: &[u8]) -> Option<Reply> {
    let word = u32::from_be_bytes(bytes.try_into().ok()?);
    Some(Reply::Nonce { word, id: None })
}

fn word_and_id(bytes: &[u8]) -> Option<Reply> {
    let [a, b, c, d, id] = bytes.try_into().ok()?;
    Some(Reply::Nonce {
        word: u32::from_be_bytes([a, b, c, d]),
        id: Some(id & 0x1f),
    })
}

fn opcode(bytes: &[u8]) -> Option<Reply> {
    match bytes.split_first()? {
        (0, []) => Some(Reply::Pong),
        (1, []) => Some(Reply::Accepted),
        (2, rest) => word(rest),
        (3, []) => Some(Reply::Exhausted),
        _ => Some(Reply::Garbage(bytes.len())),
    }
}

fn line(bytes: &[u8]) -> Option<Reply> {
    let text = bytes.strip_suffix(b"\n")?;
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let number = hex_number(text);
    Some(match (text.len(), number) {
        (8, Some(word)) => Reply::Nonce { word, id: None },
        (4, Some(raw)) => Reply::Temperature(raw as u16),
        _ => Reply::Garbage(bytes.len()),
    })
}

fn hex_number(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0u32, |number, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(number << 4 | digit)
    })
}

#[cfg(test)]
mod tests {
    use super::super::params;
    use super::*;

    fn replies(member: &Member, bytes: &[u8]) -> Vec<Reply> {
        let mut decoder = Decoder::new(member);
        bytes
            .iter()
            .filter_map(|byte| decoder.feed(*byte))
            .collect()
    }

    #[test]
    fn four_and_five_byte_nonces() {
        let nonce = |id| Reply::Nonce {
            word: 0x0001_87a2,
            id,
        };
        let bytes = [0x00, 0x01, 0x87, 0xa2, 0xe5];
        assert_eq!(replies(&params::ICARUS, &bytes), [nonce(None)]);
        assert_eq!(replies(&params::ANTMINER_U1, &bytes), [nonce(Some(5))]);
    }

    #[test]
    fn opcodes_and_what_is_none() {
        let bytes = [1, 0, 2, 0x04, 0x1f, 0xb0, 0x5e, 3, 9];
        assert_eq!(
            replies(&params::FPGA_SIMPLERS232, &bytes),
            [
                Reply::Accepted,
                Reply::Pong,
                Reply::Nonce {
                    word: 0x041f_b05e,
                    id: None
                },
                Reply::Exhausted,
                Reply::Garbage(1)
            ]
        );
    }

    #[test]
    fn lines_of_nonces_temperatures_and_chatter() {
        let text = b"0E33337A\n9F0A\r\n9ccdef20\nhello\n0E33337G\n";
        let nonce = |word| Reply::Nonce { word, id: None };
        assert_eq!(
            replies(&params::FPGA_KC705, text),
            [
                nonce(0x0e33_337a),
                Reply::Temperature(0x9f0a),
                nonce(0x9ccd_ef20),
                Reply::Garbage(6),
                Reply::Garbage(9)
            ]
        );
        let endless = [b'a'; 100];
        let garbage: usize = replies(&params::FPGA_KC705, &endless)
            .iter()
            .map(|reply| match reply {
                Reply::Garbage(bytes) => *bytes,
                _ => 0,
            })
            .sum();
        assert_eq!(garbage, 99);
    }

    #[test]
    fn a_reading_in_degrees() {
        assert!(
            (xadc_celsius(0x9f0a) - 40.0).abs() < 0.5,
            "{}",
            xadc_celsius(0x9f0a)
        );
    }
}
