//! What is seen at one point: gathered until chance is small, then judged.

use std::time::Duration;

use super::Sample;

/// The time after a change that is not counted: the PLL settles, works and temperatures change over.
const SETTLING: Duration = Duration::from_secs(10);
/// The shortest time that is judged.
const SHORTEST: Duration = Duration::from_secs(20);
/// Nonces to be expected before they are judged.
const EXPECTED: f64 = 200.0;
/// Errors that are too many, as part of all answers.
const TOLERATED: f64 = 0.01;
/// The part of the expected nonces that must come, less what chance explains.
const YIELD: f64 = 0.93;
/// Errors that need no more waiting.
const HOPELESS: u64 = 20;

/// What a point is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    /// Few errors.
    Good {
        /// Right answers as part of all. How many came of those expected is chance, as long as it is not too few.
        accuracy: f64,
        /// The mean power.
        watts: Option<f64>,
    },
    /// Errors, or too few nonces.
    Bad,
    /// Too hot, or too much power.
    TooMuch,
}

/// What has been seen at a point.
#[derive(Debug, Clone, Default)]
pub(super) struct Window {
    settled: Duration,
    time: Duration,
    good: u64,
    errors: u64,
    expected: f64,
    joules: f64,
    /// Time of which the power is known.
    metered: Duration,
}

impl Window {
    /// Takes a sample; the verdict when it is time for one, and a new window begins.
    pub(super) fn take(&mut self, sample: &Sample) -> Option<Verdict> {
        // Without work nothing is to be learnt.
        if sample.expected <= 0.0 {
            return None;
        }
        if self.is_settling(sample.time) {
            return None;
        }
        self.add(sample);
        let verdict = self.verdict()?;
        *self = Self {
            settled: SETTLING,
            ..Self::default()
        };
        Some(verdict)
    }

    /// Lets `time` pass; whether the last change is still too fresh to judge by.
    pub(super) fn is_settling(&mut self, time: Duration) -> bool {
        let is_settling = self.settled < SETTLING;
        if is_settling {
            self.settled += time;
        }
        is_settling
    }

    fn add(&mut self, sample: &Sample) {
        self.time += sample.time;
        self.good += sample.good;
        self.errors += sample.errors;
        self.expected += sample.expected;
        if let Some(watts) = sample.watts {
            self.joules += watts * sample.time.as_secs_f64();
            self.metered += sample.time;
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        if self.errors > HOPELESS && self.errors > self.good {
            return Some(Verdict::Bad);
        }
        if self.time < SHORTEST || self.expected < EXPECTED {
            return None;
        }
        let answers = (self.good + self.errors) as f64;
        let too_many = self.errors > 2 && self.errors as f64 > TOLERATED * answers;
        let least = YIELD * self.expected - 2.0 * self.expected.sqrt();
        if too_many || (self.good as f64) < least {
            return Some(Verdict::Bad);
        }
        let is_metered = !self.metered.is_zero();
        Some(Verdict::Good {
            accuracy: self.good as f64 / answers,
            watts: is_metered.then(|| self.joules / self.metered.as_secs_f64()),
        })
    }
}
