//! The options of a board in the types of its driver.

use std::time::Duration;

use crate::board::{BoardError, BoardOptions, OptionHelp};

/// Line speed of the bitstreams in `hdl/boards`.
pub(super) const BAUD: u32 = 115_200;

/// Zero bits of the nonces that a board reports unless told otherwise.
const ZERO_BITS: u32 = 32;

/// How long hardware may take to answer.
const PATIENCE: Duration = Duration::from_millis(250);

/// How long a simulated core may take, which lives as fast as the machine lets it.
const SIMULATION_PATIENCE: Duration = Duration::from_secs(5);

/// What a driver takes.
pub(super) const DRIVER_OPTIONS: [OptionHelp; 3] = [
    OptionHelp {
        key: "baud",
        about: "line speed, 300 to 12000000; default 115200, as the bitstreams in hdl/boards have it",
    },
    OptionHelp {
        key: "zero-bits",
        about: "zero bits of the nonces that the board reports, 8 to 32; default 32",
    },
    OptionHelp {
        key: "work-interval",
        about: "seconds after which the board goes on to fresh work, 1 to 3600; default 30",
    },
];

/// What the user said about a board, defaults filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) baud: u32,
    pub(super) zero_bits: u32,
    pub(super) work_interval: Duration,
    /// How long the core may take to answer, beside the time on the line.
    pub(super) patience: Duration,
}

impl Settings {
    /// Reads `options` for a driver of a model that takes `known`.
    pub(super) fn parse(options: &BoardOptions, known: &[OptionHelp]) -> Result<Self, BoardError> {
        options.only(known.iter().map(|option| option.key))?;
        let seconds = options.within("work-interval", 1..=3600, 30)?;
        Ok(Self {
            baud: options.within("baud", 300..=12_000_000, BAUD)?,
            zero_bits: options.within("zero-bits", 8..=32, ZERO_BITS)?,
            work_interval: Duration::from_secs(seconds),
            patience: PATIENCE,
        })
    }

    /// The same for a simulated core, whose line has this speed.
    pub(super) fn simulated(self, baud: u32) -> Self {
        Self {
            baud,
            patience: SIMULATION_PATIENCE,
            ..self
        }
    }

    /// How long so many bytes take on the line.
    pub(super) fn line_time(&self, bytes: usize) -> Duration {
        Duration::from_secs_f64(bytes as f64 * 10.0 / f64::from(self.baud))
    }
}
