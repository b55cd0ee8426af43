//! The kernel for every CPU: plain loops over lanes, which the compiler turns into the target's own vectors (SSE2, NEON and so on).
//!
//! [`super::lanes`] says the same in terms of one vector type. Here each step is a loop of its own over memory, because that is the shape that
//! compilers recognise.

use std::ops::Range;

use super::constants::{INITIAL, K, big_sigma0, big_sigma1, small_sigma0, small_sigma1};
use super::prepared::Prepared;

/// Lanes of this kernel: a multiple of the vectors of all targets.
pub(super) const LANES: usize = 16;

/// One word for each lane.
type Words = [u32; LANES];

/// Searches `words`; see [`super::Scan`].
pub(super) fn scan(work: &Prepared, words: &mut Range<u64>) -> Option<u32> {
    super::in_batches(words, LANES, |first| batch(work, first))
}

fn batch(work: &Prepared, first: u32) -> u64 {
    let nonces = std::array::from_fn(|lane| first.wrapping_add(lane as u32));
    let last = last_word(&first_hash(work, &nonces));
    let is_candidate = |lane: usize| u64::from(last[lane] & work.zero_bits == 0);
    (0..LANES).fold(0, |bits, lane| bits | is_candidate(lane) << lane)
}

/// `b` added to each lane.
fn sum(a: &Words, b: u32) -> Words {
    a.map(|word| word.wrapping_add(b))
}

/// Round `T` and any that is a multiple of 8 away from it. Variable `i` is found at place `i - T`, so none has to be moved.
#[inline(always)]
fn round<const T: usize>(state: &mut [Words; 8], w: &Words, k: u32) {
    let place = |variable: usize| (variable + 8 - T % 8) % 8;
    for lane in 0..LANES {
        let [a, b, c, d, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6, 7].map(|i| state[place(i)][lane]);
        let choose = (e & (f ^ g)) ^ g;
        let majority = (a & b) | (c & (a | b));
        let t1 = h
            .wrapping_add(w[lane].wrapping_add(k))
            .wrapping_add(big_sigma1(e))
            .wrapping_add(choose);
        state[place(3)][lane] = d.wrapping_add(t1);
        state[place(7)][lane] = t1.wrapping_add(big_sigma0(a)).wrapping_add(majority);
    }
}

/// Eight rounds from a multiple of 8 on; `w` and `k` begin with the first round's.
fn eight_rounds(state: &mut [Words; 8], w: &[Words], k: &[u32]) {
    round::<0>(state, &w[0], k[0]);
    round::<1>(state, &w[1], k[1]);
    round::<2>(state, &w[2], k[2]);
    round::<3>(state, &w[3], k[3]);
    round::<4>(state, &w[4], k[4]);
    round::<5>(state, &w[5], k[5]);
    round::<6>(state, &w[6], k[6]);
    round::<7>(state, &w[7], k[7]);
}

/// Fills `w[first..]`; 16 words before `first` are there.
fn extend(w: &mut [Words], first: usize) {
    for t in first..w.len() {
        let (done, rest) = w.split_at_mut(t);
        let [oldest, older, newer, newest] = [t - 16, t - 15, t - 7, t - 2].map(|t| &done[t]);
        for lane in 0..LANES {
            rest[0][lane] = oldest[lane]
                .wrapping_add(small_sigma0(older[lane]))
                .wrapping_add(newer[lane])
                .wrapping_add(small_sigma1(newest[lane]));
        }
    }
}

/// The first hash, from round 4 on.
fn first_hash(work: &Prepared, nonces: &Words) -> [Words; 8] {
    let mut w = [[0; LANES]; 64];
    first_schedule(&mut w, work, nonces);
    let mut state = [4, 5, 6, 7, 0, 1, 2, 3].map(|variable: usize| [work.after_4[variable]; LANES]);
    for variable in [0, 4] {
        state[(variable + 4) % 8] = sum(nonces, work.after_4[variable]);
    }
    round::<4>(&mut state, &w[4], K[4]);
    round::<5>(&mut state, &w[5], K[5]);
    round::<6>(&mut state, &w[6], K[6]);
    round::<7>(&mut state, &w[7], K[7]);
    for t in (8..64).step_by(8) {
        eight_rounds(&mut state, &w[t..], &K[t..]);
    }
    for (words, start) in state.iter_mut().zip(work.midstate) {
        *words = sum(words, start);
    }
    state
}

/// The schedule of the first hash; what is constant in it has been added up already.
fn first_schedule(w: &mut [Words; 64], work: &Prepared, nonces: &Words) {
    w[4] = [0x8000_0000; LANES];
    w[15] = [640; LANES];
    w[16] = [work.w16; LANES];
    w[17] = [work.w17; LANES];
    w[18] = nonces.map(|nonce| small_sigma0(nonce).wrapping_add(work.w18));
    w[19] = sum(nonces, work.w19);
    for t in 20..31 {
        let constant = match t {
            20 => 0x8000_0000,
            30 => small_sigma0(640),
            _ => 0,
        };
        for lane in 0..LANES {
            let known = w[t - 7][lane].wrapping_add(constant);
            w[t][lane] = known.wrapping_add(small_sigma1(w[t - 2][lane]));
        }
    }
    extend(w, 31);
}

/// The last word of the second hash, which is register `e` after round 60 plus a constant; nothing after that round is needed.
fn last_word(digest: &[Words; 8]) -> Words {
    let mut w = [[0; LANES]; 61];
    w[..8].copy_from_slice(digest);
    w[8] = [0x8000_0000; LANES];
    w[15] = [256; LANES];
    extend(&mut w, 16);
    let mut state = INITIAL.map(|word| [word; LANES]);
    for t in (0..56).step_by(8) {
        eight_rounds(&mut state, &w[t..], &K[t..]);
    }
    round::<56>(&mut state, &w[56], K[56]);
    round::<57>(&mut state, &w[57], K[57]);
    round::<58>(&mut state, &w[58], K[58]);
    round::<59>(&mut state, &w[59], K[59]);
    round::<60>(&mut state, &w[60], K[60]);
    // `e` after round 60 is variable 4 before round 61.
    sum(&state[4 + 64 - 61], INITIAL[7])
}
