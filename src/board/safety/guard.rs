//! The judge over a board: how much of its clock it may have, or none and no voltage either; and when it may have it back.
//!
//! What is wrong for a moment costs clock, step by step; what stays wrong, or is far beyond, costs the voltage at once.

use std::time::{Duration, Instant};

use super::freeze::{FreezeWatch, Trust};
use super::troubles::{Complaint, Troubles};
use super::{Level, Readings, Sense};

/// From this drive on a fan cannot show a thermometer a difference.
const FAN_AT_ITS_END: u8 = 95;
/// Each second above a limit leaves so much of the clock, percent.
const STEP_DOWN: u32 = 85;
/// The least share of the clock, percent.
const LEAST_SHARE: u8 = 25;
/// Where a board starts, percent.
const FIRST_SHARE: u8 = 40;
/// What the share rises by, percent: in each step of a start, and after trouble.
const CLIMB: u8 = 10;
/// How long a board must have been well before its share rises again after trouble.
const CALM: Duration = Duration::from_secs(20);
/// Below the limit by so many kelvin, a board is well.
const WELL: f32 = 3.0;
/// How long the voltage stays off the first time; it doubles from time to time.
const FIRST_REST: Duration = Duration::from_secs(30);
const LONGEST_REST: Duration = Duration::from_secs(900);
/// A board that has been well so long begins with short rests again.
const FORGOTTEN: Duration = Duration::from_secs(1800);

/// What a board must not exceed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The hottest chip, degrees Celsius.
    pub chip: f32,
    /// The regulator or the board, degrees Celsius.
    pub board: f32,
    /// The current that is measured, amperes.
    pub amps: f32,
    /// The chip's temperature below which a board may have its voltage back, degrees Celsius.
    pub resume: f32,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// What the board may do.
    pub level: Level,
    /// Whether the fan must run at full speed whatever its control says.
    pub full_fan: bool,
    /// What has changed and why, for people.
    pub notice: Option<String>,
}

/// Judges one board.
#[derive(Debug, Clone)]
pub struct Guard {
    limits: Limits,
    level: Level,
    /// Whether it still climbs to its first full clock.
    starting: bool,
    watch: FreezeWatch,
    troubles: Troubles,
    last_step: Option<Instant>,
    well_since: Option<Instant>,
    off_since: Option<Instant>,
    rest: Duration,
    /// The reading that a frozen sensor stood at.
    frozen_at: Option<f32>,
}

