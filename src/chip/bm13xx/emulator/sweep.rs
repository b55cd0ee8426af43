//! Where a chip's search stands at a time: the place of its cores, and the batch of versions (section 11).

use super::EmulatedChip;
use super::job::{Form, Job};
use super::registers::{CRYSTAL, Registers};

/// Ticks by which a sweep overruns its deadline.
const OVERRUN: f64 = 130.0;
/// Nonces that a core with version rolling passes in one clock, by the measured edges of its windows (section 19).
const PLACES_PER_CLOCK: f64 = 2.0;

/// How a chip searches one job with its present registers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sweep {
    /// Places a second.
    speed: f64,
    /// Seconds after which the versions of the next batch are searched; `None`: there is one batch.
    window: Option<f64>,
    /// How many batches there are.
    batches: u32,
    /// Seconds after which the one batch ends.
    deadline: f64,
    /// Versions of one batch.
    pub(super) versions: u16,
    /// Which version bits are rolled.
    mask: u16,
    /// Which part of its sub-cores has something to do.
    pub(super) busy: f64,
}

/// Where the search stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    /// How many places every core has passed in this batch.
    pub(super) passed: u64,
    /// The batch.
    pub(super) batch: u32,
}

impl Sweep {
    /// How a chip of `kind` searches `job`; `None`: not at all.
    pub(super) fn new(kind: EmulatedChip, registers: &Registers, job: &Job) -> Option<Self> {
        let hertz = registers.clock() * 1e6;
        if hertz <= 0.0 || !registers.reports() {
            return None;
        }
        match &job.form {
            Form::Header(_) => Self::over_versions(kind, registers, hertz),
            Form::Midstates { .. } => Some(Self::over_midstates(kind, registers, job, hertz)),
        }
    }

    fn over_versions(kind: EmulatedChip, registers: &Registers, hertz: f64) -> Option<Self> {
        let ticks = registers.hash_counting();
        if ticks == 0 {
            return None;
        }
        let mask = registers.version_mask();
        let all = 1u32 << mask.count_ones();
        let subs = u32::from(kind.silicon().sub_cores);
        let versions = all.min(subs);
        let window = f64::from(ticks) / CRYSTAL;
        Some(Self {
            speed: PLACES_PER_CLOCK * hertz * (f64::from(ticks) + OVERRUN) / f64::from(ticks),
            window: Some(window),
            batches: all / versions,
            deadline: f64::INFINITY,
            versions: versions as u16,
            mask,
            busy: f64::from(versions) / f64::from(subs),
        })
    }

    /// The sub-cores share the midstates: with fewer of these the sweep is over sooner.
    fn over_midstates(kind: EmulatedChip, registers: &Registers, job: &Job, hertz: f64) -> Self {
        let shares = f64::from(kind.silicon().sub_cores) / job.midstates() as f64;
        let ticks = job
            .own
            .map_or_else(|| registers.hash_counting(), |own| own.hash_counting);
        let deadline = match ticks {
            0 => f64::INFINITY,
            ticks => f64::from(ticks) / CRYSTAL,
        };
        Self {
            speed: hertz * shares,
            window: None,
            batches: 1,
            deadline,
            versions: 1,
            mask: 0,
            busy: 1.0,
        }
    }

    /// Where it stands `seconds` after the job came; `None`: it is through. `places`: of one core's sweep.
    pub(super) fn at(&self, seconds: f64, places: u64) -> Option<Spot> {
        let Some(window) = self.window else {
            let passed = (seconds * self.speed) as u64;
            let goes_on = passed < places && seconds < self.deadline;
            return goes_on.then_some(Spot { passed, batch: 0 });
        };
        let batch = (seconds / window) as u32;
        let passed = ((seconds - f64::from(batch) * window) * self.speed) as u64;
        (batch < self.batches).then_some(Spot { passed, batch })
    }

    /// How many of a job's first `seconds` a core spends on the first `places` places of its batches.
    pub(super) fn within(&self, places: u64, seconds: f64) -> f64 {
        let own = places as f64 / self.speed;
        let Some(window) = self.window else {
            return seconds.min(own);
        };
        let batches = (seconds / window).floor();
        batches * own.min(window) + (seconds - batches * window).min(own)
    }

    /// The version field of a sub-core in a batch.
    pub(super) fn field(&self, batch: u32, sub_core: u16) -> u16 {
        spread(
            batch * u32::from(self.versions) + u32::from(sub_core),
            self.mask,
        )
    }
}

/// Puts the low bits of `number` at the places of the ones of `mask`.
fn spread(mut number: u32, mask: u16) -> u16 {
    let ones = (0..16).filter(|at| mask >> at & 1 == 1);
    ones.fold(0, |field, at| {
        let bit = (number & 1) as u16;
        number >>= 1;
        field | bit << at
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sheet's table of machines: ticks and epochs.
    #[test]
    fn epochs_are_the_sheets() {
        let machines = [
            (EmulatedChip::Bm1368, 0x15a4, 0.91),
            (EmulatedChip::Bm1370, 0x1eb5, 1.29),
            (EmulatedChip::Bm1366, 0x115a, 1.46),
            (EmulatedChip::Bm1362, 0x1381, 1.64),
            (EmulatedChip::Bm1370, 0x0f25, 0.64),
        ];
        for (kind, ticks, epoch) in machines {
            let mut registers = Registers::new(kind);
            registers.set(0x10, ticks);
            registers.set(0xa4, 0x9000_ffff);
            let sweep = Sweep::over_versions(kind, &registers, 500e6).unwrap();
            assert!(sweep.at(epoch - 0.01, 1 << 25).is_some(), "{kind:?}");
            assert!(sweep.at(epoch + 0.01, 1 << 25).is_none(), "{kind:?}");
        }
    }

    #[test]
    fn time_within_a_share_is_counted_batch_by_batch() {
        let mut sweep = Sweep {
            speed: 1000.0,
            window: None,
            batches: 1,
            deadline: f64::INFINITY,
            versions: 1,
            mask: 0,
            busy: 1.0,
        };
        assert_eq!(
            (sweep.within(500, 0.25), sweep.within(500, 3.0)),
            (0.25, 0.5)
        );
        sweep.window = Some(0.75);
        assert_eq!(
            (sweep.within(500, 0.75), sweep.within(500, 1.0)),
            (0.5, 0.75)
        );
        assert_eq!(
            (sweep.within(500, 1.5), sweep.within(u64::MAX, 1.5)),
            (1.0, 1.5)
        );
    }

    #[test]
    fn versions_keep_to_their_mask() {
        assert_eq!(spread(0b1011, 0xffff), 0b1011);
        assert_eq!(spread(0b1011, 0b1101_0010), 0b1001_0010);
        assert_eq!(spread(u32::MAX, 0x00f0), 0x00f0);
    }
}
