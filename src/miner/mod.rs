//! The decisions and the boards' loops: who works on what, what is stale, what is a duplicate, which pool leads.
//!
//! [`Dispatcher`] is one state machine without I/O or clock, so the whole miner runs in one thread on virtual time. [`Engine`] is one
//! board's loop; [`thread`] puts it on an OS thread. Snapshots and notices go out; this room does not know who reads them, and
//! knows no socket.

mod boards;
mod chips;
mod dispatch;
mod engine;
mod health;
mod keeper;
mod notice;
mod pools;
mod rate;
mod recent;
mod snapshot;
pub mod thread;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

pub use crate::board::Telemetry;
pub use chips::ChipCounters;
pub use dispatch::{Action, DispatchSettings, Dispatcher, PoolSaid};
pub use engine::Engine;
pub use keeper::{Keeper, Next, Opener};
pub use notice::{Notice, Severity};
pub use pools::Patience;
pub use snapshot::{BoardSnapshot, BoardState, Counters, PoolSnapshot, PoolState, Snapshot};

use crate::board::{Ability, BoardError, Origin};
use crate::units::{Hash256, Hashrate, Target};
use crate::work::{Job, Share};

/// A board's number in this run of the program: given when it is opened, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BoardId(pub u32);

impl fmt::Display for BoardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A share's name between the dispatcher and the pool's link, until its verdict comes back under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// What a board shall do: the newest order is the only one that matters.
#[derive(Debug, Clone)]
pub struct Order {
    /// The job to work on; `None`: idle.
    pub job: Option<Arc<Job>>,
    /// Raised whenever everything before is void: work of an older epoch is flushed at once.
    pub epoch: u64,
}

/// What a board's loop tells the dispatcher.
#[derive(Debug)]
pub struct Report {
    /// Which board.
    pub board: BoardId,
    /// When, on the board's clock.
    pub at: Instant,
    /// What.
    pub said: Said,
}

/// What a board's loop says.
#[derive(Debug)]
pub enum Said {
    /// It is probed and runs.
    Started(Ability),
    /// It found a share.
    Share(Share),
    /// It found a right nonce that is no share.
    Weak(Hash256),
    /// It found a nonce whose hash misses its own threshold.
    HardwareError(Option<Hash256>),
    /// It sent bytes that make no frame; how many.
    Garbage(usize),
    /// One of its chips answered; what the answer is worth follows.
    Answered {
        /// Which.
        origin: Origin,
        /// Whether the nonce passed verification.
        right: bool,
    },
    /// An answer was lost or useless for a reason that its driver knows.
    Fault {
        /// The chip, where it is known.
        chip: Option<u16>,
        /// The reason.
        kind: &'static str,
    },
    /// What its sensors say.
    Telemetry(Telemetry),
    /// Words of its driver for the person.
    Words(String),
    /// Its driver measured its rate.
    Rate(Hashrate),
    /// It reports hashes easier than it promised: those that meet this target, and has all along.
    Threshold(Target),
    /// From now on it reports the hashes that meet this target.
    Reports(Target),
    /// It is being reset: the reason, and when it will be started again.
    Resetting {
        /// Why.
        why: String,
        /// When it is tried again.
        until: Instant,
    },
    /// It is given up until somebody replugs it.
    Parked(String),
    /// It has vanished.
    Gone(BoardError),
    /// Its loop has ended on our order.
    Stopped,
}
