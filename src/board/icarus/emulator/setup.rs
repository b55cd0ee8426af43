//! The options of one emulated device.

use super::faults::FaultSetup;
use crate::board::icarus::frames::JobFormat;
use crate::board::icarus::params::{AfterFind, Member};
use crate::board::icarus::settings::{self, Slices};
use crate::board::icarus::{SIMULATED_RATE, SIMULATED_ZERO_BITS};
use crate::board::{BoardError, BoardOptions};

/// What the user said about a device, defaults filled in.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    /// Line speed of its UART.
    pub(super) baud: u32,
    /// Hashes a second at the member's default clock.
    pub(super) rate: f64,
    pub(super) zero_bits: u32,
    pub(super) slices: u32,
    pub(super) after_find: AfterFind,
    pub(super) range_bits: u32,
    /// What it adds to its nonces.
    pub(super) nonce_offset: i64,
    pub(super) start: Option<u32>,
    pub(super) format: JobFormat,
    pub(super) faults: FaultSetup,
}

impl Setup {
    /// Reads `options` for an emulator of `member`; the driver's keys are let pass.
    pub(super) fn parse(member: &Member, options: &BoardOptions) -> Result<Self, BoardError> {
        options.only(member.options.iter().map(|option| option.key))?;
        Ok(Self {
            baud: settings::baud(member, options)?,
            rate: options.rate("rate")?.unwrap_or(SIMULATED_RATE),
            zero_bits: options.within("zero-bits", 8..=64, SIMULATED_ZERO_BITS)?,
            slices: match settings::slices(options)? {
                Slices::Given(slices) => slices,
                Slices::Unknown | Slices::Probe => member.slices,
            },
            after_find: settings::after_find(member, options)?,
            range_bits: options.within("range-bits", 18..=32, 32)?,
            nonce_offset: settings::nonce_offset(options)?.unwrap_or(0),
            start: start(options)?,
            format: settings::format(member, options)?,
            faults: faults(options)?,
        })
    }
}

fn start(options: &BoardOptions) -> Result<Option<u32>, BoardError> {
    let parse = |text: &str| {
        u32::from_str_radix(text, 16)
            .map_err(|_| settings::problem("start", text, "expected up to 8 hex digits"))
    };
    options.text("start").map(parse).transpose()
}

fn faults(options: &BoardOptions) -> Result<FaultSetup, BoardError> {
    let chance = |key| options.within(key, 0.0..=1.0, 0.0);
    Ok(FaultSetup {
        seed: options.get("seed")?.unwrap_or(0),
        drop: chance("fault-drop")?,
        double: chance("fault-double")?,
        late: chance("fault-late")?,
        duplicate: chance("fault-duplicate")?,
        wrong: chance("fault-wrong")?,
        lock_up: settings::milliseconds(options, "fault-lock-up", 1..=3_600_000)?,
        silent_after: options.get("fault-silent")?,
    })
}
