//! Tells a sensor that has stopped measuring from a temperature that stands still: by changing something and looking whether it notices.

use std::time::{Duration, Instant};

/// A reading that stands so long is put to the test, the first time: a board that has just started heats up in twice as long.
const SUSPECT: Duration = Duration::from_secs(20);
/// How many times longer a sensor that has passed a test is left alone.
const PROVED: u32 = 6;
/// The longest time between tests of a sensor that has passed some.
const LONGEST: Duration = Duration::from_secs(300);
/// How long a test lasts before the sensor has failed it.
const TEST: Duration = Duration::from_secs(60);

/// What is thought of the sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// It moves.
    Good,
    /// It stands: change the board's heat.
    Test,
    /// It did not notice.
    Frozen,
}

/// Watches one sensor of a board that is under power.
#[derive(Debug, Clone)]
pub(super) struct FreezeWatch {
    last: Option<(f32, Instant)>,
    patience: Duration,
    tested: bool,
}

impl FreezeWatch {
    pub(super) fn new() -> Self {
        Self {
            last: None,
            patience: SUSPECT,
            tested: false,
        }
    }

    /// Takes a reading.
    pub(super) fn judge(&mut self, celsius: f32, now: Instant) -> Trust {
        let since = match self.last {
            Some((last, since)) if same(last, celsius) => since,
            _ => {
                self.moved(celsius, now);
                return Trust::Good;
            }
        };
        let stood = now.saturating_duration_since(since);
        if stood < self.patience {
            return Trust::Good;
        }
        self.tested = true;
        if stood < self.patience + TEST {
            Trust::Test
        } else {
            Trust::Frozen
        }
    }

    /// The board's power went off, or on: what was known is void, but not where a frozen sensor stands.
    pub(super) fn begin(&mut self) {
        self.last = None;
        self.tested = false;
    }

    fn moved(&mut self, celsius: f32, now: Instant) {
        // A sensor that has proved itself is not bothered as often.
        if self.tested {
            self.patience = (self.patience * PROVED).min(LONGEST);
        }
        self.tested = false;
        self.last = Some((celsius, now));
    }
}

/// To the last bit: a sensor that works wavers by its smallest step.
fn same(one: f32, other: f32) -> bool {
    one.to_bits() == other.to_bits()
}
