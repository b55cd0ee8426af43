//! The options of one emulated stick.

use std::time::Duration;

use crate::board::chain::chain_faults;
use crate::board::gekko::member::Member;
use crate::board::gekko::settings::{self, Settings};
use crate::board::options::problem;
use crate::board::{BoardError, BoardOptions};
use crate::chip::bm13xx::emulator::EmulatedChain;

/// What the user said about a stick, defaults filled in.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) chain: EmulatedChain,
    pub(super) has_fan: bool,
    /// The controller's version, a half byte a digit.
    pub(super) version: u8,
    /// When the controller falls silent.
    pub(super) mute: Option<Duration>,
    /// When its readings stand still.
    pub(super) frozen: Option<Duration>,
    /// When the fan stops.
    pub(super) fan_stops: Option<Duration>,
    /// When the board begins to draw too much.
    pub(super) over_current: Option<Duration>,
    /// When the regulator's output falls by a third.
    pub(super) slump: Option<Duration>,
}

impl Setup {
    /// Reads `options` for an emulator of `member`. The driver's keys are held to the driver's limits: settings are checked by making an
    /// emulator of them.
    pub(super) fn parse(member: &Member, options: &BoardOptions) -> Result<Self, BoardError> {
        options.only(member.options.iter().map(|option| option.key))?;
        Settings::parse(member, options)?;
        let version = if member.fan { 0x30 } else { 0x20 };
        Ok(Self {
            chain: chain(member, options)?,
            has_fan: member.fan,
            version: self::version(options)?.unwrap_or(version),
            mute: options.seconds("fault-mute")?,
            frozen: options.seconds("fault-frozen")?,
            fan_stops: options.seconds("fault-fan")?,
            over_current: options.seconds("fault-over-current")?,
            slump: options.seconds("fault-regulator")?,
        })
    }
}

fn chain(member: &Member, options: &BoardOptions) -> Result<EmulatedChain, BoardError> {
    let mut chain = settings::emulated(member, options)?;
    if let Some(core) = member.core {
        chain.stock_voltage = f64::from(core.millivolts.stock) / 1000.0;
    }
    chain.seed = options.get("seed")?.unwrap_or(0);
    chain.cooling.ambient = options.within("ambient", -20.0..=90.0, chain.cooling.ambient)?;
    chain.faults = chain_faults(options)?;
    let dies = options.pair("fault-dies")?;
    chain.faults.dies = dies.map(|(chip, at)| (chip, Duration::from_secs(u64::from(at))));
    Ok(chain)
}

fn version(options: &BoardOptions) -> Result<Option<u8>, BoardError> {
    let Some(text) = options.text("telemetry") else {
        return Ok(None);
    };
    match text {
        "10" => Ok(Some(0x10)),
        "20" => Ok(Some(0x20)),
        "21" => Ok(Some(0x21)),
        "30" => Ok(Some(0x30)),
        other => Err(problem("telemetry", other, "expected 10, 20, 21 or 30")),
    }
}
