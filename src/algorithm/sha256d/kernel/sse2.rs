//! The kernel for SSE2, which every x86-64 has: four lanes.

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_and_si128, _mm_castsi128_ps, _mm_cmpeq_epi32, _mm_movemask_ps,
    _mm_or_si128, _mm_set1_epi32, _mm_setzero_si128, _mm_slli_epi32, _mm_srli_epi32, _mm_xor_si128,
};
use std::ops::Range;

use super::prepared::Prepared;

/// Lanes of this kernel.
pub(super) const LANES: usize = 4;

super::x86_vectors::lanes! {
    Words, __m128i,
    lanes: 4,
    zero: _mm_setzero_si128,
    splat: _mm_set1_epi32,
    add: _mm_add_epi32,
    xor: _mm_xor_si128,
    and: _mm_and_si128,
    or: _mm_or_si128,
    left: _mm_slli_epi32,
    right: _mm_srli_epi32,
    equal: _mm_cmpeq_epi32,
    signs: |equal| _mm_movemask_ps(_mm_castsi128_ps(equal))
}

#[target_feature(enable = "sse2")]
fn batch(work: &Prepared, first: u32) -> u32 {
    super::lanes::batch::<Words>(work, first)
}

/// Searches `words`; see [`super::Scan`].
pub(super) fn scan(work: &Prepared, words: &mut Range<u64>) -> Option<u32> {
    super::in_batches(words, LANES, |first| {
        // SAFETY: every x86-64 has SSE2.
        u64::from(unsafe { batch(work, first) })
    })
}
