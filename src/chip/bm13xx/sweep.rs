//! When a chain has searched its work: the hash counting number, and how long a job lasts (section 11). Pure.
//!
//! Where sources differ the shorter time is taken: work that is replaced early costs a job on the line, work that is replaced late is
//! hashed twice.

use std::time::Duration;

use super::chips::{ChipType, Counting, JobForm};
use super::layout::Addresses;

/// What hash counting numbers count, MHz.
const TICK_MHZ: f64 = 25.0;
/// Ticks by which a sweep is kept short, since it overruns by about 130.
const GUARD_TICKS: f64 = 200.0;
/// The part of a sweep or epoch after which work is replaced.
const EARLY: f64 = 0.75;
/// The longest that one work lasts, so that new transactions and time stamps get into it.
pub(super) const LONGEST: Duration = Duration::from_secs(2);
/// The part of the line's time that jobs may take.
const LINE_SHARE: f64 = 0.8;

/// A chain as far as its sweeps go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sweep {
    pub(super) chip: &'static ChipType,
    pub(super) addresses: Addresses,
    /// The clock, MHz.
    pub(super) mhz: f64,
    /// The host's line speed.
    pub(super) baud: u32,
}

impl Sweep {
    /// How many nonces a core of each chip sweeps for one version.
    fn slice(&self) -> f64 {
        let cores = f64::from(self.chip.cores.next_power_of_two());
        2f64.powi(32) / cores * self.addresses.share()
    }

    /// The hash counting number as the chip wants it; `None`: it wants none.
    pub(super) fn counting(&self) -> Option<u32> {
        match self.chip.counting {
            Counting::None => None,
            Counting::InJob => Some(u32::MAX / u32::from(self.addresses.chips)),
            Counting::Register => {
                let ticks = self.slice() * TICK_MHZ / (self.chip.nonces_per_clock * self.mhz);
                Some((ticks.floor() - GUARD_TICKS).max(1.0) as u32)
            }
        }
    }

    /// How long it takes until work of `versions` versions (midstates, or what the mask allows) is hashed again or the chips stand still.
    pub(super) fn exhausted_after(&self, versions: u32) -> Duration {
        let parallel = f64::from(self.chip.sub_cores);
        let batches = f64::from(versions) / parallel;
        let seconds = match (self.chip.job, self.counting()) {
            (JobForm::Header, Some(ticks)) => {
                f64::from(ticks) / TICK_MHZ / 1e6 * batches.floor().max(1.0)
            }
            _ => self.slice() / (self.chip.nonces_per_clock * self.mhz * 1e6) * batches,
        };
        Duration::from_secs_f64(seconds)
    }

    /// When work of `versions` versions is replaced after it was sent; `job_bytes` long, it does not fill the line.
    pub(super) fn refresh_after(&self, versions: u32, job_bytes: usize) -> Duration {
        let line = 10.0 * job_bytes as f64 / f64::from(self.baud) / LINE_SHARE;
        self.exhausted_after(versions)
            .mul_f64(EARLY)
            .min(LONGEST)
            .max(Duration::from_secs_f64(line))
    }
}

#[cfg(test)]
mod tests {
    use super::super::chips::{BM1362, BM1370, BM1387, BM1397};
    use super::*;

    fn sweep(chip: &'static ChipType, chips: u16, mhz: f64) -> Sweep {
        let step = chip.addresses.step(chips).unwrap();
        Sweep {
            chip,
            addresses: Addresses { chips, step },
            mhz,
            baud: 3_000_000,
        }
    }

    fn microseconds(time: Duration) -> u64 {
        (time.as_secs_f64() * 1e6).round() as u64
    }

    #[test]
    fn a_single_chip_of_each_form() {
        // 2^24 nonces at two a clock: half of the 37.283 ms at one.
        let max = sweep(&BM1397, 1, 450.0);
        assert_eq!(microseconds(max.exhausted_after(4)), 18_641);
        assert_eq!(max.counting(), None);
        // Half of the 263 s at one nonce a clock, less the guard.
        let gamma = sweep(&BM1370, 1, 525.0);
        assert_eq!(gamma.counting(), Some(798_915 - 200));
        assert_eq!(gamma.exhausted_after(65536).as_secs(), 130);
        assert_eq!(gamma.refresh_after(65536, 88), LONGEST);
    }

    #[test]
    fn counting_numbers_are_of_the_size_that_factories_write() {
        // S21 Pro: 65 chips, 1EB5; S19j Pro: 126 chips, 1381.
        let pro = sweep(&BM1370, 65, 406.0).counting().unwrap();
        assert!((0x1e00..0x1f80).contains(&pro), "{pro:x}");
        let s19 = sweep(&BM1362, 126, 525.0).counting().unwrap();
        assert!((0x1300..0x1800).contains(&s19), "{s19:x}");
    }

    #[test]
    fn midstates_of_a_chip_without_sub_cores_are_swept_one_after_the_other() {
        let stick = sweep(&BM1387, 2, 100.0);
        let one = stick.exhausted_after(1);
        assert_eq!(microseconds(one), 167_772);
        assert_eq!(stick.exhausted_after(4), one * 4);
    }

    #[test]
    fn a_mask_without_bits_leaves_one_batch_and_the_line_is_not_filled() {
        let mut chain = sweep(&BM1370, 100, 525.0);
        chain.baud = 1_000_000;
        assert!(chain.exhausted_after(1) < Duration::from_millis(1));
        assert_eq!(microseconds(chain.refresh_after(1, 88)), 1100);
    }
}
