//! Quads in plain Rust: one hash a vector, which compilers turn into the machine's own vectors of four words where it has them.

use super::mix::{Line, Quads};

/// Four words.
#[derive(Clone, Copy)]
pub(super) struct Words([u32; 4]);

impl Quads for Words {
    const HASHES: usize = 1;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i].wrapping_add(other.0[i])))
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] ^ other.0[i]))
    }

    #[inline(always)]
    fn rotate<const N: i32, const M: i32>(self) -> Self {
        Self(self.0.map(|word| word.rotate_left(N.cast_unsigned())))
    }

    #[inline(always)]
    fn turn_1(self) -> Self {
        let [a, b, c, d] = self.0;
        Self([b, c, d, a])
    }

    #[inline(always)]
    fn turn_2(self) -> Self {
        let [a, b, c, d] = self.0;
        Self([c, d, a, b])
    }

    #[inline(always)]
    fn turn_3(self) -> Self {
        let [a, b, c, d] = self.0;
        Self([d, a, b, c])
    }

    #[inline(always)]
    fn read(lines: &[Line], at: impl Fn(usize) -> usize) -> [Self; 4] {
        let line = &lines[at(0)].0;
        std::array::from_fn(|quad| Self(std::array::from_fn(|i| line[4 * quad + i])))
    }

    #[inline(always)]
    fn write(quads: [Self; 4], lines: &mut [Line], at: impl Fn(usize) -> usize) {
        let line = &mut lines[at(0)].0;
        for (to, quad) in line.chunks_exact_mut(4).zip(quads) {
            to.copy_from_slice(&quad.0);
        }
    }

    #[inline(always)]
    fn first_words(self) -> [u32; 4] {
        [self.0[0]; 4]
    }
}

/// Mixes `K` hashes.
pub(super) fn mix<const K: usize>(lines: &mut [Line], memory: &mut [Line]) {
    super::mix::mix::<Words, K>(lines, memory);
}
