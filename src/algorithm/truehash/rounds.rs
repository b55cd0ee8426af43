//! The rounds of the walk. The compiler makes vectors of them; the copy for the widest ones that the CPU has is chosen when the
//! program runs.
#![allow(
    unsafe_code,
    reason = "code compiled for a CPU's vectors is called after a look at the CPU"
)]
#![allow(
    clippy::inline_always,
    reason = "code that is not inlined into the function that turns the CPU's features on is of no use"
)]

use super::masks::{Masks, Matrix, State, WORDS};

/// Rounds of a hash.
const ROUNDS: usize = 64;

#[cfg(target_arch = "x86_64")]
pub(super) fn rounds(masks: &Masks, state: &mut State) {
    if is_x86_feature_detected!("avx512vbmi2") && is_x86_feature_detected!("avx512f") {
        // SAFETY: the CPU has what the function is compiled for.
        unsafe { rounds_avx512(masks, state) }
    } else if is_x86_feature_detected!("avx2") {
        // SAFETY: the CPU has what the function is compiled for.
        unsafe { rounds_avx2(masks, state) }
    } else {
        rounds_plain(masks, state);
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn rounds(masks: &Masks, state: &mut State) {
    rounds_plain(masks, state);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn rounds_avx512(masks: &Masks, state: &mut State) {
    rounds_plain(masks, state);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn rounds_avx2(masks: &Masks, state: &mut State) {
    rounds_plain(masks, state);
}

/// The rounds, in the instructions of whoever it is inlined into.
#[inline(always)]
fn rounds_plain(masks: &Masks, state: &mut State) {
    for _ in 0..ROUNDS {
        let turn = state[0] & 0x7f;
        let matrix = &masks.matrices[(state[WORDS - 1] >> 60) as usize];
        let product = product(matrix, state);
        rotate_right(&product, turn, state);
    }
}

/// The state with a zero word on either side, times the matrix.
#[inline(always)]
fn product(matrix: &Matrix, state: &State) -> State {
    let mut padded = [0; WORDS + 2];
    padded[1..=WORDS].copy_from_slice(state);
    let mut product = [0; WORDS];
    for at in 0..WORDS {
        let words = [padded[at], padded[at + 1], padded[at + 2]];
        let low = below::<12>(words) & matrix[0][at]
            ^ below::<11>(words) & matrix[1][at]
            ^ below::<10>(words) & matrix[2][at]
            ^ below::<9>(words) & matrix[3][at]
            ^ below::<8>(words) & matrix[4][at]
            ^ below::<7>(words) & matrix[5][at]
            ^ below::<6>(words) & matrix[6][at]
            ^ below::<5>(words) & matrix[7][at]
            ^ below::<4>(words) & matrix[8][at]
            ^ below::<3>(words) & matrix[9][at]
            ^ below::<2>(words) & matrix[10][at]
            ^ below::<1>(words) & matrix[11][at];
        let high = words[1] & matrix[12][at]
            ^ above::<1>(words) & matrix[13][at]
            ^ above::<2>(words) & matrix[14][at]
            ^ above::<3>(words) & matrix[15][at]
            ^ above::<4>(words) & matrix[16][at]
            ^ above::<5>(words) & matrix[17][at]
            ^ above::<6>(words) & matrix[18][at]
            ^ above::<7>(words) & matrix[19][at];
        product[at] = low ^ high;
    }
    product
}

/// In each place of the middle word, the bit that stands `N` places below it.
#[inline(always)]
fn below<const N: u32>(words: [u64; 3]) -> u64 {
    words[1] << N | words[0] >> (64 - N)
}

/// In each place of the middle word, the bit that stands `N` places above it.
#[inline(always)]
fn above<const N: u32>(words: [u64; 3]) -> u64 {
    words[1] >> N | words[2] << (64 - N)
}

/// Rotates the 2048 bits right by `turn`, 0 to 127.
#[inline(always)]
fn rotate_right(from: &State, turn: u64, into: &mut State) {
    let mut twice = [0; WORDS + 2];
    twice[..WORDS].copy_from_slice(from);
    twice[WORDS..].copy_from_slice(&from[..2]);
    let (words, bits) = ((turn / 64) as usize, turn % 64);
    let low = |at: usize| twice[(at + words) % WORDS];
    for (at, word) in into.iter_mut().enumerate() {
        // Two shifts, because a shift by 64 is none.
        *word = low(at) >> bits | low(at + 1) << 1 << (63 - bits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::truehash::Dataset;
    use crate::algorithm::truehash::masks::first_state;

    /// Ways through the rounds that this CPU has.
    fn ways() -> Vec<fn(&Masks, &mut State)> {
        vec![
            #[cfg(target_arch = "x86_64")]
            |masks, state| {
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: just looked.
                    unsafe { rounds_avx2(masks, state) }
                } else {
                    rounds_plain(masks, state);
                }
            },
            |masks, state| rounds_plain(masks, state),
        ]
    }

    #[test]
    fn every_way_through_the_rounds_gives_the_same_state() {
        let seeds: Vec<[u8; 16]> = (0..10_240_u64)
            .map(|number| {
                let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let mixed = (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                (u128::from(mixed) << 64 | u128::from(!mixed)).to_le_bytes()
            })
            .collect();
        let masks = Masks::new(&Dataset::from_seeds(&seeds).unwrap());
        let start = first_state(&[7; 32], 99);
        let mut chosen = start;
        rounds(&masks, &mut chosen);
        for way in ways() {
            let mut state = start;
            way(&masks, &mut state);
            assert_eq!(state, chosen);
        }
    }

    #[test]
    fn a_turn_moves_bits_down_and_round() {
        let mut from = [0; WORDS];
        from[0] = 0b101;
        from[31] = 1 << 63;
        let mut into = [0; WORDS];
        rotate_right(&from, 0, &mut into);
        assert_eq!(into, from);
        rotate_right(&from, 1, &mut into);
        assert_eq!((into[0], into[31]), (0b10, 1 << 63 | 1 << 62));
        rotate_right(&from, 127, &mut into);
        assert_eq!((into[30], into[29], into[0]), (0b1010 | 1 << 0, 0, 0));
    }
}
