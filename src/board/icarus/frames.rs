//! Jobs as they go over the wire: every byte order of the class is a named function here.
//!
//! Orders are those of `classic-boards.md` section 2: `MID_LE` is each state word least significant byte first, `TAIL_GW` is
//! header bytes 64..76 with each group of four reversed. Pure codecs: no I/O, no clock.

use arrayvec::ArrayVec;

use crate::algorithm::sha256d::Midstate;

/// A job on the wire.
pub(crate) type JobBytes = ArrayVec<u8, 96>;

/// How a job looks on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobFormat {
    /// 64 bytes: `REV(MID_LE)`, 20 filler bytes, `REV(TAIL_GW)`.
    Reversed64,
    /// 44 bytes: the same without filler.
    Reversed44,
    /// Opcode `01` and the 44 bytes; replies have opcodes too.
    Opcode44,
    /// A line of hex digits, `TAIL_GW` then `MID_LE`.
    HexLine,
    /// A line of hex digits, `MID_LE` then `TAIL_GW`.
    HexLineMidstateFirst,
}

impl JobFormat {
    /// The job over the header whose first 64 bytes gave `midstate` and whose bytes 64..76 are `tail`; `id` goes where the format
    /// has a place for it.
    pub(crate) fn encode(self, midstate: Midstate, tail: [u8; 12], id: u8) -> JobBytes {
        match self {
            Self::Reversed64 => reversed_64(midstate, tail, id),
            Self::Reversed44 => reversed_44(midstate, tail),
            Self::Opcode44 => opcode_44(midstate, tail),
            Self::HexLine => hex_line(&[&getwork_tail(tail)], &midstate.to_le_bytes()),
            Self::HexLineMidstateFirst => hex_line(&[&midstate.to_le_bytes()], &getwork_tail(tail)),
        }
    }

    /// How many bytes a job has.
    pub(crate) const fn job_len(self) -> usize {
        match self {
            Self::Reversed64 => 64,
            Self::Reversed44 => 44,
            Self::Opcode44 => 45,
            Self::HexLine | Self::HexLineMidstateFirst => 89,
        }
    }
}

/// Where the work id stands in a 64-byte job (4.6).
pub(crate) const ID_AT: usize = 51;

fn reversed_64(midstate: Midstate, tail: [u8; 12], id: u8) -> JobBytes {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&reversed(midstate.to_le_bytes()));
    bytes[ID_AT] = id;
    bytes[52..].copy_from_slice(&reversed(getwork_tail(tail)));
    bytes.iter().copied().collect()
}

fn reversed_44(midstate: Midstate, tail: [u8; 12]) -> JobBytes {
    let midstate = reversed(midstate.to_le_bytes());
    midstate
        .into_iter()
        .chain(reversed(getwork_tail(tail)))
        .collect()
}

fn opcode_44(midstate: Midstate, tail: [u8; 12]) -> JobBytes {
    [0x01]
        .into_iter()
        .chain(reversed_44(midstate, tail))
        .collect()
}

fn hex_line(first: &[&[u8]], second: &[u8]) -> JobBytes {
    let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
    first
        .iter()
        .flat_map(|bytes| bytes.iter())
        .chain(second)
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)])
        .chain([b'\n'])
        .collect()
}

fn reversed<const N: usize>(mut bytes: [u8; N]) -> [u8; N] {
    bytes.reverse();
    bytes
}

/// `TAIL_GW`: each group of four bytes reversed.
fn getwork_tail(mut tail: [u8; 12]) -> [u8; 12] {
    tail.chunks_exact_mut(4).for_each(<[u8]>::reverse);
    tail
}
