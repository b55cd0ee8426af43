//! BLAKE-256 as it stood in the SHA-3 competition's last round: 14 rounds, no salt. (Not BLAKE2; the kept crates have only that.)
//!
//! Source: Aumasson, Henzen, Meier, Phan, "SHA-3 proposal BLAKE", version 1.3.

use crate::algorithm::sha256d::INITIAL;

/// The first digits of pi.
const CONSTANTS: [u32; 16] = [
    0x243f_6a88,
    0x85a3_08d3,
    0x1319_8a2e,
    0x0370_7344,
    0xa409_3822,
    0x299f_31d0,
    0x082e_fa98,
    0xec4e_6c89,
    0x4528_21e6,
    0x38d0_1377,
    0xbe54_66cf,
    0x34e9_0c6c,
    0xc0ac_29b7,
    0xc97c_50dd,
    0x3f84_d5b5,
    0xb547_0917,
];

/// Which words of the message a round takes; after ten it begins again.
const ORDERS: [[usize; 16]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

const ROUNDS: usize = 14;

/// The state's words that the eight steps of a round mix: columns, then diagonals.
const PLACES: [[usize; 4]; 8] = [
    [0, 4, 8, 12],
    [1, 5, 9, 13],
    [2, 6, 10, 14],
    [3, 7, 11, 15],
    [0, 5, 10, 15],
    [1, 6, 11, 12],
    [2, 7, 8, 13],
    [3, 4, 9, 14],
];

/// The digest of a whole message.
pub(super) fn blake256(message: &[u8]) -> [u8; 32] {
    // BLAKE-256 begins with SHA-256's state.
    let mut state = INITIAL;
    let (blocks, rest) = message.as_chunks::<64>();
    let mut bits = 0;
    for block in blocks {
        bits += 512;
        compress(&mut state, block, bits);
    }
    finish(&mut state, rest, bits);
    let mut digest = [0; 32];
    for (bytes, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    digest
}

/// Pads and compresses what is left; a block without a bit of the message counts none.
fn finish(state: &mut [u32; 8], rest: &[u8], bits: u64) {
    let total = bits + 8 * rest.len() as u64;
    let mut last = [[0; 64]; 2];
    let bytes = last.as_flattened_mut();
    bytes[..rest.len()].copy_from_slice(rest);
    bytes[rest.len()] = 0x80;
    let blocks = if rest.len() < 56 { 1 } else { 2 };
    bytes[64 * blocks - 9] |= 1;
    bytes[64 * blocks - 8..64 * blocks].copy_from_slice(&total.to_be_bytes());
    compress(state, &last[0], if rest.is_empty() { 0 } else { total });
    if blocks == 2 {
        compress(state, &last[1], 0);
    }
}

/// One block; `bits` counts the message's bits up to its end.
fn compress(state: &mut [u32; 8], block: &[u8; 64], bits: u64) {
    let mut message = [0; 16];
    for (word, bytes) in message.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let mut work = [0; 16];
    work[..8].copy_from_slice(state);
    work[8..].copy_from_slice(&CONSTANTS[..8]);
    let (low, high) = (bits as u32, (bits >> 32) as u32);
    for (word, count) in work[12..].iter_mut().zip([low, low, high, high]) {
        *word ^= count;
    }
    for round in 0..ROUNDS {
        mix(&mut work, &message, &ORDERS[round % ORDERS.len()]);
    }
    for (at, word) in state.iter_mut().enumerate() {
        *word ^= work[at] ^ work[at + 8];
    }
}

fn mix(work: &mut [u32; 16], message: &[u32; 16], order: &[usize; 16]) {
    for (places, pair) in PLACES.iter().zip(order.as_chunks::<2>().0) {
        let [a, b, c, d] = *places;
        let [first, second] = *pair;
        let mut half = |word: u32, turn_d: u32, turn_b: u32| {
            work[a] = work[a].wrapping_add(work[b]).wrapping_add(word);
            work[d] = (work[d] ^ work[a]).rotate_right(turn_d);
            work[c] = work[c].wrapping_add(work[d]);
            work[b] = (work[b] ^ work[c]).rotate_right(turn_b);
        };
        half(message[first] ^ CONSTANTS[second], 16, 12);
        half(message[second] ^ CONSTANTS[first], 8, 7);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two messages of the proposal (one and 72 zero bytes), and the empty one.
    #[test]
    fn the_proposals_examples_come_out() {
        for (length, digest) in [
            (
                0,
                "716f6e863f744b9ac22c97ec7b76ea5f5908bc5b2f67c61510bfc4751384ea7a",
            ),
            (
                1,
                "0ce8d4ef4dd7cd8d62dfded9d4edb0a774ae6a41929a74da23109e8f11139c87",
            ),
            (
                72,
                "d419bad32d504fb7d44d460c42c5593fe544fa4c135dec31e21bd9abdcc22d41",
            ),
        ] {
            assert_eq!(hex::encode(blake256(&vec![0; length])), digest);
        }
    }
}
