//! What the telemetry says, and what follows from it for clock, voltage and fan.

use std::time::{Duration, Instant};

use super::driver::Gekko;
use super::settings::Settings;
use super::telemetry::{Heard, Reading};
use crate::board::safety::{FanControl, Guard, Level, Limits, Readings, Sense};
use crate::board::{BoardError, BoardEvent, Telemetry as Values};

/// How often the sensors are asked, and the judge.
const EVERY: Duration = Duration::from_secs(1);
/// How long a reading counts.
const FRESH: Duration = Duration::from_millis(1500);
/// Chips that were switched off stay off until they have cooled to this (section 13), degrees Celsius.
const RESUME: f32 = 30.0;
/// Percent of the clock that a watched chain is brought up with: as slow as the judge ever makes it, until the sensors have seen what heat
/// comes of it.
pub(super) const GENTLEST: u8 = 25;
/// By what part the core voltage may be off, and by what beside that a reading may be, volts.
const OTHER_VOLTAGE: f32 = 0.1;
const VOLTAGE_CODE: f32 = 0.008;
/// How long after a change of the core voltage readings still show the one before.
const SHOWS_AFTER: Duration = Duration::from_secs(2);
/// Chips this near their limit are not switched on, kelvin.
const NEAR: f32 = 10.0;

/// The judge over a stick, and its fan.
pub(super) struct Watch {
    guard: Guard,
    level: Level,
    fan: FanControl,
    /// What the user wants it driven at, percent.
    drive: Option<u8>,
    /// What the fan was last told.
    percent: u8,
    max: f32,
    /// The core voltage that was set, volts, and from when on readings show it.
    volts: Option<f32>,
    shows_from: Instant,
    heard: Option<(Reading, Instant)>,
    next: Instant,
}

/// What a judgement asks of the driver.
pub(super) struct Verdict {
    level: Level,
    fan: u8,
    notice: Option<String>,
}

impl Watch {
    /// `amps`: what the board may draw at its input.
    pub(super) fn new(settings: &Settings, amps: f32, now: Instant) -> Self {
        let guard = Guard::new(Limits {
            chip: settings.max_celsius,
            board: f32::INFINITY,
            amps,
            resume: RESUME,
        });
        Self {
            level: Level::Run(GENTLEST),
            guard,
            fan: FanControl::new(settings.target_celsius),
            drive: settings.fan,
            percent: 100,
            max: settings.max_celsius,
            volts: settings
                .millivolts
                .map(|millivolts| millivolts as f32 / 1000.0),
            shows_from: now,
            heard: None,
            next: now,
        }
    }

    /// Why chips must not be switched on.
    pub(super) fn forbids(&self, reading: &Reading) -> Option<String> {
        let limit = self.max - NEAR;
        match reading.celsius {
            None => Some("the temperature sensor says nothing that makes sense".to_owned()),
            Some(celsius) if celsius as f32 >= limit => Some(format!(
                "{celsius:.0} C; the chips start below {limit:.0} C"
            )),
            Some(_) => None,
        }
    }

    /// When it wants to judge again.
    pub(super) fn due(&self) -> Instant {
        self.next
    }

    /// The chips go on: what was read before says nothing of what comes.
    pub(super) fn begin(&mut self) {
        self.heard = None;
    }

    /// The core voltage is another one from `now` on.
    pub(super) fn set_volts(&mut self, volts: f32, now: Instant) {
        self.volts = Some(volts);
        self.shows_from = now + SHOWS_AFTER;
    }

    /// Asked as often as the judge: why chips that are being brought up must not be brought up further, by the newest reading.
    pub(super) fn alarm(&mut self, now: Instant) -> Option<String> {
        self.next = now + EVERY;
        let readings = self.readings(now);
        self.guard.alarm(&readings, now)
    }

    /// Chips that were to go on again are off for what the sensors said meanwhile.
    pub(super) fn interrupted(&mut self, now: Instant) {
        self.guard.interrupted(now);
        self.level = Level::Off;
    }

    /// The share of their clock that the chips may have, percent; `None`: they are off.
    pub(super) fn share(&self) -> Option<u8> {
        match self.level {
            Level::Run(share) => Some(share),
            Level::Off => None,
        }
    }

    /// Whether the chips may have all of their clock.
    pub(super) fn is_at_ease(&self) -> bool {
        self.share() == Some(100)
    }

    /// A reading has come.
    pub(super) fn heard(&mut self, reading: Reading, now: Instant) {
        self.heard = Some((reading, now));
    }

