//! The options of one emulated board.

use std::time::Duration;

use super::Firmware;
use crate::board::bitaxe::kind::Kind;
use crate::board::bitaxe::settings::Settings;
use crate::board::chain::chain_faults;
use crate::board::options::problem;
use crate::board::{BoardError, BoardOptions};
use crate::chip::bm13xx::emulator::ChainFaults;

/// When things go wrong, counted from the board's first moment, and how long they stay so.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Mishaps {
    pub(super) sensor_freezes: Option<Duration>,
    pub(super) sensor_silent: Option<Duration>,
    pub(super) fan_stops: Option<Duration>,
    pub(super) over_current: Option<Duration>,
    pub(super) control_silent: Option<Duration>,
    pub(super) supply_sags: Option<Duration>,
    lasting: Option<Duration>,
}

impl Mishaps {
    /// Whether a mishap that begins at `begins` is on at `age`.
    pub(super) fn is_on(&self, begins: Option<Duration>, age: Duration) -> bool {
        begins.is_some_and(|begins| {
            age >= begins && self.lasting.is_none_or(|lasting| age < begins + lasting)
        })
    }
}

/// What the user said about an emulated board, defaults filled in.
#[derive(Debug, Clone)]
pub(in crate::board) struct Setup {
    pub(super) firmware: Option<Firmware>,
    /// Whether the controller drives the fan when it is told to, as old firmware does.
    pub(super) has_fan_page: bool,
    /// Whether an EMC2103 drives the fan, as on the Turbo boards (section 15), instead of an EMC2101.
    pub(super) has_emc2103: bool,
    /// Whether a TPS546 makes the core voltage, as on the newer boards of each kind, or a DS4432U bends it; `None`: as most have it.
    pub(super) has_tps546: Option<bool>,
    pub(super) ambient: f32,
    /// Hashes a second at the stock clock; `None`: as many as `zero_bits` make up for.
    pub(super) rate: Option<f64>,
    pub(super) zero_bits: u32,
    pub(super) seed: u64,
    pub(super) mishaps: Mishaps,
    pub(super) chain: ChainFaults,
}

impl Setup {
    /// Reads `options` for an emulator of `kind`; the driver's are checked, too.
    pub(super) fn parse(kind: &Kind, options: &BoardOptions) -> Result<Self, BoardError> {
        options.only(super::super::OPTIONS.iter().map(|option| option.key))?;
        Settings::parse(&[kind], options)?;
        Ok(Self {
            rate: options.rate("rate")?,
            firmware: firmware(options)?,
            has_fan_page: options.text("firmware") == Some(OLD),
            has_emc2103: choice(options, "fan-driver", ["emc2103", "emc2101"])? == Some(true),
            has_tps546: choice(options, "regulator", ["tps546", "ds4432u"])?,
            ambient: options.within("ambient", -20.0..=60.0, 25.0)?,
            zero_bits: options.within("zero-bits", 1..=32, 13)?,
            seed: options.get("seed")?.unwrap_or(0),
            mishaps: Mishaps {
                sensor_freezes: options.seconds("fault-sensor-freezes")?,
                sensor_silent: options.seconds("fault-sensor-silent")?,
                fan_stops: options.seconds("fault-fan-stops")?,
                over_current: options.seconds("fault-over-current")?,
                control_silent: options.seconds("fault-control-silent")?,
                supply_sags: options.seconds("fault-supply-sags")?,
                lasting: options.seconds("fault-lasting")?,
            },
            chain: chain(kind, options)?,
        })
    }
}

/// The name of a v0 firmware that has a page for the fan.
const OLD: &str = "old";

fn firmware(options: &BoardOptions) -> Result<Option<Firmware>, BoardError> {
    match options.text("firmware") {
        None => Ok(None),
        Some("v0" | OLD) => Ok(Some(Firmware::V0)),
        Some("v1") => Ok(Some(Firmware::V1)),
        Some(text) => Err(problem("firmware", text, "must be v0, v1 or old")),
    }
}

fn chain(kind: &Kind, options: &BoardOptions) -> Result<ChainFaults, BoardError> {
    let dies = options.seconds("fault-chip-dies")?;
    Ok(ChainFaults {
        dies: dies.map(|time| (kind.chips - 1, time)),
        ..chain_faults(options)?
    })
}

/// A choice of two parts; `None`: as boards of the kind usually have it.
fn choice(
    options: &BoardOptions,
    key: &str,
    [one, other]: [&str; 2],
) -> Result<Option<bool>, BoardError> {
    match options.text(key) {
        None => Ok(None),
        Some(text) if text == one => Ok(Some(true)),
        Some(text) if text == other => Ok(Some(false)),
        Some(text) => Err(problem(key, text, &format!("must be {one} or {other}"))),
    }
}
