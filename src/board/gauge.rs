//! What is truly the case at an emulated board, for who judges driver and emulator by it. Drivers never see it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What is truly the case at a board, whatever its sensors say and its lines carry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Truth {
    /// The hottest chip, degrees Celsius.
    pub celsius: f64,
    /// At the cores, volts.
    pub core_volts: f64,
    /// Whether the chips are held in reset.
    pub in_reset: bool,
    /// The first chip's clock, MHz.
    pub clock_mhz: f64,
    /// What the chips draw, watts.
    pub watts: f64,
}

/// A look at an emulated board that changes nothing; clones are at the same board.
#[derive(Clone)]
pub struct Gauge(Arc<dyn Fn(Duration) -> Truth + Send + Sync>);

impl Gauge {
    /// A gauge that reads by `read`, for which it lets the board live on for a time.
    pub fn new(read: impl Fn(Duration) -> Truth + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// What is the case at the time that the board has reached.
    pub fn read(&self) -> Truth {
        self.after(Duration::ZERO)
    }

    /// What is the case when the board has lived on for `time`: for a board that no host is connected to any more, so that nobody else
    /// lets it live.
    pub fn after(&self, time: Duration) -> Truth {
        (self.0)(time)
    }
}

impl fmt::Debug for Gauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gauge").field(&self.read()).finish()
    }
}
