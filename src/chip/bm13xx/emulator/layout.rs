//! Where in a nonce a chip's core and its sweep stand (section 11), on the message word: the four wire bytes as a big-endian number.

use std::ops::Range;

use super::EmulatedChip;

/// A chip's nonce layout.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    core_bits: u32,
    core_low: bool,
    cores: u16,
}

impl Layout {
    pub(super) fn of(kind: EmulatedChip) -> Self {
        let silicon = kind.silicon();
        Self {
            core_bits: silicon.core_bits,
            core_low: silicon.core_low,
            cores: silicon.cores,
        }
    }

    /// How many places a core's sweep has: every core has as many.
    pub(super) const fn places(self) -> u64 {
        1 << (32 - self.core_bits)
    }

    /// The place at which the chip of `address` starts.
    pub(super) fn start(self, address: u8) -> u64 {
        u64::from(address) << (32 - self.core_bits - 8)
    }

    /// The core that a word belongs to, if there is such a core.
    pub(super) fn core(self, word: u32) -> Option<u16> {
        let core = if self.core_low {
            word & ((1 << self.core_bits) - 1)
        } else {
            word >> (32 - self.core_bits)
        };
        (core < u32::from(self.cores)).then_some(core as u16)
    }

    /// The place of a word in its core's sweep.
    #[cfg(test)]
    pub(super) fn place(self, word: u32) -> u64 {
        if self.core_low {
            u64::from(word >> self.core_bits)
        } else {
            u64::from(word) & (self.places() - 1)
        }
    }

    /// The words of `count` places from `place` on: of `core`, or of all cores where these lie next to each other.
    pub(super) fn words(self, core: u16, place: u64, count: u64) -> Range<u64> {
        let end = (place + count).min(self.places());
        if self.core_low {
            place << self.core_bits..end << self.core_bits
        } else {
            let base = u64::from(core) << (32 - self.core_bits);
            base + place..base + end
        }
    }

    /// How many cores one stretch of words holds.
    pub(super) fn cores_at_once(self, open: u16) -> u64 {
        if self.core_low { u64::from(open) } else { 1 }
    }

    /// The same word of the same core, at another place of its sweep.
    pub(super) fn elsewhere(self, word: u32) -> u32 {
        let bit = if self.core_low { self.core_bits + 3 } else { 3 };
        word ^ 1 << bit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_of_the_sheet_are_where_it_puts_them() {
        let bm1366 = Layout::of(EmulatedChip::Bm1366);
        assert_eq!(bm1366.core(0x4a01_b2f1), Some(37));
        assert_eq!(bm1366.place(0x4a01_b2f1), 111_345);
        assert_eq!(bm1366.places(), 1 << 25);
        let bm1370 = Layout::of(EmulatedChip::Bm1370);
        assert_eq!(bm1370.core(0x4c03_5275), Some(38));
        assert_eq!(Layout::of(EmulatedChip::Bm1397).core(0xc757_4df5), None);
        let bm1387 = Layout::of(EmulatedChip::Bm1387);
        assert_eq!(bm1387.core(0x7203_ea83), Some(3));
        assert_eq!(bm1387.start(0x24) >> 17, 0x24);
    }

    #[test]
    fn words_belong_to_their_place_and_core() {
        for kind in EmulatedChip::ALL {
            let layout = Layout::of(kind);
            let words = layout.words(5, 1000, 3);
            let places: Vec<u64> = words
                .clone()
                .map(|word| layout.place(word as u32))
                .collect();
            assert_eq!((places[0], *places.last().unwrap()), (1000, 1002));
            assert!(
                words
                    .map(|word| layout.core(word as u32))
                    .any(|core| core == Some(5))
            );
        }
    }
}
