//! Quads in the vectors of x86-64: one hash in SSE2, two in AVX2, four in AVX-512.

use std::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_add_epi32, _mm_or_si128, _mm_shuffle_epi32, _mm_slli_epi32,
    _mm_srli_epi32, _mm_xor_si128, _mm256_add_epi32, _mm256_or_si256, _mm256_permute2x128_si256,
    _mm256_shuffle_epi32, _mm256_slli_epi32, _mm256_srli_epi32, _mm256_xor_si256, _mm512_add_epi32,
    _mm512_rol_epi32, _mm512_shuffle_epi32, _mm512_shuffle_i32x4, _mm512_xor_si512,
};
use std::mem::transmute;

use super::mix::{Line, Quads, mix};

/// Turns of quads to the left, as the shuffles' immediate.
const TURN_1: i32 = 0b00_11_10_01;
const TURN_2: i32 = 0b01_00_11_10;
const TURN_3: i32 = 0b10_01_00_11;

/// Makes the arithmetic of a vector type out of an instruction set's names.
macro_rules! arithmetic {
    (add: $add:ident, xor: $xor:ident, shuffle: $shuffle:ident) => {
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: see the type.
            Self(unsafe { $add(self.0, other.0) })
        }

        #[inline(always)]
        fn xor(self, other: Self) -> Self {
            // SAFETY: see the type.
            Self(unsafe { $xor(self.0, other.0) })
        }

        #[inline(always)]
        fn turn_1(self) -> Self {
            // SAFETY: see the type.
            Self(unsafe { $shuffle::<TURN_1>(self.0) })
        }

        #[inline(always)]
        fn turn_2(self) -> Self {
            // SAFETY: see the type.
            Self(unsafe { $shuffle::<TURN_2>(self.0) })
        }

        #[inline(always)]
        fn turn_3(self) -> Self {
            // SAFETY: see the type.
            Self(unsafe { $shuffle::<TURN_3>(self.0) })
        }
    };
}

/// A quad of one hash. SSE2 is part of x86-64, which makes its instructions sound everywhere.
#[derive(Clone, Copy)]
struct One(__m128i);

impl Quads for One {
    const HASHES: usize = 1;

    arithmetic! { add: _mm_add_epi32, xor: _mm_xor_si128, shuffle: _mm_shuffle_epi32 }

    #[inline(always)]
    fn rotate<const N: i32, const M: i32>(self) -> Self {
        // SAFETY: see the type.
        Self(unsafe { _mm_or_si128(_mm_slli_epi32::<N>(self.0), _mm_srli_epi32::<M>(self.0)) })
    }

    #[inline(always)]
    fn read(lines: &[Line], at: impl Fn(usize) -> usize) -> [Self; 4] {
        // SAFETY: both are of one size and any bits are valid in both.
        unsafe { transmute::<Line, [Self; 4]>(lines[at(0)]) }
    }

    #[inline(always)]
    fn write(quads: [Self; 4], lines: &mut [Line], at: impl Fn(usize) -> usize) {
        // SAFETY: as above.
        lines[at(0)] = unsafe { transmute::<[Self; 4], Line>(quads) };
    }

    #[inline(always)]
    fn first_words(self) -> [u32; 4] {
        // SAFETY: as above.
        let words = unsafe { transmute::<__m128i, [u32; 4]>(self.0) };
        [words[0]; 4]
    }
}

/// Quads of two hashes. Made and used only below [`mix_avx2`], which turns the CPU's features on: that makes the instructions here sound.
#[derive(Clone, Copy)]
struct Two(__m256i);

impl Two {
    /// The lower halves of both.
    #[inline(always)]
    fn lower(self, other: Self) -> Self {
        // SAFETY: see the type.
        Self(unsafe { _mm256_permute2x128_si256::<0x20>(self.0, other.0) })
    }

    /// The upper halves of both.
    #[inline(always)]
    fn upper(self, other: Self) -> Self {
        // SAFETY: see the type.
        Self(unsafe { _mm256_permute2x128_si256::<0x31>(self.0, other.0) })
    }
}

impl Quads for Two {
    const HASHES: usize = 2;

    arithmetic! { add: _mm256_add_epi32, xor: _mm256_xor_si256, shuffle: _mm256_shuffle_epi32 }

    #[inline(always)]
    fn rotate<const N: i32, const M: i32>(self) -> Self {
        // SAFETY: see the type.
        Self(unsafe {
            _mm256_or_si256(
                _mm256_slli_epi32::<N>(self.0),
                _mm256_srli_epi32::<M>(self.0),
            )
        })
    }

    #[inline(always)]
    fn read(lines: &[Line], at: impl Fn(usize) -> usize) -> [Self; 4] {
        // SAFETY: both are of one size and any bits are valid in both.
        let [first, second] = [0, 1].map(|i| unsafe { transmute::<Line, [Self; 2]>(lines[at(i)]) });
        [
            first[0].lower(second[0]),
            first[0].upper(second[0]),
            first[1].lower(second[1]),
            first[1].upper(second[1]),
        ]
    }