    /// What the sensors say; a reading that is too old says nothing.
    fn readings(&self, now: Instant) -> Readings {
        let fresh = self
            .heard
            .as_ref()
            .filter(|(_, at)| now.saturating_duration_since(*at) <= FRESH)
            .map(|(reading, _)| reading);
        let celsius = fresh.and_then(|reading| reading.celsius);
        let rpm = fresh.and_then(|reading| reading.fan_rpm);
        let amps = fresh.and_then(|reading| reading.input_current);
        Readings {
            chip: celsius.map_or(Sense::Silent, |celsius| Sense::Value(celsius as f32)),
            rpm: rpm.map_or(Sense::Absent, |rpm| Sense::Value(rpm as f32)),
            // Not every controller measures it; one that is silent has no temperature either.
            amps: amps.map_or(Sense::Absent, |amps| Sense::Value(amps as f32)),
            power_fault: fresh
                .filter(|_| now >= self.shows_from)
                .and_then(|reading| self.power_fault(reading)),
            fan_percent: self.percent,
            ..Readings::default()
        }
    }

    /// A regulator that makes another voltage than it was told.
    fn power_fault(&self, reading: &Reading) -> Option<&'static str> {
        let set = self.volts.filter(|_| !self.level.is_off())?;
        let made = reading.core_voltage.map(|volts| volts as f32);
        let is_other = |made: f32| (made - set).abs() > OTHER_VOLTAGE * set + VOLTAGE_CODE;
        made.filter(|made| is_other(*made))
            .map(|_| "another core voltage than was set")
    }

    fn judge(&mut self, now: Instant) -> Verdict {
        self.next = now + EVERY;
        let readings = self.readings(now);
        let judgement = self.guard.judge(&readings, now);
        let by_heat = self.fan.step(readings.chip.value(), EVERY);
        self.percent = match self.drive {
            _ if judgement.full_fan => 100,
            Some(percent) => percent,
            None => by_heat,
        };
        Verdict {
            level: judgement.level,
            fan: self.percent,
            notice: judgement.notice,
        }
    }
}

impl Gekko {
    /// Goes on with the conversation, and judges when it is time.
    pub(super) fn look_at_telemetry(&mut self) -> Result<(), BoardError> {
        let now = crate::board::Board::now(self);
        let (Some(telemetry), Some(watch)) = (&mut self.telemetry, &mut self.watch) else {
            return Ok(());
        };
        if let Some(Heard::Reading(reading)) = telemetry.turn()? {
            watch.heard(reading.clone(), now);
            let values = self.with_reading(&reading);
            self.tune(&values, now)?;
            self.said.push_back(BoardEvent::Telemetry(values));
            return Ok(());
        }
        if now < watch.due() {
            return Ok(());
        }
        telemetry.request_reading();
        let before = watch.level;
        let verdict = watch.judge(now);
        watch.level = verdict.level;
        self.drive_fan(verdict.fan);
        self.follow(before, verdict)
    }

    fn follow(&mut self, before: Level, verdict: Verdict) -> Result<(), BoardError> {
        match (before, verdict.level) {
            (one, other) if one == other => {
                self.said.extend(verdict.notice.map(BoardEvent::Notice));
                Ok(())
            }
            (_, Level::Off) => self.switch_off(verdict.notice.unwrap_or_default()),
            (Level::Off, Level::Run(share)) => {
                self.switch_on(verdict.notice.unwrap_or_default())?;
                self.slow_to(share)
            }
            (Level::Run(_), Level::Run(share)) => {
                self.said.extend(verdict.notice.map(BoardEvent::Notice));
                self.slow_to(share)
            }
        }
    }

    /// Runs the chips at `share` percent of the clock that the user wants.
    pub(super) fn slow_to(&mut self, share: u8) -> Result<(), BoardError> {
        let mhz = self.clock_at(share);
        if let Some(chain) = &mut self.chain {
            chain.set_clock(mhz)?;
        }
        Ok(())
    }

    fn with_reading(&self, reading: &Reading) -> Values {
        let percent = self.watch.as_ref().map(|watch| watch.percent);
        Values {
            chip_temperature: reading.celsius.map(|celsius| celsius as f32),
            core_voltage: reading.core_voltage.map(|volts| volts as f32),
            input_voltage: reading.input_voltage.map(|volts| volts as f32),
            power: reading.watts().map(|watts| watts as f32),
            fan_percent: percent.filter(|_| self.member.fan),
            fan_rpm: reading.fan_rpm,
            ..self.values()
        }
    }
}
