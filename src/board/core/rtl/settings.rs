//! Which parameters the simulated core is built with.

use crate::board::{BoardError, BoardOptions, OptionHelp};

/// What the simulated core takes beside the driver's options.
pub(in super::super) const RTL_OPTIONS: [OptionHelp; 3] = [
    OptionHelp {
        key: "rate",
        about: "hashes a second of the simulated core in its own time, which sets its clock; default 500k",
    },
    OptionHelp {
        key: "stages",
        about: "0: an unrolled pipeline, a hash a clock; 1 to 64: a ring of so many rounds; default 0",
    },
    OptionHelp {
        key: "cores",
        about: "how many cores share the nonces, 1 to 16; default 1",
    },
];

/// Hashes a second unless told otherwise: what one thread of a usual machine simulates with room to spare.
const RATE: f64 = 500e3;
/// Clocks of a bit on the simulated line.
const CLOCKS_PER_BIT: u32 = 8;

/// Parameters of one build of the RTL (`hdl/rtl/miner.v` says what they mean).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RtlSettings {
    /// The clock that the core believes it has; a second of its time is so many clocks.
    pub clock_hz: u32,
    /// Line speed.
    pub baud: u32,
    /// 0: unrolled pipelines; else rounds of each ring.
    pub stages: u32,
    /// Cores.
    pub cores: u32,
    /// Whether it speaks the plain Icarus protocol.
    pub icarus: bool,
    /// Zero bits of the nonces that it reports, where the protocol cannot say: Icarus.
    pub icarus_zero_bits: u32,
}

impl RtlSettings {
    /// A core of these parameters that makes `rate` hashes in a second of its time.
    pub fn new(stages: u32, cores: u32, rate: f64) -> Self {
        let clock = rate * f64::from(clocks_per_nonce(stages)) / f64::from(cores);
        Self::with_clock(stages, cores, clock)
    }

    /// A core of these parameters with a clock of about so many Hz. Waiting for a core costs its clocks: a slow clock makes quick tests.
    pub fn with_clock(stages: u32, cores: u32, clock: f64) -> Self {
        // Divided evenly, so that the line is exact.
        let baud = (clock / f64::from(CLOCKS_PER_BIT)).clamp(300.0, 12e6) as u32;
        Self {
            clock_hz: baud * CLOCKS_PER_BIT,
            baud,
            stages,
            cores,
            icarus: false,
            icarus_zero_bits: 32,
        }
    }

    /// Reads `options`.
    ///
    /// # Errors
    /// [`BoardError::Option`].
    pub fn parse(options: &BoardOptions) -> Result<Self, BoardError> {
        let stages = options.within("stages", 0..=64, 0)?;
        let cores = options.within("cores", 1..=16, 1)?;
        let rate = options.rate("rate")?.unwrap_or(RATE).clamp(1e3, 1e9);
        Ok(Self::new(stages, cores, rate))
    }

    /// A name that no other parameters have.
    pub(super) fn name(&self) -> String {
        let link = if self.icarus {
            format!("-icarus{}", self.icarus_zero_bits)
        } else {
            String::new()
        };
        format!(
            "s{}-c{}-{}hz-{}baud{link}",
            self.stages, self.cores, self.clock_hz, self.baud
        )
    }
}

/// Clocks that a core takes for a nonce, on average.
fn clocks_per_nonce(stages: u32) -> u32 {
    match stages {
        0 => 1,
        stages => 2 * 64u32.div_ceil(stages),
    }
}
