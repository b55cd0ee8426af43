//! The options of one emulated board.

use std::time::Duration;

use super::Firmware;
use crate::board::bitaxe::kind::Kind;
use crate::board::bitaxe::settings::{Settings, problem};
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
    pub(super) ambient: f32,
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
        options.rate("rate")?;
        Ok(Self {
            firmware: firmware(options)?,
            ambient: options.within("ambient", -20.0..=60.0, 25.0)?,
            zero_bits: options.within("zero-bits", 1..=32, 13)?,
            seed: options.get("seed")?.unwrap_or(0),
            mishaps: Mishaps {
                sensor_freezes: seconds(options, "fault-sensor-freezes")?,
                sensor_silent: seconds(options, "fault-sensor-silent")?,
                fan_stops: seconds(options, "fault-fan-stops")?,
                over_current: seconds(options, "fault-over-current")?,
                control_silent: seconds(options, "fault-control-silent")?,
                supply_sags: seconds(options, "fault-supply-sags")?,
                lasting: seconds(options, "fault-lasting")?,
            },
            chain: chain(kind, options)?,
        })
    }
}

fn chain(kind: &Kind, options: &BoardOptions) -> Result<ChainFaults, BoardError> {
    let chance = |key| options.within(key, 0.0..=1.0, 0.0);
    let dies = seconds(options, "fault-chip-dies")?;
    Ok(ChainFaults {
        drop: chance("fault-drop")?,
        flip: chance("fault-flip")?,
        duplicate: chance("fault-duplicate")?,
        dies: dies.map(|time| (kind.chips - 1, time)),
        brown_out: seconds(options, "fault-brown-out")?,
        ..ChainFaults::default()
    })
}

fn firmware(options: &BoardOptions) -> Result<Option<Firmware>, BoardError> {
    match options.text("firmware") {
        None => Ok(None),
        Some("v0") => Ok(Some(Firmware::V0)),
        Some("v1") => Ok(Some(Firmware::V1)),
        Some(other) => Err(problem("firmware", other, "must be v0 or v1")),
    }
}

fn seconds(options: &BoardOptions, key: &str) -> Result<Option<Duration>, BoardError> {
    let value = options.within(key, 0.0..=1e6, 0.0)?;
    Ok(options.text(key).map(|_| Duration::from_secs_f64(value)))
}
