//! The RTL of `hdl/` as a device: the Verilated program, built when it is missing, started, and run in its own clocks.
//!
//! The program's protocol is in `hdl/sim/main.cpp`. Simulated clocks are the device's time: nothing here waits for a clock or a
//! process longer than the simulation takes, so a driver on virtual time meets the device at the exact clock.

mod build;
mod device;
mod settings;

use std::io;
use std::path::PathBuf;

pub(super) use settings::RTL_OPTIONS;

pub use build::sources;
pub use device::RtlDevice;
pub use settings::{RtlSettings, Structure};

use crate::board::BoardError;

/// Why the RTL cannot be simulated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RtlError {
    /// The sources are not where they were when midstate was built, nor below the current folder.
    #[error(
        "the sources of the core are not in {}; run it where the repository is, or set MIDSTATE_HDL to its hdl folder", .0.display()
    )]
    NoSources(PathBuf),
    /// A tool that builds the simulation is missing.
    #[error("{0} is not installed; try: apt-get install verilator g++ make")]
    NoTool(&'static str),
    /// The build failed.
    #[error("building the simulation failed: {0}")]
    Build(String),
    /// The program does not run, or says something else than it should.
    #[error("the simulation {program}: {problem}", program = .program.display())]
    Program {
        /// Which program.
        program: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The system refused.
    #[error("{step}: {source}")]
    Io {
        /// What we were doing.
        step: &'static str,
        /// The system's word.
        source: io::Error,
    },
}

impl RtlError {
    fn io(step: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { step, source }
    }
}

impl From<RtlError> for BoardError {
    fn from(error: RtlError) -> Self {
        Self::Simulation(error.to_string())
    }
}
