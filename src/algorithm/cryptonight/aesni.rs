//! Rounds of AES by the CPU's own instruction.
#![allow(
    unsafe_code,
    reason = "the CPU's instructions are called after a look at the CPU"
)]

use std::arch::x86_64::{
    __m128i, _mm_aesenc_si128, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_unpackhi_epi64, _mm_xor_si128,
};

use super::aes::{Aes, Words};
use super::scratchpad::Scratchpad;
use super::state::State;
use super::{Variant, memory_hard};

/// AES by the CPU's instruction. Used only below [`with_instruction`], which turns the CPU's feature on: that makes the
/// instruction here sound.
struct AesNi;

impl Aes for AesNi {
    type Block = __m128i;

    #[inline(always)]
    fn load(words: Words) -> __m128i {
        // SAFETY: SSE2 is part of every x86-64.
        unsafe { _mm_set_epi64x(words[1].cast_signed(), words[0].cast_signed()) }
    }

    #[inline(always)]
    fn store(block: __m128i) -> Words {
        // SAFETY: SSE2 is part of every x86-64.
        let [low, high] = unsafe {
            [
                _mm_cvtsi128_si64(block),
                _mm_cvtsi128_si64(_mm_unpackhi_epi64(block, block)),
            ]
        };
        [low.cast_unsigned(), high.cast_unsigned()]
    }

    #[inline(always)]
    fn xor(one: __m128i, other: __m128i) -> __m128i {
        // SAFETY: SSE2 is part of every x86-64.
        unsafe { _mm_xor_si128(one, other) }
    }

    #[inline(always)]
    fn round(block: __m128i, key: __m128i) -> __m128i {
        // SAFETY: see the type.
        unsafe { _mm_aesenc_si128(block, key) }
    }
}

/// Whether this CPU has the instruction.
pub(super) fn is_supported() -> bool {
    is_x86_feature_detected!("aes")
}

/// The part of the hash that needs the memory, with the CPU's instruction.
pub(super) fn run(variant: Variant, state: &mut State, input: &[u8], pad: &mut Scratchpad) {
    assert!(is_supported(), "rounds by instruction need AES-NI");
    // SAFETY: the CPU has the instruction.
    unsafe { with_instruction(variant, state, input, pad) }
}

#[target_feature(enable = "aes")]
fn with_instruction(variant: Variant, state: &mut State, input: &[u8], pad: &mut Scratchpad) {
    memory_hard::<AesNi>(variant, state, input, pad);
}