impl Guard {
    /// A guard of a board that is about to start.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            level: Level::Run(FIRST_SHARE),
            starting: true,
            watch: FreezeWatch::new(),
            troubles: Troubles::default(),
            last_step: None,
            well_since: None,
            off_since: None,
            rest: FIRST_REST,
            frozen_at: None,
        }
    }

    /// What the board may do, as judged last.
    pub fn level(&self) -> Level {
        self.level
    }

    /// A board that was only stopped may be as warm as its fan keeps it, and starts at once.
    fn start_celsius(&self) -> f32 {
        f32::midpoint(self.limits.resume, self.limits.chip)
    }

    /// Why a board must not be started now, if it must not.
    pub fn objection(&self, readings: &Readings) -> Option<String> {
        match readings.chip {
            Sense::Silent => Some("its thermometer says nothing".to_owned()),
            Sense::Value(celsius) if celsius > self.start_celsius() => Some(format!(
                "it is still at {celsius:.0} C; it starts below {:.0} C",
                self.start_celsius()
            )),
            Sense::Value(_) | Sense::Absent => None,
        }
    }

    /// Why a board that is being brought up must not be brought up further: it is above a limit, or something else is wrong for which a
    /// running one would lose its voltage at once.
    pub fn alarm(&mut self, readings: &Readings, now: Instant) -> Option<String> {
        let worst = self
            .troubles
            .worst(readings, self.limits, Trust::Good, now)?;
        let is_hot =
            readings.chip.exceeds(self.limits.chip) || readings.board.exceeds(self.limits.board);
        (worst.fatal || is_hot).then_some(worst.what)
    }

    /// Takes what the sensors say; what is to be done.
    pub fn judge(&mut self, readings: &Readings, now: Instant) -> Judgement {
        if self.level.is_off() {
            return self.judge_off(readings, now);
        }
        let trust = self.trust(readings, now);
        let complaint = self.troubles.worst(readings, self.limits, trust, now);
        let before = self.level;
        match &complaint {
            Some(complaint) if complaint.fatal => self.switch_off(readings, now),
            Some(_) => self.step_down(now),
            // A fan that is at its end cannot put the thermometer to the test; less heat can.
            None if trust == Trust::Test && readings.fan_percent >= FAN_AT_ITS_END => {
                self.step_down(now);
            }
            None => self.climb(readings, trust, now),
        }
        Judgement {
            level: self.level,
            full_fan: complaint.is_some() || trust == Trust::Test || self.level.is_off(),
            notice: complaint.and_then(|complaint| self.told(before, &complaint)),
        }
    }

    fn trust(&mut self, readings: &Readings, now: Instant) -> Trust {
        let Some(celsius) = readings.chip.value() else {
            return Trust::Good;
        };
        let trust = self.watch.judge(celsius, now);
        if trust == Trust::Frozen {
            self.frozen_at = Some(celsius);
        }
        trust
    }

    fn step_down(&mut self, now: Instant) {
        self.starting = false;
        self.well_since = None;
        let due = self
            .last_step
            .is_none_or(|last| now.saturating_duration_since(last) >= Duration::from_millis(900));
        if let (Level::Run(share), true) = (self.level, due) {
            let less = (u32::from(share) * STEP_DOWN / 100) as u8;
            self.level = Level::Run(less.max(LEAST_SHARE));
            self.last_step = Some(now);
        }
    }

    /// More clock for a board that is well: quickly when it starts, with patience after trouble.
    fn climb(&mut self, readings: &Readings, trust: Trust, now: Instant) {
        let Level::Run(share) = self.level else {
            return;
        };
        let well = trust == Trust::Good
            && readings.chip != Sense::Silent
            && !readings.chip.exceeds(self.limits.chip - WELL)
            && !readings.board.exceeds(self.limits.board - WELL);
        if !well {
            self.well_since = None;
            return;
        }
        let since = *self.well_since.get_or_insert(now);
        let lasted = now.saturating_duration_since(since);
        if share < 100 && (self.starting || lasted >= CALM) {
            self.level = Level::Run((share + CLIMB).min(100));
            self.well_since = Some(now);
        } else if lasted >= FORGOTTEN {
            self.rest = FIRST_REST;
        }
    }

    fn switch_off(&mut self, readings: &Readings, now: Instant) {
        self.level = Level::Off;
        self.off_since = Some(now);
        self.well_since = None;
        self.watch.begin();
        if readings.chip.value() != self.frozen_at {
            self.frozen_at = None;
        }
    }

    /// The board could not be brought up again for what [`alarm`](Guard::alarm) said, and its voltage is off.
    pub fn interrupted(&mut self, now: Instant) {
        self.level = Level::Off;
        self.off_since = Some(now);
        self.watch.begin();
    }

    /// Without voltage: it may have it back when it has rested, is cool, and its thermometer lives.
    fn judge_off(&mut self, readings: &Readings, now: Instant) -> Judgement {
        let rested = self
            .off_since
            .is_none_or(|since| now.saturating_duration_since(since) >= self.rest);
        let fit = self.is_fit(readings);
        let notice = (rested && fit).then(|| self.resume());
        Judgement {
            level: self.level,
            full_fan: readings
                .chip
                .value()
                .is_none_or(|celsius| celsius > self.limits.resume),
            notice,
        }
    }

    /// A sensor that was frozen lives when it has noticed that the power is off.
    fn is_fit(&self, readings: &Readings) -> bool {
        let cool = match readings.chip {
            Sense::Absent => true,
            Sense::Silent => false,
            Sense::Value(celsius) => {
                celsius <= self.limits.resume
                    && self.frozen_at.is_none_or(|at| (at - celsius).abs() > 0.2)
            }
        };
        cool && readings.amps != Sense::Silent
            && readings.board != Sense::Silent
            && readings.power_fault.is_none()
            && !readings.board.exceeds(self.limits.board - WELL)
    }

    fn resume(&mut self) -> String {
        self.rest = (self.rest * 2).min(LONGEST_REST);
        let (limits, rest) = (self.limits, self.rest);
        *self = Self::new(limits);
        self.rest = rest;
        // Trouble is not forgotten: the clock comes back slowly.
        self.starting = false;
        "core voltage on again".to_owned()
    }

    fn told(&self, before: Level, complaint: &Complaint) -> Option<String> {
        let what = &complaint.what;
        match (before, self.level) {
            (Level::Run(_), Level::Off) => Some(format!("{what}: core voltage switched off")),
            (Level::Run(more), Level::Run(less)) if less < more => {
                Some(format!("{what}: clock lowered to {less}%"))
            }
            _ => None,
        }
    }
}
