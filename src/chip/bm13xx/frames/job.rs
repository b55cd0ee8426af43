//! Jobs as they travel. One rule covers every chip: SHA-256's message words in descending order, each most significant byte first, which
//! is the header in four-byte groups from its end, bytes untouched (section 8).

use arrayvec::ArrayVec;

use super::Dialect;
use crate::algorithm::sha256d::Midstate;
use crate::chip::bm13xx::crc::crc16;
use crate::work::Header;

/// A job's bytes, the longest of which has four midstates.
pub type JobFrame = ArrayVec<u8, 152>;

/// Header byte of every job with a length.
const JOB: u8 = 0x21;

/// Appends four-byte groups of `bytes`, last group first.
fn push_groups(frame: &mut JobFrame, bytes: &[u8]) {
    for group in bytes.chunks_exact(4).rev() {
        frame.extend(group.iter().copied());
    }
}

/// State words h to a, each most significant byte first.
fn push_midstate(frame: &mut JobFrame, midstate: Midstate) {
    push_groups(frame, &midstate.to_be_bytes());
}

/// Appends the checksum over everything after the preamble.
fn push_crc16(frame: &mut JobFrame, preamble: usize) {
    let crc = crc16(&frame[preamble..]);
    frame.extend(crc.to_be_bytes());
}

fn start(dialect: Dialect) -> JobFrame {
    let preamble: &[u8] = if dialect == Dialect::Preambled {
        &[0x55, 0xaa]
    } else {
        &[]
    };
    preamble.iter().copied().collect()
}

/// A BM1384's block of 64 bytes: `tail` is header bytes 64..76, `ticket` the low byte of the ticket mask as it travels, `counting` how many
/// nonces each chip sweeps.
pub fn block(id: u8, midstate: Midstate, tail: &[u8; 12], ticket: u8, counting: u32) -> JobFrame {
    let mut frame = JobFrame::new();
    push_midstate(&mut frame, midstate);
    frame.extend([0; 7]);
    frame.push(ticket);
    frame.extend(counting.to_be_bytes());
    frame.extend([0; 7]);
    frame.push(id);
    push_groups(&mut frame, tail);
    frame
}

/// A job of one, two or four midstates over the same `tail`, header bytes 64..76; `first_nonce` as the header holds it.
pub fn midstates(
    dialect: Dialect,
    id: u8,
    midstates: &[Midstate],
    tail: &[u8; 12],
    first_nonce: u32,
) -> JobFrame {
    let mut frame = start(dialect);
    let preamble = frame.len();
    let count = midstates.len().min(4);
    frame.extend([JOB, (22 + 32 * count) as u8, id, count as u8]);
    frame.extend(first_nonce.to_le_bytes());
    push_groups(&mut frame, tail);
    for midstate in &midstates[..count] {
        push_midstate(&mut frame, *midstate);
    }
    push_crc16(&mut frame, preamble);
    frame
}

/// A job of a whole header, whose nonce field is where the sweep starts. `id` as the coding of the chip has it.
pub fn header(id: u8, header: &Header) -> JobFrame {
    let mut frame = start(Dialect::Preambled);
    let preamble = frame.len();
    frame.extend([JOB, 0x56, id, 1]);
    push_groups(&mut frame, header.as_bytes());
    push_crc16(&mut frame, preamble);
    frame
}