    #[inline(always)]
    fn write([a, b, c, d]: [Self; 4], lines: &mut [Line], at: impl Fn(usize) -> usize) {
        // SAFETY: as above.
        let line = |halves| unsafe { transmute::<[Self; 2], Line>(halves) };
        lines[at(0)] = line([a.lower(b), c.lower(d)]);
        lines[at(1)] = line([a.upper(b), c.upper(d)]);
    }

    #[inline(always)]
    fn first_words(self) -> [u32; 4] {
        // SAFETY: as above.
        let words = unsafe { transmute::<__m256i, [u32; 8]>(self.0) };
        [words[0], words[4], 0, 0]
    }
}

/// Quads of four hashes. Made and used only below [`mix_avx512`], which turns the CPU's features on: that makes the instructions here sound.
#[derive(Clone, Copy)]
struct Four(__m512i);

impl Four {
    /// Four by four quads, rows and columns exchanged.
    #[inline(always)]
    fn transposed([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        // SAFETY: see the type.
        unsafe {
            let ab_lower = _mm512_shuffle_i32x4::<0b01_00_01_00>(a.0, b.0);
            let ab_upper = _mm512_shuffle_i32x4::<0b11_10_11_10>(a.0, b.0);
            let cd_lower = _mm512_shuffle_i32x4::<0b01_00_01_00>(c.0, d.0);
            let cd_upper = _mm512_shuffle_i32x4::<0b11_10_11_10>(c.0, d.0);
            [
                Self(_mm512_shuffle_i32x4::<0b10_00_10_00>(ab_lower, cd_lower)),
                Self(_mm512_shuffle_i32x4::<0b11_01_11_01>(ab_lower, cd_lower)),
                Self(_mm512_shuffle_i32x4::<0b10_00_10_00>(ab_upper, cd_upper)),
                Self(_mm512_shuffle_i32x4::<0b11_01_11_01>(ab_upper, cd_upper)),
            ]
        }
    }
}

impl Quads for Four {
    const HASHES: usize = 4;

    arithmetic! { add: _mm512_add_epi32, xor: _mm512_xor_si512, shuffle: _mm512_shuffle_epi32 }

    #[inline(always)]
    fn rotate<const N: i32, const M: i32>(self) -> Self {
        // SAFETY: see the type.
        Self(unsafe { _mm512_rol_epi32::<N>(self.0) })
    }

    #[inline(always)]
    fn read(lines: &[Line], at: impl Fn(usize) -> usize) -> [Self; 4] {
        // SAFETY: both are of one size and any bits are valid in both.
        let line = |i| unsafe { transmute::<Line, Self>(lines[at(i)]) };
        Self::transposed([line(0), line(1), line(2), line(3)])
    }

    #[inline(always)]
    fn write(quads: [Self; 4], lines: &mut [Line], at: impl Fn(usize) -> usize) {
        for (i, hash) in Self::transposed(quads).into_iter().enumerate() {
            // SAFETY: as above.
            lines[at(i)] = unsafe { transmute::<Self, Line>(hash) };
        }
    }

    #[inline(always)]
    fn first_words(self) -> [u32; 4] {
        // SAFETY: as above.
        let words = unsafe { transmute::<__m512i, [u32; 16]>(self.0) };
        [words[0], words[4], words[8], words[12]]
    }
}

/// Mixes `K` hashes.
pub(super) fn mix_sse2<const K: usize>(lines: &mut [Line], memory: &mut [Line]) {
    mix::<One, K>(lines, memory);
}

/// Mixes `2 * K` hashes.
pub(super) fn mix_avx2<const K: usize>(lines: &mut [Line], memory: &mut [Line]) {
    #[target_feature(enable = "avx2")]
    fn with_avx2<const K: usize>(lines: &mut [Line], memory: &mut [Line]) {
        mix::<Two, K>(lines, memory);
    }
    assert!(has_avx2(), "this kernel needs AVX2");
    // SAFETY: the CPU's features are there.
    unsafe { with_avx2::<K>(lines, memory) }
}

/// Mixes `4 * K` hashes.
pub(super) fn mix_avx512<const K: usize>(lines: &mut [Line], memory: &mut [Line]) {
    #[target_feature(enable = "avx512f")]
    fn with_avx512<const K: usize>(lines: &mut [Line], memory: &mut [Line]) {
        mix::<Four, K>(lines, memory);
    }
    assert!(has_avx512(), "this kernel needs AVX-512F");
    // SAFETY: the CPU's features are there.
    unsafe { with_avx512::<K>(lines, memory) }
}

/// Whether this CPU has AVX2.
pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
}

/// Whether this CPU has AVX-512F.
pub(super) fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
}
