//! The lanes of SSE2 and AVX2: the same code, the instructions named differently.

/// Makes a vector type of lanes out of an instruction set's names.
macro_rules! lanes {
    ($words:ident, $vector:ty, lanes: $lanes:literal, zero: $zero:ident, splat: $splat:ident, add: $add:ident, xor: $xor:ident, and: $and:ident,
     or: $or:ident, left: $left:ident, right: $right:ident, equal: $equal:ident, signs: $signs:expr) => {
        /// Made and used only below this file's `batch` function, which turns the CPU's features on: that makes the instructions here sound.
        #[derive(Clone, Copy)]
        struct $words($vector);

        impl $words {
            #[inline(always)]
            fn and(self, other: Self) -> Self {
                // SAFETY: see the type.
                Self(unsafe { $and(self.0, other.0) })
            }

            #[inline(always)]
            fn or(self, other: Self) -> Self {
                // SAFETY: see the type.
                Self(unsafe { $or(self.0, other.0) })
            }

            #[inline(always)]
            fn xor(self, other: Self) -> Self {
                // SAFETY: see the type.
                Self(unsafe { $xor(self.0, other.0) })
            }
        }

        impl crate::algorithm::sha256d::kernel::lanes::Lanes for $words {
            #[inline(always)]
            fn splat(word: u32) -> Self {
                // SAFETY: see the type.
                Self(unsafe { $splat(word.cast_signed()) })
            }

            #[inline(always)]
            fn counting_from(first: u32) -> Self {
                let words: [u32; $lanes] = std::array::from_fn(|i| first.wrapping_add(i as u32));
                // SAFETY: both are of one size and any bits are valid in both.
                Self(unsafe { std::mem::transmute::<[u32; $lanes], $vector>(words) })
            }

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                // SAFETY: see the type.
                Self(unsafe { $add(self.0, other.0) })
            }

            #[inline(always)]
            fn xor3(self, other: Self, third: Self) -> Self {
                self.xor(other).xor(third)
            }

            #[inline(always)]
            fn rotate<const N: i32, const M: i32>(self) -> Self {
                // SAFETY: see the type.
                self.shift::<N>().or(Self(unsafe { $left::<M>(self.0) }))
            }

            #[inline(always)]
            fn shift<const N: i32>(self) -> Self {
                // SAFETY: see the type.
                Self(unsafe { $right::<N>(self.0) })
            }

            #[inline(always)]
            fn choose(self, yes: Self, no: Self) -> Self {
                self.and(yes.xor(no)).xor(no)
            }

            #[inline(always)]
            fn majority(self, other: Self, third: Self) -> Self {
                self.and(other).or(third.and(self.or(other)))
            }

            #[inline(always)]
            fn lanes_without(self, mask: Self) -> u32 {
                let common = self.and(mask).0;
                // SAFETY: see the type.
                unsafe { $signs($equal(common, $zero())).cast_unsigned() }
            }
        }
    };
}

pub(super) use lanes;
