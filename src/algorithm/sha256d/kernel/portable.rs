//! The kernel for every CPU: plain arrays of lanes, which the compiler makes the target's own vectors of.

use std::ops::Range;

use super::lanes::{Lanes, batch};
use super::prepared::Prepared;

/// Lanes of this kernel: as many as the vectors that every x86-64 and every AArch64 has.
pub(super) const LANES: usize = 1;

#[derive(Clone, Copy)]
struct Words([u32; LANES]);

impl Words {
    #[inline(always)]
    fn each(self, other: Self, third: Self, f: impl Fn(u32, u32, u32) -> u32) -> Self {
        Self(std::array::from_fn(|i| {
            f(self.0[i], other.0[i], third.0[i])
        }))
    }
}

impl Lanes for Words {
    #[inline(always)]
    fn splat(word: u32) -> Self {
        Self([word; LANES])
    }

    #[inline(always)]
    fn counting_from(first: u32) -> Self {
        Self(std::array::from_fn(|i| first.wrapping_add(i as u32)))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.each(other, other, |a, b, _| a.wrapping_add(b))
    }

    #[inline(always)]
    fn xor3(self, other: Self, third: Self) -> Self {
        self.each(other, third, |a, b, c| a ^ b ^ c)
    }

    #[inline(always)]
    fn rotate<const N: i32, const M: i32>(self) -> Self {
        self.each(self, self, |a, _, _| a.rotate_right(N as u32))
    }

    #[inline(always)]
    fn shift<const N: i32>(self) -> Self {
        self.each(self, self, |a, _, _| a >> N)
    }

    #[inline(always)]
    fn choose(self, yes: Self, no: Self) -> Self {
        self.each(yes, no, |a, b, c| (a & (b ^ c)) ^ c)
    }

    #[inline(always)]
    fn majority(self, other: Self, third: Self) -> Self {
        self.each(other, third, |a, b, c| (a & b) | (c & (a | b)))
    }

    #[inline(always)]
    fn lanes_without(self, mask: Self) -> u32 {
        (0..LANES).fold(0, |bits, i| {
            bits | u32::from(self.0[i] & mask.0[i] == 0) << i
        })
    }
}

/// Searches `words`; see [`super::Scan`].
pub(super) fn scan(work: &Prepared, words: &mut Range<u64>) -> Option<u32> {
    super::in_batches(words, LANES, |first| u64::from(batch::<Words>(work, first)))
}
