//! Which parameters the simulated core is built with.

use crate::board::{BoardError, BoardOptions, OptionHelp};

/// What the simulated core takes beside the driver's options.
pub(in super::super) const RTL_OPTIONS: [OptionHelp; 4] = [
    OptionHelp {
        key: "rate",
        about: "hashes a second of the simulated core in its own time, which sets its clock; default 500k",
    },
    OptionHelp {
        key: "stages",
        about: "0: an unrolled pipeline, a hash a clock; 1 to 64: a ring of so many rounds; default 0",
    },
    OptionHelp {
        key: "units",
        about: "1 to 32: a rolled core of so many units, for which stages means nothing; default 0: none",
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

/// Clocks of a rolled core's pass (`hdl/rtl/core_rolled.v`).
const PASS: u32 = 132;

/// What a core is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Structure {
    /// Unrolled: a hash a clock.
    Pipeline,
    /// A ring of so many rounds, 1 to 64.
    Ring(u32),
    /// So many units in step, a round a clock each.
    Rolled(u32),
}

impl Structure {
    /// What the parameters `Stages` and `Units` say.
    pub fn new(stages: u32, units: u32) -> Self {
        match (stages, units) {
            (0, 0) => Self::Pipeline,
            (stages, 0) => Self::Ring(stages),
            (_, units) => Self::Rolled(units),
        }
    }

    /// The parameter `Stages`.
    pub fn stages(self) -> u32 {
        match self {
            Self::Ring(stages) => stages,
            Self::Pipeline | Self::Rolled(_) => 0,
        }
    }

    /// The parameter `Units`.
    pub fn units(self) -> u32 {
        match self {
            Self::Rolled(units) => units,
            Self::Pipeline | Self::Ring(_) => 0,
        }
    }

    /// Clocks that a core takes for a nonce, on average.
    pub fn clocks_per_nonce(self) -> f64 {
        match self {
            Self::Pipeline => 1.0,
            Self::Ring(stages) => f64::from(2 * 64u32.div_ceil(stages)),
            Self::Rolled(units) => f64::from(PASS) / f64::from(units),
        }
    }
}

/// Parameters of one build of the RTL (`hdl/rtl/miner.v` says what they mean).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RtlSettings {
    /// The clock that the core believes it has; a second of its time is so many clocks.
    pub clock_hz: u32,
    /// Line speed.
    pub baud: u32,
    /// What each core is made of.
    pub structure: Structure,
    /// Cores.
    pub cores: u32,
    /// Whether it speaks the plain Icarus protocol.
    pub icarus: bool,
    /// Zero bits of the nonces that it reports, where the protocol cannot say: Icarus.
    pub icarus_zero_bits: u32,
}

impl RtlSettings {
    /// A core of these parameters that makes `rate` hashes in a second of its time.
    pub fn new(structure: Structure, cores: u32, rate: f64) -> Self {
        let clock = rate * structure.clocks_per_nonce() / f64::from(cores);
        Self::with_clock(structure, cores, clock)
    }

    /// A core of these parameters with a clock of about so many Hz. Waiting for a core costs its clocks: a slow clock makes quick tests.
    pub fn with_clock(structure: Structure, cores: u32, clock: f64) -> Self {
        // Divided evenly, so that the line is exact.
        let baud = (clock / f64::from(CLOCKS_PER_BIT)).clamp(300.0, 12e6) as u32;
        Self {
            clock_hz: baud * CLOCKS_PER_BIT,
            baud,
            structure,
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
        let units = options.within("units", 0..=32, 0)?;
        let cores = options.within("cores", 1..=16, 1)?;
        let rate = options.rate("rate")?.unwrap_or(RATE).clamp(1e3, 1e9);
        Ok(Self::new(Structure::new(stages, units), cores, rate))
    }

    /// A name that no other parameters have.
    pub(super) fn name(&self) -> String {
        let link = if self.icarus {
            format!("-icarus{}", self.icarus_zero_bits)
        } else {
            String::new()
        };
        format!(
            "s{}-u{}-c{}-{}hz-{}baud{link}",
            self.structure.stages(),
            self.structure.units(),
            self.cores,
            self.clock_hz,
            self.baud
        )
    }
}
