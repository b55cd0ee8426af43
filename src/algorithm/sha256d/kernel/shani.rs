//! The kernel for the SHA extensions: several nonces side by side, so that the two-round instruction never waits for itself.

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi32, _mm_setzero_si128,
    _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi32,
    _mm_unpackhi_epi64, _mm_unpacklo_epi64,
};
use std::ops::Range;

use super::constants::{K, small_sigma0};
use super::prepared::Prepared;
use crate::algorithm::sha256d::INITIAL;

/// Nonces side by side.
pub(super) const LANES: usize = 4;

/// One vector for each of the nonces.
type Each = [__m128i; LANES];

/// The working variables in the order of the instructions: `a b e f` and `c d g h`, first named in the highest lane.
#[derive(Clone, Copy)]
struct State {
    abef: Each,
    cdgh: Each,
}

/// Four words, the first in the lowest lane.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn quad(words: [u32; 4]) -> __m128i {
    let [a, b, c, d] = words.map(u32::cast_signed);
    _mm_set_epi32(d, c, b, a)
}

#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn halves(words: &[u32; 8]) -> (__m128i, __m128i) {
    let [a, b, c, d, e, f, g, h] = *words;
    (quad([f, e, b, a]), quad([h, g, d, c]))
}

/// Two rounds of each; `kw` holds their sums of constant and word in its two lower lanes.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn two_rounds(state: &mut State, kw: &Each) {
    for ((abef, cdgh), kw) in state.abef.iter_mut().zip(&mut state.cdgh).zip(kw) {
        let next = _mm_sha256rnds2_epu32(*cdgh, *abef, *kw);
        *cdgh = *abef;
        *abef = next;
    }
}

/// Four rounds of each; `kw` holds their sums of constant and word.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn four_rounds(state: &mut State, kw: &Each) {
    two_rounds(state, kw);
    two_rounds(state, &kw.map(|kw| _mm_shuffle_epi32::<0x0e>(kw)));
}

/// Rounds `4 * group` and the three after it.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn group_of_rounds(state: &mut State, group: usize, words: &Each) {
    let k = constants(group);
    four_rounds(state, &words.map(|w| _mm_add_epi32(w, k)));
}

#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn constants(group: usize) -> __m128i {
    quad([
        K[4 * group],
        K[4 * group + 1],
        K[4 * group + 2],
        K[4 * group + 3],
    ])
}

/// The next four words: `start` is what the words of 16 and 15 rounds ago give, `older` and `newer` are the two quads before.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn next_quad(start: __m128i, older: __m128i, newer: __m128i) -> __m128i {
    let seven_ago = _mm_alignr_epi8::<4>(newer, older);
    _mm_sha256msg2_epu32(_mm_add_epi32(start, seven_ago), newer)
}

/// Groups `8..END` with their schedule; `w` is the window of sixteen words, `w[0]` the group `8`'s predecessor by four.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn more_groups<const END: usize>(state: &mut State, w: &mut [Each; 4]) {
    for group in 8..END {
        let [oldest, second, third, newest] = [0, 1, 2, 3].map(|i| w[(group + i) % 4]);
        for s in 0..LANES {
            let start = _mm_sha256msg1_epu32(oldest[s], second[s]);
            w[group % 4][s] = next_quad(start, third[s], newest[s]);
        }
        group_of_rounds(state, group, &w[group % 4]);
    }
}

/// The first hash of the four nonces `first..`, from round 2 on.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn first_hash(work: &Prepared, first: u32) -> State {
    let nonces: [u32; LANES] = std::array::from_fn(|s| first.wrapping_add(s as u32));
    let (abef, cdgh) = halves(&work.after_2);
    let mut state = State {
        abef: [abef; LANES],
        cdgh: [cdgh; LANES],
    };
    two_rounds(
        &mut state,
        &nonces.map(|n| quad([work.kw[2], work.kw[3].wrapping_add(n), 0, 0])),
    );
    for group in 1..4 {
        let kw = std::array::from_fn(|i| work.kw[4 * group + i]);
        four_rounds(&mut state, &[quad(kw); LANES]);
    }
    let mut w = first_words(work, nonces);
    for (i, words) in w.iter().enumerate() {
        group_of_rounds(&mut state, 4 + i, words);
    }
    more_groups::<16>(&mut state, &mut w);
    state.abef = state
        .abef
        .map(|x| _mm_add_epi32(x, halves(&work.midstate).0));
    state.cdgh = state
        .cdgh
        .map(|x| _mm_add_epi32(x, halves(&work.midstate).1));
    state
}

