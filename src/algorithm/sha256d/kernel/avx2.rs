//! The kernel for AVX2: eight lanes.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_and_si256, _mm256_castsi256_ps, _mm256_cmpeq_epi32,
    _mm256_movemask_ps, _mm256_or_si256, _mm256_set1_epi32, _mm256_setzero_si256,
    _mm256_slli_epi32, _mm256_srli_epi32, _mm256_xor_si256,
};
use std::ops::Range;

use super::prepared::Prepared;

/// Lanes of this kernel.
pub(super) const LANES: usize = 8;

super::x86_vectors::lanes! {
    Words, __m256i,
    lanes: 8,
    zero: _mm256_setzero_si256,
    splat: _mm256_set1_epi32,
    add: _mm256_add_epi32,
    xor: _mm256_xor_si256,
    and: _mm256_and_si256,
    or: _mm256_or_si256,
    left: _mm256_slli_epi32,
    right: _mm256_srli_epi32,
    equal: _mm256_cmpeq_epi32,
    signs: |equal| _mm256_movemask_ps(_mm256_castsi256_ps(equal))
}

#[target_feature(enable = "avx2")]
fn batch(work: &Prepared, first: u32) -> u32 {
    super::lanes::batch::<Words>(work, first)
}

/// Whether this CPU has what the kernel needs.
pub(super) fn is_supported() -> bool {
    is_x86_feature_detected!("avx2")
}

/// Searches `words`; see [`super::Scan`].
pub(super) fn scan(work: &Prepared, words: &mut Range<u64>) -> Option<u32> {
    assert!(is_supported(), "the avx2 kernel needs AVX2");
    // SAFETY: the CPU's features are there.
    super::in_batches(words, LANES, |first| {
        u64::from(unsafe { batch(work, first) })
    })
}
