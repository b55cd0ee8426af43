//! Walks a board's clock and voltage by its measured errors: a pure state machine that a board feeds and asks.
//!
//! A board calls [`Tuner::observe`] from its poll loop with what it has counted since the last call (once a second is plenty), and sets the clock
//! and the voltage that it asks for. It knows no transport and reads no clock: time comes in as a value.
//! [`Tuner::memory`] is what the board keeps under its serial number, and gives back to [`Tuner::new`].
//!
//! The walk is a staircase along the edge of what the chips can do. For the most hashes it goes up: the clock while all is well, the voltage
//! where errors come. For the fewest joules a hash it goes down: the voltage while all is well, the clock where errors come. It
//! ends at the best point that it has passed, and watches that this stays good.

mod window;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use window::{Verdict, Window};

/// Clock steps, MHz: what PLLs of the family make exactly.
const CLOCK_STEP_MHZ: f64 = 12.5;
/// Voltage steps, millivolts.
const VOLTAGE_STEP: u32 = 10;
/// Points in a row that are worse than the best one, after which the walk is over.
const WORSE_IN_A_ROW: u32 = 6;
/// Bad points in a row, after which neither clock nor voltage is to blame: a line that garbles, a core that lies.
const HOPELESS_IN_A_ROW: u32 = 6;
/// How much better a point must be to be called better: less is chance.
const BETTER: f64 = 1.002;

/// What the walk aims at: option `tune=efficiency|hashrate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Goal {
    /// The fewest joules a hash.
    Efficiency,
    /// The most hashes.
    Hashrate,
}

impl std::str::FromStr for Goal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "efficiency" => Ok(Self::Efficiency),
            "hashrate" => Ok(Self::Hashrate),
            _ => Err("expected efficiency or hashrate".to_owned()),
        }
    }
}

/// Where the walk may go. The board's limits; it never goes beyond them.
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

impl Bounds {
    fn clamp(&self, point: Point) -> Point {
        let (slow, fast) = self.clock_mhz;
        let (low, high) = self.millivolts;
        Point {
            clock_mhz: point.clock_mhz.max(slow).min(fast.max(slow)),
            millivolts: point.millivolts.max(low).min(high.max(low)),
        }
    }
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
    /// Wrong nonces. What the line garbles or repeats is none: no voltage mends a line.
    pub errors: u64,
    /// Right nonces that the clock promises in this time: the nominal rate over the threshold's expected hashes, less those that the line
    /// has lost. 0 while there is no work, or too few versions for all sub-cores.
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
    /// Nothing.
    Stay,
    /// Go to this point: voltage before clock on the way up, clock before voltage on the way down.
    Go(Point),
    /// The walk is over: go to this point, if the board is not there, and keep [`Tuner::memory`].
    Settled(Point),
    /// Errors come whatever is tried: go back to where it began, and keep nothing.
    GaveUp(Point),
}

/// The walk.
#[derive(Debug, Clone)]
pub struct Tuner {
    goal: Goal,
    bounds: Bounds,
    /// Where it begins without a memory.
    start: Point,
    at: Point,
    best: Option<(Point, f64)>,
    worse: u32,
    settled: bool,
    /// Bad windows in a row since the walk was over.
    bad: u32,
    /// Bad points in a row.
    hopeless: u32,
    given_up: bool,
    window: Window,
}

impl Tuner {
    /// A walk within `bounds` from `start`, or from what is remembered of the last one with the same goal.
    pub fn new(goal: Goal, bounds: Bounds, start: Point, memory: Option<Memory>) -> Self {
        let memory = memory.filter(|memory| memory.goal == goal);
        let from = memory.map_or(start, |memory| memory.best);
        let at = bounds.clamp(from);
        // Limits that have become narrower make a new walk of it.
        let settled = memory.is_some_and(|memory| memory.settled && at == from);
        Self {
            goal,
            bounds,
            start: bounds.clamp(start),
            at,
            best: settled.then_some((at, 0.0)),
            worse: 0,
            settled,
            bad: 0,
            hopeless: 0,
            given_up: false,
            window: Window::default(),
        }
    }

    /// Where the board should be.
    pub fn point(&self) -> Point {
        self.at
    }

    /// Takes what the board has seen; what it is to do.
    pub fn observe(&mut self, sample: &Sample) -> Ask {
        let verdict = if self.is_too_much(sample) {
            // Heat takes its time to go: one step at a time. What cannot wait is the business of the board's guard.
            (!self.window.is_settling(sample.time)).then_some(Verdict::TooMuch)
        } else {
            self.window.take(sample)
        };
        let Some(verdict) = verdict else {
            return Ask::Stay;
        };
        if self.settled {
            self.keep_watch(verdict)
        } else {
            self.walk(verdict)
        }
    }

    /// What to keep; `None`: no point was good yet.
    pub fn memory(&self) -> Option<Memory> {
        let (best, _) = self.best?;
        Some(Memory {
            goal: self.goal,
            best,
            settled: self.settled,
        })
    }

