//! The look after a board, once a second: sensors, guard, fan, clock, voltage, tuner, telemetry.

use std::time::Instant;

use super::driver::{Bitaxe, CHECK};
use super::measured::Measured;
use super::parts::Light;
use crate::board::safety::{Judgement, Level};
use crate::board::{Board, BoardError, BoardEvent, Telemetry};
use crate::chip::bm13xx::Chain;
use crate::chip::bm13xx::tuner::Point;
use crate::units::Hashrate;

/// A difference of clocks that is worth a ramp, MHz.
const WORTH: f64 = 1.0;

impl Bitaxe {
    /// Looks after the board. What there is to tell is in `news`.
    pub(super) fn check(&mut self) -> Result<(), BoardError> {
        let now = self.now();
        let mut measured = self.parts.measure()?;
        if self.chain.is_some() {
            measured.expect_voltage(self.millivolts);
        }
        self.chip = measured.readings.chip;
        let judgement = self.guard.judge(&measured.readings, now);
        self.notice(&judgement);
        self.drive_fan(&measured, &judgement, now)?;
        self.obey(&judgement, &measured)?;
        self.tell(&measured);
        self.last_check = Some(now);
        // Measured from the end: a slow controller must not take the board's whole time.
        self.next_check = self.now() + CHECK;
        Ok(())
    }

    fn notice(&mut self, judgement: &Judgement) {
        if let Some(words) = &judgement.notice {
            self.news.push_back(BoardEvent::Notice(words.clone()));
        }
    }

