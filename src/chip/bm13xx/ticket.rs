//! How hard a hash must be for a chip to report it: a few replies a second, never more than the line carries (section 7). Pure.

use super::chips::{ChipType, Ticket};
use super::frames::Dialect;
use super::registers::{Register, TicketMask};
use crate::units::{Hashrate, Target};

/// The part of the line's bytes that replies may take.
const LINE_SHARE: f64 = 0.25;
/// By how much an easy job can make the ticket easier.
const EASIER_BITS: u32 = 3;
/// Zero bits that real chips demand by themselves.
const CHIP_BITS: u32 = 32;

/// What a ticket is chosen by.
#[derive(Debug, Clone, Copy)]
pub(super) struct TicketRule {
    chip: &'static ChipType,
    /// Zero bits that the chips demand by themselves.
    zero_bits: u32,
    /// Replies a second to aim at.
    wanted: f64,
}

impl TicketRule {
    pub(super) fn new(chip: &'static ChipType, zero_bits: u32, wanted: f64) -> Self {
        Self {
            chip,
            zero_bits,
            wanted,
        }
    }

    /// Bits of the mask for a chain of real rate `rate` on a line of `baud`: as many as give the replies a second that are aimed at, more if
    /// the line could not carry that.
    pub(super) fn bits(&self, rate: Hashrate, baud: u32) -> u32 {
        let unmasked = rate.get() / f64::from(CHIP_BITS).exp2();
        let by_rate = whole_bits((unmasked / self.wanted).log2().floor());
        let line = f64::from(baud) / 10.0 / self.reply_bytes() * LINE_SHARE;
        let by_line = whole_bits((unmasked / line).log2().ceil());
        by_rate.max(by_line).min(self.most())
    }

    /// Fewer bits than `usual` for a job whose shares are easier; a little easier only, since a pool that wants floods of shares gets fewer
    /// and soon raises its difficulty.
    pub(super) fn bits_for(&self, usual: u32, target: &Target) -> u32 {
        let by_job = leading_zero_bits(target).saturating_sub(self.zero_bits);
        usual.min(by_job.max(usual.saturating_sub(EASIER_BITS)))
    }

    /// What every reply meets under a mask of `bits`.
    pub(super) fn threshold(&self, bits: u32) -> Target {
        Target::from_zero_bits(self.zero_bits + bits)
    }

    /// The mask's register and value; `None`: it goes into the job.
    pub(super) fn write(&self, bits: u32) -> Option<(u8, u32)> {
        match self.chip.ticket {
            Ticket::Register(register) => Some((register, TicketMask { bits }.value())),
            Ticket::InJob => None,
        }
    }

    /// The mask's low byte as it goes into a job.
    pub(super) fn in_job(bits: u32) -> u8 {
        TicketMask { bits }.value() as u8
    }

    fn most(&self) -> u32 {
        match self.chip.ticket {
            Ticket::Register(_) => 32,
            Ticket::InJob => 8,
        }
    }

    fn reply_bytes(&self) -> f64 {
        match self.chip.dialect {
            Dialect::Bare => 5.0,
            Dialect::Counted => 7.0,
            Dialect::Preambled if self.chip.job.rolls_version() => 11.0,
            Dialect::Preambled => 9.0,
        }
    }
}

/// A number of bits that may have come out negative, or infinite for no rate at all.
fn whole_bits(bits: f64) -> u32 {
    bits.clamp(0.0, 64.0) as u32
}

/// How many leading zero bits every hash has that meets `target`.
fn leading_zero_bits(target: &Target) -> u32 {
    let bytes = target.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let rest = bytes.get(zeros).map_or(0, |byte| byte.leading_zeros());
    8 * zeros as u32 + rest
}

#[cfg(test)]
mod tests {
    use super::super::chips::{BM1370, BM1384};
    use super::*;
    use crate::units::Difficulty;

    fn bits(chip: &'static ChipType, rate: f64, baud: u32) -> u32 {
        TicketRule::new(chip, 32, 4.0).bits(Hashrate::new(rate), baud)
    }

    fn target(difficulty: f64) -> Target {
        Target::from_difficulty(Difficulty::new(difficulty).unwrap())
    }

    #[test]
    fn a_few_replies_a_second_whatever_the_rate() {
        for rate in [1e9, 8.25e9, 1e12, 1e15] {
            let mask = f64::from(bits(&BM1370, rate, 115_200)).exp2();
            let replies = rate / 2f64.powi(32) / mask;
            assert!((0.2..8.0).contains(&replies), "{rate}: {replies}");
        }
        assert_eq!(bits(&BM1370, 0.0, 115_200), 0);
        assert_eq!(bits(&BM1384, 1e15, 115_200), 8, "no more in its job");
    }

    #[test]
    fn the_line_is_never_flooded() {
        let greedy = TicketRule::new(&BM1370, 32, 1000.0);
        let rate = Hashrate::new(107e12);
        assert_eq!(greedy.bits(rate, 3_000_000), 4);
        assert_eq!(greedy.bits(rate, 115_200), 7);
    }

    #[test]
    fn an_easy_job_is_reported_a_little_better() {
        let rule = TicketRule::new(&BM1370, 32, 4.0);
        assert_eq!(rule.bits_for(6, &target(1e6)), 6);
        assert_eq!(rule.bits_for(6, &target(17.0)), 4);
        assert_eq!(rule.bits_for(6, &target(1.0)), 3);
        assert_eq!(rule.bits_for(1, &target(0.001)), 0);
        for difficulty in [8.0, 9.5, 15.9, 60.0] {
            let bits = rule.bits_for(6, &target(difficulty));
            assert!(rule.threshold(bits) >= target(difficulty), "{difficulty}");
        }
    }

    #[test]
    fn an_emulated_chain_keeps_its_mask() {
        let real = TicketRule::new(&BM1370, 32, 4.0);
        let slow = TicketRule::new(&BM1370, 13, 4.0);
        let rate = Hashrate::new(1e12);
        assert_eq!(real.bits(rate, 115_200), slow.bits(rate, 115_200));
        assert_eq!(slow.threshold(6), Target::from_zero_bits(19));
    }
}