    fn is_too_much(&self, sample: &Sample) -> bool {
        let is_over = |value: Option<f64>, most: f64| value.is_some_and(|value| value > most);
        is_over(sample.celsius, self.bounds.celsius) || is_over(sample.watts, self.bounds.watts)
    }

    fn walk(&mut self, verdict: Verdict) -> Ask {
        if self.best.is_none() && self.is_hopeless(verdict) {
            return self.give_up();
        }
        let next = match (verdict, self.goal) {
            (Verdict::TooMuch, Goal::Hashrate) if self.best.is_some() => None,
            (Verdict::Good { .. }, Goal::Hashrate) => self.faster(),
            (Verdict::Bad, Goal::Hashrate) => self.voltage(true),
            (Verdict::Good { .. }, Goal::Efficiency) => {
                self.voltage(false).or_else(|| self.slower())
            }
            (Verdict::TooMuch, _) | (Verdict::Bad, Goal::Efficiency) => self.slower(),
        };
        self.judge(verdict);
        match next.filter(|_| self.worse < WORSE_IN_A_ROW) {
            Some(point) => {
                self.go(point);
                Ask::Go(point)
            }
            None => self.settle(),
        }
    }

    /// Compares the point with the best one.
    fn judge(&mut self, verdict: Verdict) {
        let Verdict::Good { accuracy, watts } = verdict else {
            self.worse += u32::from(self.best.is_some());
            return;
        };
        let score = self.score(accuracy, watts);
        if self.best.is_none_or(|(_, best)| score > best * BETTER) {
            self.best = Some((self.at, score));
            self.worse = 0;
        } else {
            self.worse += 1;
        }
    }

    /// Hashes a second, or hashes a joule, on some scale. A board that does not know its power draws it by clock and voltage squared.
    fn score(&self, accuracy: f64, watts: Option<f64>) -> f64 {
        let hashes = self.at.clock_mhz * accuracy;
        let volts = f64::from(self.at.millivolts) / 1000.0;
        let by_formula = self.at.clock_mhz * volts * volts;
        match self.goal {
            Goal::Hashrate => hashes,
            Goal::Efficiency => hashes / watts.unwrap_or(by_formula).max(1e-9),
        }
    }

    fn settle(&mut self) -> Ask {
        self.settled = true;
        // Where nothing was good it was too hot, and the coolest point passed is the last one.
        let point = self.best.map_or(self.at, |(point, _)| point);
        self.go(point);
        Ask::Settled(point)
    }

    /// Counts bad points; whether they are too many for a fault of the clock or the voltage.
    fn is_hopeless(&mut self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Good { .. } => self.hopeless = 0,
            Verdict::Bad => self.hopeless += 1,
            Verdict::TooMuch => {}
        }
        self.hopeless >= HOPELESS_IN_A_ROW
    }

    fn give_up(&mut self) -> Ask {
        (self.settled, self.given_up) = (true, true);
        (self.best, self.bad, self.hopeless) = (None, 0, 0);
        self.go(self.start);
        Ask::GaveUp(self.start)
    }

    /// At the end of the walk: a point that turns bad is left for a slower one.
    fn keep_watch(&mut self, verdict: Verdict) -> Ask {
        if verdict == Verdict::Bad && self.given_up {
            return Ask::Stay;
        }
        self.bad = match verdict {
            Verdict::Good { .. } => {
                self.hopeless = 0;
                0
            }
            Verdict::Bad => self.bad + 1,
            Verdict::TooMuch => 2,
        };
        if self.bad < 2 {
            return Ask::Stay;
        }
        self.bad = 0;
        if self.is_hopeless(verdict) {
            return self.give_up();
        }
        let Some(point) = self.slower() else {
            return Ask::Stay;
        };
        self.go(point);
        self.best = (!self.given_up).then_some((point, 0.0));
        Ask::Settled(point)
    }

    fn go(&mut self, point: Point) {
        self.at = point;
        self.window = Window::default();
    }

    fn faster(&self) -> Option<Point> {
        self.moved(self.at.clock_mhz + CLOCK_STEP_MHZ, self.at.millivolts)
    }

    fn slower(&self) -> Option<Point> {
        self.moved(self.at.clock_mhz - CLOCK_STEP_MHZ, self.at.millivolts)
    }

    fn voltage(&self, up: bool) -> Option<Point> {
        let millivolts = if up {
            self.at.millivolts + VOLTAGE_STEP
        } else {
            self.at.millivolts.saturating_sub(VOLTAGE_STEP)
        };
        self.moved(self.at.clock_mhz, millivolts)
    }

    /// The point, if the board may go there.
    fn moved(&self, clock_mhz: f64, millivolts: u32) -> Option<Point> {
        let point = Point {
            clock_mhz,
            millivolts,
        };
        (self.bounds.clamp(point) == point).then_some(point)
    }
}
