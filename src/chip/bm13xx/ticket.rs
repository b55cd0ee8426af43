//! How hard a hash must be for a chip to report it: a few replies a second, never more than the line carries (section 7). Pure.

use std::time::{Duration, Instant};

use super::chips::{ChipType, Ticket};
use super::frames::Dialect;
use super::registers::{Register, TicketMask};
use crate::units::{Hashrate, Target};

/// The part of the line's bytes that replies may take.
const LINE_SHARE: f64 = 0.25;
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
        let by_rate = whole_bits((unmasked(rate) / self.wanted).log2().floor());
        by_rate.max(self.by_line(rate, baud)).min(self.most())
    }

    /// The same for a job, whose shares may be easier: none of them is kept back unless the line could not carry them.
    pub(super) fn bits_for(&self, rate: Hashrate, baud: u32, target: &Target) -> u32 {
        let by_job = leading_zero_bits(target).saturating_sub(self.zero_bits);
        let least = self.by_line(rate, baud).min(self.most());
        self.bits(rate, baud).min(by_job.max(least))
    }

    /// The fewest bits with which replies leave the line room for work.
    fn by_line(&self, rate: Hashrate, baud: u32) -> u32 {
        let line = f64::from(baud) / 10.0 / self.reply_bytes() * LINE_SHARE;
        whole_bits((unmasked(rate) / line).log2().ceil())
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

/// Replies a second without a mask.
fn unmasked(rate: Hashrate) -> f64 {
    rate.get() / f64::from(CHIP_BITS).exp2()
}

/// A number of bits that may have come out negative, or infinite for no rate at all.
fn whole_bits(bits: f64) -> u32 {
    bits.clamp(0.0, 64.0) as u32
}

/// How long replies to an easier mask may still come: as long as late ones are kept apart at all.
const LATE: Duration = Duration::from_secs(1);

/// The mask that the chips have, and what their replies can be counted on to meet meanwhile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tickets {
    /// Bits of the mask that the chips have.
    set: u32,
    /// Bits that every reply has: those to an easier mask may be on their way.
    promised: u32,
    /// When these have died out.
    settles: Option<Instant>,
}

impl Tickets {
    /// Chips that have a mask of `bits`, and had no other.
    pub(super) fn new(bits: u32) -> Self {
        Self {
            set: bits,
            promised: bits,
            settles: None,
        }
    }

    /// Bits of the mask that the chips have.
    pub(super) fn set(&self) -> u32 {
        self.set
    }

    /// Bits that every reply has.
    pub(super) fn promised(&self) -> u32 {
        self.promised
    }

    /// Chips get a mask of `bits` at `now`; whether less is promised at once.
    pub(super) fn change(&mut self, bits: u32, now: Instant) -> bool {
        let is_easier = bits < self.promised;
        self.set = bits;
        self.promised = self.promised.min(bits);
        self.settles = (bits > self.promised).then(|| now + LATE);
        is_easier
    }

    /// When more can be promised.
    pub(super) fn settles_at(&self) -> Option<Instant> {
        self.settles
    }

    /// Whether more is promised from now on.
    pub(super) fn settle(&mut self, now: Instant) -> bool {
        let is_settled = self.settles.is_some_and(|time| now >= time);
        if is_settled {
            self.promised = self.set;
            self.settles = None;
        }
        is_settled
    }
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
    fn no_share_is_kept_back_that_the_line_can_carry() {
        let rule = TicketRule::new(&BM1370, 32, 4.0);
        // 1.07 TH/s: 250 hashes of difficulty 1 a second, for which five bits are usual.
        let gamma = Hashrate::new(1.07e12);
        let bits = |difficulty| rule.bits_for(gamma, 115_200, &target(difficulty));
        assert_eq!((bits(1e6), bits(33.0), bits(17.0)), (5, 5, 4));
        assert_eq!((bits(1.0), bits(0.001)), (0, 0));
        for difficulty in [8.0, 9.5, 15.9, 60.0] {
            let bits = bits(difficulty);
            assert!(rule.threshold(bits) >= target(difficulty), "{difficulty}");
        }
        // A hundred times as much would flood the line.
        let rack = Hashrate::new(1.07e14);
        assert_eq!(rule.bits_for(rack, 115_200, &target(1.0)), 7);
        assert_eq!(rule.bits_for(rack, 3_000_000, &target(1.0)), 2);
    }

    #[test]
    fn an_emulated_chain_keeps_its_mask() {
        let real = TicketRule::new(&BM1370, 32, 4.0);
        let slow = TicketRule::new(&BM1370, 13, 4.0);
        let rate = Hashrate::new(1e12);
        assert_eq!(real.bits(rate, 115_200), slow.bits(rate, 115_200));
        assert_eq!(slow.threshold(6), Target::from_zero_bits(19));
    }

    #[test]
    fn a_harder_mask_is_promised_when_late_replies_have_died_out() {
        let start = Instant::now();
        let mut tickets = Tickets::new(5);
        assert!(tickets.change(3, start), "an easier one at once");
        assert_eq!((tickets.set(), tickets.promised()), (3, 3));
        assert!(!tickets.change(6, start));
        assert_eq!((tickets.set(), tickets.promised()), (6, 3));
        assert!(!tickets.settle(start + LATE / 2));
        assert!(tickets.settle(start + LATE));
        assert_eq!((tickets.promised(), tickets.settles_at()), (6, None));
        // Harder and back again: there is nothing to wait for.
        assert!(!tickets.change(8, start));
        assert!(!tickets.change(6, start));
        assert_eq!((tickets.promised(), tickets.settles_at()), (6, None));
    }
}
