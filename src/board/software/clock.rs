//! The software board's time: the machine's, or virtual time in which every hash takes as long as a rate says.

use std::time::{Duration, Instant};

/// The software board's time.
#[derive(Debug, Clone)]
pub struct Clock(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Real,
    Virtual { now: Instant, rate: f64 },
}

impl Clock {
    /// The machine's clock.
    pub const fn real() -> Self {
        Self(Kind::Real)
    }

    /// Time that begins at `start` and passes only by hashing, `rate` hashes a second, and by waiting.
    pub const fn virtual_from(start: Instant, rate: f64) -> Self {
        Self(Kind::Virtual { now: start, rate })
    }

    /// Whether it is the machine's clock.
    pub fn is_real(&self) -> bool {
        matches!(self.0, Kind::Real)
    }

    /// The time.
    pub fn now(&self) -> Instant {
        match self.0 {
            Kind::Real => Instant::now(),
            Kind::Virtual { now, .. } => now,
        }
    }

    /// `hashes` have been done.
    pub(super) fn worked(&mut self, hashes: u64) {
        if let Kind::Virtual { now, rate } = &mut self.0 {
            *now += Duration::try_from_secs_f64(hashes as f64 / *rate).unwrap_or_default();
        }
    }

    /// Virtual time jumps to `deadline` and says so; real time has to be waited for.
    pub(super) fn jumped_to(&mut self, deadline: Instant) -> bool {
        if let Kind::Virtual { now, .. } = &mut self.0 {
            *now = (*now).max(deadline);
            return true;
        }
        false
    }
}