    /// A fan that cannot be set is the guard's business as soon as it stands or the chips get hot.
    fn drive_fan(
        &mut self,
        measured: &Measured,
        judgement: &Judgement,
        now: Instant,
    ) -> Result<(), BoardError> {
        let time = self
            .last_check
            .map_or(CHECK, |last| now.saturating_duration_since(last));
        let by_heat = self.fan.step(measured.readings.chip.value(), time);
        let percent = match self.settings.fan {
            _ if judgement.full_fan => 100,
            Some(fixed) => fixed,
            None => by_heat,
        };
        match self.parts.set_fan(percent) {
            Err(error) if error.is_gone() => Err(error.into()),
            Err(error) => {
                tracing::debug!(%error, "fan");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn obey(&mut self, judgement: &Judgement, measured: &Measured) -> Result<(), BoardError> {
        match (judgement.level, self.chain.is_some()) {
            (Level::Off, true) => self.switch_off(),
            (Level::Off, false) => self.insist(measured),
            (Level::Run(_), false) => self.switch_on(),
            (Level::Run(share), true) => {
                self.mend()?;
                self.follow_clock()?;
                self.follow_voltage()?;
                self.tune(share, measured)
            }
        }
    }

    /// The voltage goes first of all that can be told; the rest waits until there is time again.
    fn switch_off(&mut self) -> Result<(), BoardError> {
        let cut = self.cut();
        self.news.push_back(BoardEvent::Rate(Hashrate::ZERO));
        match cut {
            Err(error) if error.is_gone() => Err(error),
            // The chips were told to stand still by their own line; it is tried again every second.
            Err(error) => {
                let words = format!("switching off failed: {error}");
                self.news.push_back(BoardEvent::Notice(words));
                Ok(())
            }
            Ok(()) => {
                self.parts.light(Light::Resting);
                Ok(())
            }
        }
    }

    /// A board that could not be switched off, or makes a voltage again, is told again; what its regulator complains of it may forget,
    /// so that the next look shows what still lasts.
    fn insist(&mut self, measured: &Measured) -> Result<(), BoardError> {
        let told = if self.is_cut && !self.parts.is_awake(measured) {
            self.parts.clear_faults().map_err(BoardError::from)
        } else {
            self.cut()
        };
        match told {
            Err(error) if error.is_gone() => Err(error),
            _ => Ok(()),
        }
    }

    /// Parts are told everything anew: what switched the board off may have made them forget.
    fn switch_on(&mut self) -> Result<(), BoardError> {
        self.is_cut = false;
        let kind = self.kind();
        self.parts.find(kind)?;
        let chain = match self.start_chain() {
            Err(BoardError::Unsafe(why)) => return self.rest_again(&why),
            chain => chain?,
        };
        self.news.push_back(BoardEvent::Rate(chain.nominal()));
        self.news
            .push_back(BoardEvent::Threshold(chain.threshold()));
        self.chain = Some(chain);
        Ok(())
    }

    /// Brings a chain up anew that finds too little.
    fn mend(&mut self) -> Result<(), BoardError> {
        let words = self.chain.as_ref().and_then(|chain| self.mending.of(chain));
        let Some(words) = words else {
            return Ok(());
        };
        self.news.push_back(BoardEvent::Notice(words));
        self.cut()?;
        self.switch_on()
    }

    /// What was wrong with the board is so again, or something else is: it waits for the next time.
    fn rest_again(&mut self, why: &str) -> Result<(), BoardError> {
        self.guard.interrupted(self.now());
        let words = format!("{why}: core voltage switched off");
        self.news.push_back(BoardEvent::Notice(words));
        self.switch_off()
    }

    /// Brings the clock to what the guard allows.
    fn follow_clock(&mut self) -> Result<(), BoardError> {
        let wish = self.allowed_mhz();
        match &mut self.chain {
            Some(chain) if (chain.goal_mhz() - wish).abs() > WORTH => {
                chain.set_clock(wish)?;
                let now = self.now();
                self.tuning.iter_mut().for_each(|tuning| tuning.forget(now));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn tune(&mut self, share: u8, measured: &Measured) -> Result<(), BoardError> {
        let now = self.now();
        let (Some(tuning), Some(chain)) = (&mut self.tuning, &self.chain) else {
            return Ok(());
        };
        if share < 100 || !self.has_work || chain.busy() < 1.0 {
            tuning.forget(now);
            return Ok(());
        }
        let per_second = chain.nominal().get() / chain.threshold().expected_hashes();
        let (celsius, watts) = (measured.readings.chip.value(), measured.power.watts);
        let Some((point, words)) = tuning.ask(celsius, watts, per_second, now) else {
            return Ok(());
        };
        self.news.extend(words.map(BoardEvent::Notice));
        self.go(point)
    }

    /// Voltage first on the way up, clock first on the way down.
    fn go(&mut self, point: Point) -> Result<(), BoardError> {
        let before = std::mem::replace(&mut self.point, point);
        if point.millivolts > before.millivolts {
            self.set_voltage(point.millivolts)?;
        }
        self.follow_clock()?;
        self.follow_voltage()
    }

    /// Lowers the voltage to what is wanted, once the clock is there.
    fn follow_voltage(&mut self) -> Result<(), BoardError> {
        let is_there = |chain: &Chain| chain.clock_mhz() <= chain.goal_mhz();
        if self.millivolts > self.point.millivolts && self.chain.as_ref().is_some_and(is_there) {
            self.set_voltage(self.point.millivolts)?;
        }
        Ok(())
    }

    fn tell(&mut self, measured: &Measured) {
        let (readings, power) = (measured.readings, measured.power);
        let fan_rpm = readings.rpm.value().map(|rpm| rpm as u32);
        self.news.push_back(BoardEvent::Telemetry(Telemetry {
            chip_temperature: readings.chip.value(),
            board_temperature: readings.board.value(),
            core_voltage: power.core_volts,
            input_voltage: power.input_volts,
            power: power.watts,
            fan_percent: self.parts.fan(),
            fan_rpm,
            clock: Some(self.chain.as_ref().map_or(0.0, Chain::clock_mhz) as f32),
            chips: Some(self.chain.as_ref().map_or(0, Chain::chips)),
        }));
    }
}
