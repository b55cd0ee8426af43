//! What a user plugs in: boards, their drivers and their emulators.
//!
//! A family is one folder (frames, driver, emulator) and one line in [`MODELS`]. Drivers are straight-line code over a
//! [`Transport`](crate::transport::Transport), on a thread of their own; they know no pool and verify no nonce.

pub mod bitaxe;
mod chain;
pub mod core;
pub mod emberone;
mod error;
mod gauge;
pub mod gekko;
mod host_thread;
pub mod icarus;
pub mod identity;
mod model;
mod options;
pub mod peripheral;
pub mod safety;
mod simulated;
pub mod software;
mod span;
pub mod usb_control;

use std::time::Instant;

use arrayvec::ArrayVec;

pub use error::BoardError;
pub use gauge::{Gauge, Truth};
pub use host_thread::lower_thread_priority;
pub use model::{
    Connection, Emulate, Emulated, Identity, Links, MODELS, Model, Open, OptionHelp, UsbLinks,
    model,
};
pub use options::BoardOptions;
pub use simulated::simulated;
pub use span::Span;

pub use crate::transport::{Lookout, Waker};
use crate::units::{Hashrate, Target};
use crate::work::{Found, WorkUnit};

/// A board, open and owned by the thread that drives it.
pub trait Board: Send {
    /// Probes and starts the board. Called once, before anything else.
    ///
    /// # Errors
    /// Which step failed and what came instead.
    fn start(&mut self) -> Result<Ability, BoardError>;

    /// Whether the board takes another piece of work now (idle, queue not full, or its range nearly searched).
    fn wants_work(&self) -> bool;

    /// Gives the board work; with `flush`, whatever it still searches is void.
    ///
    /// # Errors
    /// As the transport's.
    fn load(&mut self, work: WorkUnit, flush: bool) -> Result<(), BoardError>;

    /// There is no work for now: what the board searches is void, and it may be given work again. A board that cannot be told, and
    /// idles by itself once its last work is searched, needs not do anything.
    ///
    /// # Errors
    /// As the transport's.
    fn idle(&mut self) -> Result<(), BoardError> {
        Ok(())
    }

    /// Waits for what the board says, until `deadline` at the latest; returns `None` early when it begins to want work
    /// or its [`waker`](Board::waker) was called.
    ///
    /// # Errors
    /// As the transport's.
    fn poll(&mut self, deadline: Instant) -> Result<Option<BoardEvent>, BoardError>;

    /// Idles the board and leaves it safe. Called at the end, also after an error.
    ///
    /// # Errors
    /// As the transport's; the board may be gone.
    fn stop(&mut self) -> Result<(), BoardError>;

    /// The board's time: its transport's.
    fn now(&self) -> Instant;

    /// What ends a wait in [`poll`](Board::poll) from another thread.
    fn waker(&self) -> Waker;

    /// What waits for the board's next word while the board is in other hands; `None`: only [`poll`](Board::poll) can wait.
    fn lookout(&self) -> Option<Lookout> {
        None
    }

    /// When [`poll`](Board::poll) wants to be called though the board has said nothing: `deadline`, or what the driver itself has
    /// to do before.
    fn due(&self, deadline: Instant) -> Instant {
        deadline
    }

    /// How many nonces a piece of work should hold where a job's nonces are shared out; `None`: the board cannot be told where to stop.
    fn slice(&self) -> Option<u64> {
        None
    }

    /// Whether the board has switched itself off to keep safe: its silence is right, and it comes back by itself.
    fn is_resting(&self) -> bool {
        false
    }

    /// Whether a [`load`](Board::load), and what a [`poll`](Board::poll) does beside waiting, would certainly not have to wait.
    fn takes_at_once(&self) -> bool {
        false
    }
}

/// What a board can do, as its driver found out.
#[derive(Debug, Clone)]
pub struct Ability {
    /// Names of the algorithms that it runs.
    pub algorithms: &'static [&'static str],
    /// Whether it rolls version bits by itself.
    pub rolls_version: bool,
    /// The rate that it should have by its clock and cores, or as measured by the driver.
    pub nominal: Hashrate,
    /// What every nonce that it reports meets; one that does not is a hardware error.
    pub threshold: Target,
    /// What the driver learnt about the board, for people: slices, clock, firmware.
    pub details: String,
}

/// The works that a nonce may belong to, most likely first.
pub type Suspects = ArrayVec<WorkUnit, 4>;

/// What a board says.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a nonce carries its works in place: nothing is allocated on its way"
)]
pub enum BoardEvent {
    /// It found a nonce for one of `works`.
    Nonce {
        /// The nonce.
        found: Found,
        /// What it may belong to: the current work, then the one before. Empty: it had no work.
        works: Suspects,
        /// Which part of the board found it, where the answer tells.
        origin: Option<Origin>,
    },
    /// Bytes that make no frame; how many.
    Garbage(usize),
    /// The driver measured the board's rate.
    Rate(Hashrate),
    /// From now on it reports hashes that meet this, instead of [`Ability::threshold`].
    Threshold(Target),
    /// An answer was lost or useless for a reason that the driver knows; it is counted under that name.
    Fault {
        /// The chip, where it is known.
        chip: Option<u16>,
        /// The reason, such as `crc`, `unknown-job`, `duplicate`.
        kind: &'static str,
    },
    /// What the board's sensors say.
    Telemetry(Telemetry),
    /// Words for the person: what the driver did to keep the board safe, or found out.
    Notice(String),
}

impl Telemetry {
    /// The highest temperature of all sensors, degrees Celsius.
    pub fn hottest(&self) -> Option<f32> {
        let temperatures = [self.chip_temperature, self.board_temperature];
        temperatures.into_iter().flatten().reduce(f32::max)
    }
}

/// Which part of a board found a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The chip, counted from the host's end of the chain.
    pub chip: u16,
    /// The core within the chip, where the answer tells.
    pub core: Option<u16>,
}

/// What a board's sensors and controls say; `None`: the board has no such thing, or it is silent.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Telemetry {
    /// The hottest chip's temperature, degrees Celsius.
    pub chip_temperature: Option<f32>,
    /// The board's (regulator's) temperature, degrees Celsius.
    pub board_temperature: Option<f32>,
    /// Core voltage as measured, volts.
    pub core_voltage: Option<f32>,
    /// Input voltage, volts.
    pub input_voltage: Option<f32>,
    /// Power drawn, watts.
    pub power: Option<f32>,
    /// Fan drive, 0 to 100 percent.
    pub fan_percent: Option<u8>,
    /// Fan speed, turns a minute.
    pub fan_rpm: Option<u32>,
    /// The chips' clock, MHz.
    pub clock: Option<f32>,
    /// Chips that answer.
    pub chips: Option<u16>,
}
