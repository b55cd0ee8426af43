//! The walk to the best clock and core voltage, on the sticks whose voltage the host sets.

use std::time::Instant;

use super::driver::{Gekko, VOLTAGE, VOLTAGE_STEP};
use super::watch::Watch;
use crate::board::bitaxe::Tuning;
use crate::board::{BoardError, BoardEvent, Telemetry as Values};
use crate::chip::bm13xx::Chain;
use crate::chip::bm13xx::tuner::{Bounds, Point};

/// Below the temperature that costs clock, kelvin: there the walk goes no further up.
const COOLER: f32 = 3.0;

impl Gekko {
    /// Takes up the walk, or goes where the last one ended, before the board is started.
    pub(super) fn begin_tuning(&mut self, serial: Option<&str>) {
        let (Some(goal), Some(core), Some(millivolts)) = (
            self.settings.tune,
            self.member.core,
            self.settings.millivolts,
        ) else {
            return;
        };
        let start = Point {
            clock_mhz: self.settings.chain.clock_mhz,
            millivolts,
        };
        let bounds = Bounds {
            clock_mhz: (self.member.mhz.least, self.member.mhz.most),
            millivolts: (core.millivolts.least, core.millivolts.most),
            celsius: f64::from(self.settings.max_celsius - COOLER),
            watts: f64::INFINITY,
        };
        let (folder, now) = (
            self.settings.state_dir.as_deref(),
            crate::board::Board::now(self),
        );
        let tuning = Tuning::walk(goal, bounds, start, folder, serial, now);
        let Point {
            clock_mhz,
            millivolts,
        } = tuning.point();
        self.settings.chain.clock_mhz = clock_mhz;
        self.settings.millivolts = Some(millivolts);
        self.tuning = Some(tuning);
    }

    /// Counts what the chain says for the walk.
    pub(super) fn count(&mut self, event: &BoardEvent) {
        if let (Some(tuning), Some(chain)) = (&mut self.tuning, &self.chain) {
            tuning.hear(event, &chain.threshold());
        }
    }

    /// Goes on with the walk, with what the sensors say.
    pub(super) fn tune(&mut self, values: &Values, now: Instant) -> Result<(), BoardError> {
        self.follow_voltage(now);
        let at_ease = self.watch.as_ref().is_some_and(Watch::is_at_ease);
        let (Some(tuning), Some(chain)) = (&mut self.tuning, &self.chain) else {
            return Ok(());
        };
        if !at_ease || !self.has_work || chain.busy() < 1.0 {
            tuning.forget(now);
            return Ok(());
        }
        let per_second = chain.nominal().get() / chain.threshold().expected_hashes();
        let asked = tuning.ask(values.chip_temperature, values.power, per_second, now);
        let Some((point, words)) = asked else {
            return Ok(());
        };
        self.said.extend(words.map(BoardEvent::Notice));
        self.go(point, now)
    }

    /// Voltage first on the way up, clock first on the way down.
    fn go(&mut self, point: Point, now: Instant) -> Result<(), BoardError> {
        self.settings.chain.clock_mhz = point.clock_mhz;
        let before = self.settings.millivolts.replace(point.millivolts);
        if before < Some(point.millivolts) {
            self.set_voltage(point.millivolts, now);
        }
        self.slow_to(100)?;
        self.follow_voltage(now);
        Ok(())
    }

    /// Lowers the voltage to what is wanted, once the clock is there.
    fn follow_voltage(&mut self, now: Instant) {
        let is_there = |chain: &Chain| chain.clock_mhz() <= chain.goal_mhz();
        let Some(wanted) = self.settings.millivolts else {
            return;
        };
        if self.set_millivolts > wanted && self.chain.as_ref().is_some_and(is_there) {
            self.set_voltage(wanted, now);
        }
    }

    fn set_voltage(&mut self, millivolts: u32, now: Instant) {
        self.set_millivolts = millivolts;
        if let Some(telemetry) = &mut self.telemetry {
            telemetry.request([VOLTAGE, (millivolts / VOLTAGE_STEP) as u8]);
        }
        if let Some(watch) = &mut self.watch {
            watch.set_volts(millivolts as f32 / 1000.0, now);
        }
    }
}