/// Words 16 to 31 of the first hash; what is constant in them has been added up already.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn first_words(work: &Prepared, nonces: [u32; LANES]) -> [Each; 4] {
    let w16 = nonces.map(|n| {
        let (w18, w19) = (
            work.w18.wrapping_add(small_sigma0(n)),
            work.w19.wrapping_add(n),
        );
        quad([work.w16, work.w17, w18, w19])
    });
    let start = quad([0x8000_0000, 0, 640, work.w16]);
    let w20 = w16.map(|newer| _mm_sha256msg2_epu32(start, newer));
    let w24 = std::array::from_fn(|s| next_quad(_mm_setzero_si128(), w16[s], w20[s]));
    let start = quad([0, 0, const { small_sigma0(640) }, work.w31]);
    let w28 = std::array::from_fn(|s| next_quad(start, w20[s], w24[s]));
    [w16, w20, w24, w28]
}

/// The last words of the second hashes of the four digests.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn last_words(digest: &State) -> [u32; LANES] {
    let high = digest.abef.map(|x| _mm_shuffle_epi32::<0x1b>(x)); // a b e f
    let low = digest.cdgh.map(|x| _mm_shuffle_epi32::<0x1b>(x)); // c d g h
    let w0 = std::array::from_fn(|s| _mm_unpacklo_epi64(high[s], low[s]));
    let w4 = std::array::from_fn(|s| _mm_unpackhi_epi64(high[s], low[s]));
    let (abef, cdgh) = halves(&INITIAL);
    let mut state = State {
        abef: [abef; LANES],
        cdgh: [cdgh; LANES],
    };
    group_of_rounds(&mut state, 0, &w0);
    group_of_rounds(&mut state, 1, &w4);
    let (w8, w12) = (quad([0x8000_0000, 0, 0, 0]), quad([0, 0, 0, 256]));
    group_of_rounds(&mut state, 2, &[w8; LANES]);
    group_of_rounds(&mut state, 3, &[w12; LANES]);
    let mut w = second_words(&w0, &w4, w8, w12);
    for (i, words) in w.iter().enumerate() {
        group_of_rounds(&mut state, 4 + i, words);
    }
    more_groups::<15>(&mut state, &mut w);
    rounds_60_and_61(&mut state, &w);
    // After round 61, f is the e of round 60, and nothing is done to it any more but to add the start.
    state.abef.map(|x| {
        _mm_extract_epi32::<0>(x)
            .cast_unsigned()
            .wrapping_add(INITIAL[7])
    })
}

/// Words 16 to 31 of the second hash.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn second_words(w0: &Each, w4: &Each, w8: __m128i, w12: __m128i) -> [Each; 4] {
    let w16: Each =
        std::array::from_fn(|s| _mm_sha256msg2_epu32(_mm_sha256msg1_epu32(w0[s], w4[s]), w12));
    let w20: Each =
        std::array::from_fn(|s| next_quad(_mm_sha256msg1_epu32(w4[s], w8), w12, w16[s]));
    let w24: Each = std::array::from_fn(|s| next_quad(w8, w16[s], w20[s]));
    let w28: Each =
        std::array::from_fn(|s| next_quad(_mm_sha256msg1_epu32(w12, w16[s]), w20[s], w24[s]));
    [w16, w20, w24, w28]
}

/// The last two rounds that matter.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn rounds_60_and_61(state: &mut State, w: &[Each; 4]) {
    let [oldest, second, third, newest] = [3, 0, 1, 2].map(|i| &w[i]);
    let k = constants(15);
    let kw = std::array::from_fn(|s| {
        let start = _mm_sha256msg1_epu32(oldest[s], second[s]);
        _mm_add_epi32(next_quad(start, third[s], newest[s]), k)
    });
    two_rounds(state, &kw);
}

#[target_feature(enable = "sha,sse4.1")]
fn batch(work: &Prepared, first: u32) -> u64 {
    let words = last_words(&first_hash(work, first));
    (0..LANES).fold(0, |bits, s| {
        bits | u64::from(words[s] & work.zero_bits == 0) << s
    })
}

/// Whether this CPU has what the kernel needs.
pub(super) fn is_supported() -> bool {
    is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1")
}

/// Searches `words`; see [`super::Scan`].
pub(super) fn scan(work: &Prepared, words: &mut Range<u64>) -> Option<u32> {
    assert!(is_supported(), "the sha-ni kernel needs the SHA extensions");
    // SAFETY: the CPU's features are there.
    super::in_batches(words, LANES, |first| unsafe { batch(work, first) })
}
