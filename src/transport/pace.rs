//! Real time for emulators: lets a device made of software keep up with the clock as far as it can.
//!
//! The device's time runs behind the clock's by at most [`LAG`]; what it cannot catch up is dropped, so a device that hashes slower than
//! its rate simply is slower. One call never takes much longer than [`PATIENCE`], whatever the device computes.

use std::time::{Duration, Instant};

use super::Emulator;

/// The longest piece of a device's time that is run at once.
const SLICE: Duration = Duration::from_millis(5);

/// The shortest.
const CRUMB: Duration = Duration::from_micros(1);

/// The first piece after the device has got something to do.
const CAREFUL: Duration = Duration::from_micros(8);

/// How much computing one piece may cost before the next one is made shorter.
const PATIENCE: Duration = Duration::from_millis(3);

/// How far behind a device may be and still catch up.
const LAG: Duration = Duration::from_millis(250);

/// How long to wait between pieces when the device has caught up.
pub(super) const TICK: Duration = Duration::from_millis(2);

/// Where a device is on its own time, and how fast it computes.
#[derive(Debug)]
pub(super) struct Pace {
    /// The device's time.
    reached: Instant,
    /// By how much the device's time was set back against the clock.
    dropped: Duration,
    /// How much of its time the device runs in a tolerable time of ours.
    step: Duration,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            reached: now,
            dropped: Duration::ZERO,
            step: CAREFUL,
        }
    }

    /// The device's time.
    pub(super) fn reached(&self) -> Instant {
        self.reached
    }

    /// Runs the device one piece towards `now`, appends what it says to `out`, and tells whether it has caught up.
    pub(super) fn run(
        &mut self,
        emulator: &mut dyn Emulator,
        now: Instant,
        out: &mut Vec<u8>,
    ) -> bool {
        let target = self.target(now);
        let until = target.min(self.reached + self.step);
        let started = Instant::now();
        let reached = emulator.advance(until, out);
        self.adapt(started.elapsed(), reached >= until);
        self.reached = reached.clamp(self.reached, until);
        self.reached >= target
    }

    /// Where the device should be at `now`, after dropping what it cannot catch up.
    fn target(&mut self, now: Instant) -> Instant {
        let wanted = now.checked_sub(self.dropped).unwrap_or(now);
        let behind = wanted.saturating_duration_since(self.reached);
        self.dropped += behind.saturating_sub(LAG);
        wanted.max(self.reached).min(self.reached + LAG)
    }

    /// The device has got something to do: what it cost before tells nothing any more.
    pub(super) fn startle(&mut self) {
        self.step = self.step.min(CAREFUL);
    }

    /// A piece that ended early, at an output, was cheap for another reason.
    fn adapt(&mut self, cost: Duration, whole: bool) {
        self.step = if cost > PATIENCE {
            (self.step / 2).max(CRUMB)
        } else if whole && cost < PATIENCE / 4 {
            (self.step * 2).min(SLICE)
        } else {
            self.step
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device that computes nothing and counts how long it lived.
    struct Idle(Instant, Duration);

    impl Emulator for Idle {
        fn receive(&mut self, _bytes: &[u8], _now: Instant) {}

        fn advance(&mut self, until: Instant, _out: &mut Vec<u8>) -> Instant {
            self.1 += until - self.0;
            self.0 = until;
            until
        }
    }

    #[test]
    fn a_device_that_keeps_up_lives_as_long_as_the_clock() {
        let base = Instant::now();
        let mut device = Idle(base, Duration::ZERO);
        let mut pace = Pace::new(base);
        for millisecond in 1..=100 {
            let now = base + Duration::from_millis(millisecond);
            while !pace.run(&mut device, now, &mut Vec::new()) {}
            assert_eq!(pace.reached(), now);
        }
        assert_eq!(device.1, Duration::from_millis(100));
    }

    #[test]
    fn what_cannot_be_caught_up_is_dropped_and_time_never_goes_back() {
        let base = Instant::now();
        let mut device = Idle(base, Duration::ZERO);
        let mut pace = Pace::new(base);
        let now = base + Duration::from_secs(10);
        while !pace.run(&mut device, now, &mut Vec::new()) {}
        assert_eq!(device.1, LAG);
        let reached = pace.reached();
        pace.run(&mut device, base, &mut Vec::new());
        assert_eq!(pace.reached(), reached);
    }

    #[test]
    fn costly_pieces_become_shorter_and_cheap_ones_longer() {
        let mut pace = Pace::new(Instant::now());
        (0..20).for_each(|_| pace.adapt(Duration::from_millis(50), true));
        assert_eq!(pace.step, CRUMB);
        (0..20).for_each(|_| pace.adapt(Duration::ZERO, false));
        assert_eq!(pace.step, CRUMB, "a piece cut short says nothing");
        (0..20).for_each(|_| pace.adapt(Duration::ZERO, true));
        assert_eq!(pace.step, SLICE);
        pace.startle();
        assert_eq!(pace.step, CAREFUL);
    }
}
