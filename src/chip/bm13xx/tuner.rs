//! Walks a board's clock and voltage by its measured errors: a pure state machine that a board feeds and asks.
//!
//! A board calls [`Tuner::observe`] from its poll loop with what it has counted since the last call, and sets the clock and the voltage that it
//! asks for. It knows no transport and reads no clock: time comes in as a value. [`Tuner::memory`] is what the board keeps by the board's
//! serial number, and gives back to [`Tuner::new`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the walk aims at: option `tune=efficiency|hashrate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Goal {
    /// The fewest joules a hash.
    Efficiency,
    /// The most hashes.
    Hashrate,
}

/// Where the walk may go. The board's limits, no option goes beyond them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Clock, MHz: least and most.
    pub clock_mhz: (f64, f64),
    /// Core voltage, millivolts: least and most. Equal where the board cannot change it.
    pub millivolts: (u32, u32),
    /// The hottest that a chip may be while the walk goes up, degrees Celsius.
    pub celsius: f64,
    /// The most that the board may draw, watts.
    pub watts: f64,
}

/// A clock and a voltage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Clock, MHz.
    pub clock_mhz: f64,
    /// Core voltage, millivolts.
    pub millivolts: u32,
}

/// What a board has seen since the last observation.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sample {
    /// The time since the last sample.
    pub time: Duration,
    /// Right nonces.
    pub good: u64,
    /// Wrong nonces, wrong checksums and duplicates.
    pub errors: u64,
    /// Right nonces that the clock promises in this time.
    pub expected: f64,
    /// The hottest chip, degrees Celsius; `None`: unknown.
    pub celsius: Option<f64>,
    /// Power drawn, watts; `None`: unknown.
    pub watts: Option<f64>,
}

/// What the board keeps of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// What the walk aimed at.
    pub goal: Goal,
    /// The best point found.
    pub best: Point,
    /// Whether the walk was over.
    pub settled: bool,
}

/// What the board is to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ask {
    /// Nothing yet.
    Stay,
    /// Go to this point: voltage first on the way up, clock first on the way down.
    Go(Point),
    /// The walk is over at this point, where the board is; worth keeping [`Tuner::memory`].
    Settled(Point),
}

/// The walk.
#[derive(Debug, Clone)]
pub struct Tuner {
    goal: Goal,
    at: Point,
}

impl Tuner {
    /// A walk within `bounds` from `start`, or from what is remembered of the last one.
    pub fn new(goal: Goal, bounds: Bounds, start: Point, memory: Option<Memory>) -> Self {
        let _ = (bounds, memory);
        Self { goal, at: start }
    }

    /// Where the board should be.
    pub fn point(&self) -> Point {
        self.at
    }

    /// Takes what the board has seen; what it is to do.
    pub fn observe(&mut self, sample: &Sample) -> Ask {
        let _ = sample;
        Ask::Stay
    }

    /// What to keep.
    pub fn memory(&self) -> Memory {
        Memory {
            goal: self.goal,
            best: self.at,
            settled: false,
        }
    }
}
