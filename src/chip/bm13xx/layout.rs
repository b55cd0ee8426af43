//! What a nonce tells of the place where it was found, and how the chips of a chain share the nonces (section 11). Pure.

use super::chips::{ChipType, NonceLayout};
use crate::units::Nonce;

/// The addresses of a chain: chip i has i times the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Addresses {
    /// How many chips there are; at least one.
    pub(super) chips: u16,
    /// The step.
    pub(super) step: u8,
}

/// Where a nonce was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The chip, counted from the host.
    pub(super) chip: u16,
    /// The core, where the nonce tells.
    pub(super) core: Option<u16>,
    /// Whether a core of the chip visits such a nonce at all.
    pub(super) is_inside: bool,
}

impl Addresses {
    /// The address of chip `index`.
    pub(super) fn of(self, index: u16) -> u8 {
        (index * u16::from(self.step)) as u8
    }

    /// Which part of a core's nonces each chip sweeps: the power of two that has room for all, or the distance of addresses if that is
    /// less.
    pub(super) fn share(self) -> f64 {
        if self.chips == 1 {
            return 1.0;
        }
        let equal = 1.0 / f64::from(self.chips.next_power_of_two());
        // The lowest address bit does not reach the nonce.
        let distance = f64::from((self.step & 0xfe).max(1)) / 256.0;
        equal.min(distance)
    }

    /// Where chip `index` starts when offsets are given instead of addresses: the upper 16 bits of its counter.
    pub(super) fn offset(self, index: u16) -> u16 {
        let start = u32::from(index) * 65536 / u32::from(self.chips);
        (start + u32::from(index > 0)) as u16
    }

    fn chip_at(self, address: u32) -> u16 {
        let index = address / u32::from(self.step.max(1));
        (index as u16).min(self.chips - 1)
    }

    fn chip_from(self, offset: u32) -> u16 {
        let index = (offset * u32::from(self.chips) / 65536) as u16;
        let too_far = index > 0 && u32::from(self.offset(index)) > offset;
        index - u16::from(too_far)
    }
}

/// Where a chain of `chip` found `nonce`.
pub(super) fn place(chip: &ChipType, addresses: Addresses, nonce: Nonce) -> Place {
    let word = nonce.to_message_word_lossy();
    let (index, core) = match chip.layout {
        NonceLayout::FirstByte => (addresses.chip_at(word >> 24), None),
        NonceLayout::FirstAndLast => (addresses.chip_at(word >> 24), Some(word & 0x7f)),
        NonceLayout::CoreByte => (addresses.chip_at(word >> 16 & 0xfe | 1), Some(word >> 24)),
        NonceLayout::CoreAndAddress => (addresses.chip_at(word >> 17 & 0xfe | 1), Some(word >> 25)),
        NonceLayout::CoreAndOffset => (addresses.chip_from(word >> 9 & 0xffff), Some(word >> 25)),
    };
    Place {
        chip: if addresses.chips == 1 { 0 } else { index },
        core: core.map(|core| core as u16),
        is_inside: core.is_none_or(|core| core < u32::from(chip.cores)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::chips::{AddressRule, BM1362, BM1370, BM1387, BM1397};
    use super::*;

    fn at(word: u32) -> Nonce {
        Nonce::from_message_word(word)
    }

    #[test]
    fn published_replies_lie_inside() {
        let one = Addresses {
            chips: 1,
            step: 255,
        };
        for (word, core) in [(0x4c03_5275, 38), (0x0735_cdcf, 3), (0x7b8d_8160, 61)] {
            let place = place(&BM1370, one, at(word));
            assert_eq!(
                (place.chip, place.core, place.is_inside),
                (0, Some(core), true)
            );
        }
        assert!(place(&BM1362, one, at(0x81c9_77d0)).is_inside);
        assert!(!place(&BM1362, one, at(0x8300_0000)).is_inside);
        assert!(place(&BM1397, one, at(0x97c3_28b6)).is_inside);
        assert!(!place(&BM1397, one, at(0xa800_0000)).is_inside);
    }

    #[test]
    fn every_chip_is_told_by_its_stamp() {
        for chips in [2u16, 6, 12, 100, 126] {
            let step = AddressRule::Spread.step(chips).unwrap();
            let addresses = Addresses { chips, step };
            for index in 0..chips {
                let address = u32::from(addresses.of(index));
                let late = place(&BM1362, addresses, at(7 << 25 | address >> 1 << 18 | 0x63));
                assert_eq!((late.chip, late.core), (index, Some(7)));
                let first = place(&BM1387, addresses, at(address << 24 | 0x55));
                assert_eq!((first.chip, first.core), (index, Some(0x55)));
            }
        }
    }

    #[test]
    fn offsets_are_those_of_the_s21_pro() {
        let addresses = Addresses { chips: 65, step: 3 };
        let first: Vec<u16> = (0..4).map(|index| addresses.offset(index)).collect();
        assert_eq!(first, [0, 0x3f1, 0x7e1, 0xbd1]);
        assert_eq!(addresses.offset(64), 0xfc10);
        for index in 0..65 {
            let start = u32::from(addresses.offset(index)) << 9;
            for counter in [start, start + 1000, start + (0x3ef << 9)] {
                let found = place(&BM1370, addresses, at(5 << 25 | counter));
                assert_eq!(found.chip, index, "{counter:x}");
            }
        }
    }
}
