//! What is wrong with a board: each kind of trouble with the time that it has lasted, and whether the voltage must go at once.

use std::time::{Duration, Instant};

use super::freeze::Trust;
use super::{Limits, Readings, Sense};

/// Above the limit by so many kelvin, the voltage goes off at once.
const CRITICAL: f32 = 5.0;
/// Above the limit by this factor, a current switches off at once.
const SURGE: f32 = 1.2;
/// How long anything may be above its limit before the voltage goes off.
const TOO_LONG: Duration = Duration::from_secs(20);
/// How long a current may.
const OVER_CURRENT: Duration = Duration::from_secs(3);
/// How long a sensor may be silent before the clock is lowered, and before the voltage goes off.
const SILENT: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(10));
/// How long a fan may stand before the clock is lowered.
const FAN_STANDS: Duration = Duration::from_secs(5);
/// A fan that is driven less than this may stand.
const FAN_DRIVEN: u8 = 20;

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Complaint {
    pub(super) what: String,
    /// Whether the voltage must go at once.
    pub(super) fatal: bool,
}

/// How long each kind of trouble has lasted.
#[derive(Debug, Clone, Default)]
pub(super) struct Troubles {
    silent: Since,
    hot: Since,
    high: Since,
    standing: Since,
    /// Whether the fan was ever seen turning: some have no tachometer.
    has_turned: bool,
}

/// Since when something has been otherwise than it should.
#[derive(Debug, Clone, Copy, Default)]
struct Since(Option<Instant>);

impl Since {
    /// How long it has been bad.
    fn update(&mut self, good: bool, now: Instant) -> Option<Duration> {
        if good {
            self.0 = None;
            return None;
        }
        let since = *self.0.get_or_insert(now);
        Some(now.saturating_duration_since(since))
    }
}

impl Troubles {
    /// The worst of what is wrong. Every duration is brought up to date, whatever is found.
    pub(super) fn worst(
        &mut self,
        readings: &Readings,
        limits: Limits,
        trust: Trust,
        now: Instant,
    ) -> Option<Complaint> {
        let complaints = [
            readings
                .power_fault
                .map(|fault| fatal(format!("the regulator says {fault}"))),
            (trust == Trust::Frozen)
                .then(|| fatal("its thermometer stands still whatever the fan does".to_owned())),
            self.heat(readings, limits, now),
            self.current(readings, limits.amps, now),
            self.silence(readings, now),
            self.fan(readings, now),
        ];
        let mut found: Vec<Complaint> = complaints.into_iter().flatten().collect();
        found.sort_by_key(|complaint| !complaint.fatal);
        found.into_iter().next()
    }

    fn heat(&mut self, readings: &Readings, limits: Limits, now: Instant) -> Option<Complaint> {
        let pairs = [
            (readings.chip, limits.chip, "chip"),
            (readings.board, limits.board, "regulator"),
        ];
        let above = |(sense, limit, name): (Sense, f32, &'static str)| {
            let celsius = sense.value().filter(|celsius| *celsius > limit)?;
            Some((celsius, limit, name))
        };
        let hot = pairs.into_iter().filter_map(above);
        let worst =
            hot.max_by(|(one, limit, _), (other, its, _)| (one - limit).total_cmp(&(other - its)));
        let lasted = self.hot.update(worst.is_none(), now);
        let (celsius, limit, name) = worst?;
        Some(Complaint {
            what: format!("{name} at {celsius:.1} C, above {limit:.0} C"),
            fatal: celsius > limit + CRITICAL || lasted > Some(TOO_LONG),
        })
    }

    fn current(&mut self, readings: &Readings, limit: f32, now: Instant) -> Option<Complaint> {
        let high = readings.amps.exceeds(limit);
        let lasted = self.high.update(!high, now);
        let amps = readings.amps.value().filter(|_| high)?;
        Some(Complaint {
            what: format!("{amps:.1} A, above {limit:.1} A"),
            fatal: amps > limit * SURGE || lasted >= Some(OVER_CURRENT),
        })
    }

    /// A sensor that should be there and says nothing is as bad as what it should have told.
    fn silence(&mut self, readings: &Readings, now: Instant) -> Option<Complaint> {
        let sensors = [
            (readings.chip, "thermometer"),
            (readings.board, "regulator's thermometer"),
            (readings.amps, "current meter"),
        ];
        let silent = sensors
            .into_iter()
            .find(|(sense, _)| *sense == Sense::Silent);
        let lasted = self.silent.update(silent.is_none(), now)?;
        let (_, name) = silent?;
        (lasted >= SILENT.0).then(|| Complaint {
            what: format!("its {name} has been silent for {} s", lasted.as_secs()),
            fatal: lasted >= SILENT.1,
        })
    }

    fn fan(&mut self, readings: &Readings, now: Instant) -> Option<Complaint> {
        let rpm = readings.rpm.value();
        self.has_turned |= rpm.is_some_and(|rpm| rpm > 0.0);
        let stands = rpm == Some(0.0) && self.has_turned && readings.fan_percent >= FAN_DRIVEN;
        let lasted = self.standing.update(!stands, now)?;
        (lasted >= FAN_STANDS).then(|| Complaint {
            what: format!("its fan stands, driven at {}%", readings.fan_percent),
            fatal: false,
        })
    }
}

fn fatal(what: String) -> Complaint {
    Complaint { what, fatal: true }
}
