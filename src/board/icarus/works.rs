//! Works with known answers: block 171874 that every driver of the class probes with, and the others of classic-boards.md section 14.

use crate::algorithm::sha256d::{Midstate, Scanner};
use crate::units::Target;

/// A work whose nonces are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownWork {
    /// State after the first 64 bytes of the header.
    pub(super) midstate: Midstate,
    /// Header bytes 64..76.
    pub(super) tail: [u8; 12],
    /// The nonces, as message words.
    pub(super) answers: &'static [u32],
}

/// Block 171874; its only nonce is the 100258th of the range.
pub(super) const GOLDEN: KnownWork = KnownWork {
    midstate: Midstate::from_words([
        0xe48f_544a,
        0x9a3a_fa71,
        0x4514_7113,
        0x4df6_c356,
        0x82b4_0025,
        0x4bfe_0860,
        0xc998_76bf,
        0x4679_ba4e,
    ]),
    tail: [
        0x2f, 0xa7, 0x22, 0xce, 0x14, 0x26, 0x67, 0x4f, 0x87, 0x32, 0x0b, 0x1a,
    ],
    answers: &[0x0001_87a2],
};

/// bfgminer's work-division probe: the first answer tells 1, 2, 4 or 8 slices, in this order.
pub(super) const DIVISION: KnownWork = KnownWork {
    midstate: Midstate::from_words([
        0x6a5b_504a,
        0xa1ee_04c5,
        0x77cf_26b6,
        0x4382_8602,
        0xcb64_a2a0,
        0x7ea2_0aaa,
        0xfd59_5d2d,
        0x2e4c_8f91,
    ]),
    tail: [
        0xfb, 0x9b, 0x3c, 0x73, 0xc9, 0x06, 0xa9, 0x51, 0x64, 0x61, 0x01, 0x1a,
    ],
    answers: &[0x04c0_fdb4, 0x8254_0e46, 0x417c_0f36, 0x60c9_94d5],
};

/// What a board that takes the Cairnsmore1's feature test for a job hashes.
pub(super) const FEATURE_TEST: KnownWork = KnownWork {
    midstate: Midstate::from_words([0; 8]),
    tail: [
        0xb5, 0x01, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0x62, 0x66, 0x67, 0x30,
    ],
    answers: &[0x0094_9a6f],
};

impl KnownWork {
    /// Whether the hash with this nonce has `zero_bits` zero bits.
    pub(super) fn verifies(&self, word: u32, zero_bits: u32) -> bool {
        let limit = Target::from_zero_bits(zero_bits);
        let scanner = Scanner::new(self.midstate, self.tail, limit);
        limit.is_met_by(&scanner.hash_of_word(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_32_zero_bits() {
        for work in [GOLDEN, DIVISION, FEATURE_TEST] {
            assert!(work.answers.iter().all(|word| work.verifies(*word, 32)));
            assert!(!work.verifies(work.answers[0] + 1, 32));
        }
    }
}
