//! The kernel for AVX2: eight lanes.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_and_si256, _mm256_castsi256_ps, _mm256_cmpeq_epi32,
    _mm256_movemask_ps, _mm256_or_si256, _mm256_set1_epi32, _mm256_setr_epi32,
    _mm256_setzero_si256, _mm256_slli_epi32, _mm256_srli_epi32, _mm256_xor_si256,
};
use std::ops::Range;

use super::lanes::{Lanes, batch};
use super::prepared::Prepared;

/// Lanes of this kernel.
pub(super) const LANES: usize = 8;

/// Made and used only below [`batch_avx2`], which is what makes the unsafe calls here sound: the CPU has AVX2.
#[derive(Clone, Copy)]
struct Words(__m256i);

impl Lanes for Words {
    #[inline(always)]
    fn splat(word: u32) -> Self {
        // SAFETY: see the type.
        Self(unsafe { _mm256_set1_epi32(word.cast_signed()) })
    }

    #[inline(always)]
    fn counting_from(first: u32) -> Self {
        // SAFETY: see the type.
        Self::splat(first).add(Self(unsafe { _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7) }))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see the type.
        Self(unsafe { _mm256_add_epi32(self.0, other.0) })
    }

    #[inline(always)]
    fn xor3(self, other: Self, third: Self) -> Self {
        // SAFETY: see the type.
        Self(unsafe { _mm256_xor_si256(_mm256_xor_si256(self.0, other.0), third.0) })
    }

    #[inline(always)]
    fn rotate<const N: i32, const M: i32>(self) -> Self {
        // SAFETY: see the type.
        Self(unsafe {
            _mm256_or_si256(
                _mm256_srli_epi32::<N>(self.0),
                _mm256_slli_epi32::<M>(self.0),
            )
        })
    }

    #[inline(always)]
    fn shift<const N: i32>(self) -> Self {
        // SAFETY: see the type.
        Self(unsafe { _mm256_srli_epi32::<N>(self.0) })
    }

    #[inline(always)]
    fn choose(self, yes: Self, no: Self) -> Self {
        // SAFETY: see the type.
        Self(unsafe {
            _mm256_xor_si256(
                _mm256_and_si256(self.0, _mm256_xor_si256(yes.0, no.0)),
                no.0,
            )
        })
    }

    #[inline(always)]
    fn majority(self, other: Self, third: Self) -> Self {
        // SAFETY: see the type.
        Self(unsafe {
            _mm256_or_si256(
                _mm256_and_si256(self.0, other.0),
                _mm256_and_si256(third.0, _mm256_or_si256(self.0, other.0)),
            )
        })
    }

    #[inline(always)]
    fn lanes_without(self, mask: Self) -> u32 {
        // SAFETY: see the type.
        unsafe {
            let equal =
                _mm256_cmpeq_epi32(_mm256_and_si256(self.0, mask.0), _mm256_setzero_si256());
            _mm256_movemask_ps(_mm256_castsi256_ps(equal)).cast_unsigned()
        }
    }
}

#[target_feature(enable = "avx2")]
fn batch_avx2(work: &Prepared, first: u32) -> u32 {
    batch::<Words>(work, first)
}

/// Whether this CPU has what the kernel needs.
pub(super) fn is_supported() -> bool {
    is_x86_feature_detected!("avx2")
}

/// Searches `words`; see [`super::Scan`].
pub(super) fn scan(work: &Prepared, words: &mut Range<u64>) -> Option<u32> {
    assert!(is_supported(), "the avx2 kernel needs AVX2");
    // SAFETY: AVX2 is there.
    super::in_batches(words, LANES, |first| {
        u64::from(unsafe { batch_avx2(work, first) })
    })
}
