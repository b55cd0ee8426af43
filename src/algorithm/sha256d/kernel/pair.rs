//! A step of a merkle tree with the SHA extensions: three compressions that stay in registers, the middle one on a ready schedule.
//!
//! Steps of several trees can be taken side by side: one alone waits for its own results most of the time.

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_cvtsi128_si64, _mm_extract_epi64, _mm_set_epi32,
    _mm_set_epi64x, _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32,
    _mm_shuffle_epi8, _mm_shuffle_epi32, _mm_unpackhi_epi64, _mm_unpacklo_epi64,
};

use super::constants::{INITIAL, K, small_sigma0, small_sigma1};

/// Constant and word of each round of the block that pads a message of 64 bytes.
const PADDING_KW: [u32; 64] = {
    let mut w = [0; 64];
    w[0] = 0x8000_0000;
    w[15] = 512;
    let mut t = 16;
    while t < 64 {
        w[t] = small_sigma1(w[t - 2])
            .wrapping_add(w[t - 7])
            .wrapping_add(small_sigma0(w[t - 15]))
            .wrapping_add(w[t - 16]);
        t += 1;
    }
    t = 0;
    while t < 64 {
        w[t] = w[t].wrapping_add(K[t]);
        t += 1;
    }
    w
};

/// The eight variables in the order of the instructions: first named in the highest lane.
#[derive(Clone, Copy)]
struct State {
    abef: __m128i,
    cdgh: __m128i,
}

/// Whether this CPU has what is needed.
pub(super) fn is_supported() -> bool {
    is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1")
}

/// SHA-256d of `left ‖ right` for each of `lefts`, if this CPU can do it here.
pub(crate) fn hash_pairs<const N: usize>(
    lefts: [&[u8; 32]; N],
    right: &[u8; 32],
) -> Option<[[u8; 32]; N]> {
    // SAFETY: the CPU's features are there.
    is_supported().then(|| unsafe { hash_pairs_sha(lefts, right) })
}

#[target_feature(enable = "sha,sse4.1")]
fn hash_pairs_sha<const N: usize>(lefts: [&[u8; 32]; N], right: &[u8; 32]) -> [[u8; 32]; N] {
    let [w8, w12] = quads_of(right);
    let start = [initial(); N];
    let words = lefts.map(|left| {
        let [w0, w4] = quads_of(left);
        [w0, w4, w8, w12]
    });
    let middle = sum(compressed(start, words), start);
    let digest = sum(compressed_padding(middle), middle);
    let [w8, w12] = [
        _mm_set_epi32(0, 0, 0, i32::MIN),
        _mm_set_epi32(256, 0, 0, 0),
    ];
    let words = digest.map(|digest| {
        let [w0, w4] = quads(digest);
        [w0, w4, w8, w12]
    });
    sum(compressed(start, words), start).map(|state| bytes_of(state))
}

#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn initial() -> State {
    let [a, b, c, d, e, f, g, h] = INITIAL.map(u32::cast_signed);
    State {
        abef: _mm_set_epi32(a, b, e, f),
        cdgh: _mm_set_epi32(c, d, g, h),
    }
}

#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn sum<const N: usize>(mut states: [State; N], others: [State; N]) -> [State; N] {
    for (state, other) in states.iter_mut().zip(others) {
        state.abef = _mm_add_epi32(state.abef, other.abef);
        state.cdgh = _mm_add_epi32(state.cdgh, other.cdgh);
    }
    states
}

/// Four rounds on the sums of constant and word.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn four_rounds(State { abef, cdgh }: State, kw: __m128i) -> State {
    let middle = _mm_sha256rnds2_epu32(cdgh, abef, kw);
    let end = _mm_sha256rnds2_epu32(abef, middle, _mm_shuffle_epi32::<0x0e>(kw));
    State {
        abef: end,
        cdgh: middle,
    }
}

/// Four of `words` from `4 * group` on.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn group(words: &[u32; 64], group: usize) -> __m128i {
    let [a, b, c, d] = [0, 1, 2, 3].map(|i| words[4 * group + i].cast_signed());
    _mm_set_epi32(d, c, b, a)
}

#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn compressed_padding<const N: usize>(mut states: [State; N]) -> [State; N] {
    for i in 0..16 {
        for state in &mut states {
            *state = four_rounds(*state, group(&PADDING_KW, i));
        }
    }
    states
}

#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn compressed<const N: usize>(mut states: [State; N], mut words: [[__m128i; 4]; N]) -> [State; N] {
    for i in 0..16 {
        for (state, w) in states.iter_mut().zip(&mut words) {
            *state = four_rounds(*state, _mm_add_epi32(w[0], group(&K, i)));
            let [oldest, second, third, newest] = *w;
            let seven_ago = _mm_alignr_epi8::<4>(newest, third);
            let sum = _mm_add_epi32(_mm_sha256msg1_epu32(oldest, second), seven_ago);
            *w = [second, third, newest, _mm_sha256msg2_epu32(sum, newest)];
        }
    }
    states
}

/// The bytes of each word the other way round.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn swapped(words: __m128i) -> __m128i {
    let order = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    _mm_shuffle_epi8(words, order)
}

/// The eight words of a digest's bytes.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn quads_of(bytes: &[u8; 32]) -> [__m128i; 2] {
    let half = |at: usize| i64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
    [0, 16].map(|at| swapped(_mm_set_epi64x(half(at + 8), half(at))))
}

/// The eight variables as words.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn quads(state: State) -> [__m128i; 2] {
    let abef = _mm_shuffle_epi32::<0x1b>(state.abef);
    let cdgh = _mm_shuffle_epi32::<0x1b>(state.cdgh);
    [
        _mm_unpacklo_epi64(abef, cdgh),
        _mm_unpackhi_epi64(abef, cdgh),
    ]
}

#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn bytes_of(state: State) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (half, words) in bytes.chunks_exact_mut(16).zip(quads(state)) {
        let words = swapped(words);
        half[..8].copy_from_slice(&_mm_cvtsi128_si64(words).to_le_bytes());
        half[8..].copy_from_slice(&_mm_extract_epi64::<1>(words).to_le_bytes());
    }
    bytes
}
