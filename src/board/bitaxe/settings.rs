//! The options of one board in the types of its driver, checked against its kind's limits.

use std::path::PathBuf;

use super::kind::{Kind, ThermometerKind};
use crate::board::options::problem;
use crate::board::span::{Limit, Span};
use crate::board::{BoardError, BoardOptions};
use crate::chip::bm13xx::tuner::Goal;

/// The chips' temperature that the fan keeps, degrees Celsius: default, least, most.
const TARGET: (f32, f32, f32) = (60.0, 35.0, 80.0);
/// The chips' temperature above which the clock is lowered.
const MAX_TEMP: (f32, f32, f32) = (75.0, 40.0, 85.0);
/// As far as `unsafe-limits` goes.
const UNSAFE_TEMP: f32 = 105.0;
/// The fan stands below this drive.
const LEAST_FAN: u8 = 20;

/// What the user said about a board, defaults filled in, before it is known which kind it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    mhz: Option<f64>,
    millivolts: Option<u32>,
    /// Drive in percent; `None`: by temperature.
    pub(super) fan: Option<u8>,
    pub(super) target_celsius: f32,
    pub(super) max_celsius: f32,
    pub(super) tune: Option<Goal>,
    /// The line speed to the chips once they are up; `None`: what the chips are usually raised to.
    baud: Option<u32>,
    pub(super) unsafe_limits: bool,
    pub(super) state_dir: Option<PathBuf>,
    /// Zero bits that the chips demand: less than 32 for emulated ones.
    pub(super) zero_bits: u32,
    /// Hashes a second of an emulated board at its stock clock.
    pub(super) rate: Option<f64>,
}

impl Settings {
    /// Reads `options`, which may be given to any of `kinds`.
    ///
    /// # Errors
    /// [`BoardError::Option`] with the board, the value and the range.
    pub(super) fn parse(kinds: &[&Kind], options: &BoardOptions) -> Result<Self, BoardError> {
        let unsafe_limits = options.flag("unsafe-limits", false)?;
        let most = if unsafe_limits {
            UNSAFE_TEMP
        } else {
            MAX_TEMP.2
        };
        let settings = Self {
            mhz: clock(kinds[0], unsafe_limits).number(options)?,
            millivolts: voltage(kinds[0], unsafe_limits).number(options)?,
            fan: options.fan(LEAST_FAN)?,
            target_celsius: options.within("target-temp", TARGET.1..=TARGET.2, TARGET.0)?,
            max_celsius: options.within("max-temp", MAX_TEMP.1..=most, MAX_TEMP.0)?,
            tune: goal(options)?,
            baud: options.get("baud")?,
            unsafe_limits,
            state_dir: options.text("state-dir").map(PathBuf::from),
            zero_bits: options.within("zero-bits", 1..=32, 32)?,
            rate: options.rate("rate")?,
        };
        settings.check_temperatures(options)?;
        check_fan(kinds, options)?;
        // It must be possible for one of them; which it is, the chip tells.
        let fits = kinds.iter().map(|kind| settings.point(kind));
        fits.reduce(Result::or).unwrap_or(Ok((0.0, 0)))?;
        let speeds = kinds.iter().map(|kind| settings.line_speed(kind));
        speeds.reduce(Result::or).unwrap_or(Ok(0))?;
        Ok(settings)
    }

    /// The line speed that a board of `kind` is raised to: the lowest that its chips have beside the one out of reset, which carries too
    /// few jobs where no versions may be rolled.
    ///
    /// # Errors
    /// [`BoardError::Option`] with the board and its speeds.
    pub(super) fn line_speed(&self, kind: &Kind) -> Result<u32, BoardError> {
        let line = kind.chip.line;
        let raised = line.raised.iter().map(|fast| fast.host_baud);
        let mut speeds = raised.clone().chain([line.reset_baud]);
        match self.baud {
            None => Ok(raised.min().unwrap_or(line.reset_baud)),
            Some(baud) if speeds.any(|speed| speed == baud) => Ok(baud),
            Some(baud) => {
                let mut all: Vec<u32> = raised.chain([line.reset_baud]).collect();
                all.sort_unstable();
                let all: Vec<String> = all.iter().map(u32::to_string).collect();
                let words = format!("a {} takes {}", kind.name, all.join(", "));
                Err(problem("baud", &baud.to_string(), &words))
            }
        }
    }

    fn check_temperatures(&self, options: &BoardOptions) -> Result<(), BoardError> {
        if self.target_celsius + 5.0 <= self.max_celsius {
            return Ok(());
        }
        let (key, text) = match options.text("max-temp") {
            Some(value) => ("max-temp", value),
            None => (
                "target-temp",
                options.text("target-temp").unwrap_or_default(),
            ),
        };
        let (target, most) = (self.target_celsius, self.max_celsius);
        let words =
            format!("target-temp ({target}) must be at least 5 degrees below max-temp ({most})");
        Err(problem(key, text, &words))
    }

    /// Clock (MHz) and voltage (millivolts) on a board of `kind`.
    ///
    /// # Errors
    /// [`BoardError::Option`] with the board, the value and the range.
    pub(super) fn point(&self, kind: &Kind) -> Result<(f64, u32), BoardError> {
        Ok((
            clock(kind, self.unsafe_limits).check(self.mhz)?,
            voltage(kind, self.unsafe_limits).check(self.millivolts)?,
        ))
    }
}

/// What the clock of a `kind` may be.
fn clock(kind: &Kind, is_lifted: bool) -> Limit<'_, f64> {
    let lifted = Span {
        most: kind.chip.clock.pll_mhz,
        ..kind.mhz
    };
    Limit {
        board: kind.name,
        key: "freq",
        unit: "MHz",
        span: if is_lifted { lifted } else { kind.mhz },
        is_lifted,
    }
}

/// What the core voltage of a `kind` may be.
fn voltage(kind: &Kind, is_lifted: bool) -> Limit<'_, u32> {
    let span = kind.millivolts;
    Limit {
        board: kind.name,
        key: "voltage",
        unit: "mV",
        span: if is_lifted {
            kind.supply.millivolts(span)
        } else {
            span
        },
        is_lifted,
    }
}

/// A fan that is not the board's cannot be driven.
fn check_fan(kinds: &[&Kind], options: &BoardOptions) -> Result<(), BoardError> {
    let has_fan = |kind: &&Kind| !matches!(kind.thermometer, ThermometerKind::Pair { .. });
    match options.text("fan") {
        Some(value) if !kinds.iter().any(has_fan) => {
            let words = format!("the fan of an {} is not driven by it", kinds[0].name);
            Err(problem("fan", value, &words))
        }
        _ => Ok(()),
    }
}

/// What the tuner is to walk to, if it is to walk. Who wants a clock or a voltage does not want to have it walked away from.
///
/// # Errors
/// [`BoardError::Option`].
pub(in crate::board) fn goal(options: &BoardOptions) -> Result<Option<Goal>, BoardError> {
    let goal = match options.text("tune") {
        None | Some("off") => return Ok(None),
        Some("efficiency") => Goal::Efficiency,
        Some("hashrate") => Goal::Hashrate,
        Some(other) => {
            let words = "must be efficiency, hashrate or off";
            return Err(problem("tune", other, words));
        }
    };
    let fixed = ["freq", "voltage"].map(|key| options.text(key).map(|value| (key, value)));
    match fixed.into_iter().flatten().next() {
        Some((key, value)) => {
            let words = "tune walks clock and voltage by itself: leave out one of the two";
            Err(problem(key, value, words))
        }
        None => Ok(Some(goal)),
    }
}
