//! What a chain says, and what it has counted.

use arrayvec::ArrayVec;

use crate::units::{Hashrate, Target};
use crate::work::{Found, WorkUnit};

/// The works that a nonce may belong to, most likely first; a board's `Suspects`.
pub type Candidates = ArrayVec<WorkUnit, 4>;

/// What a chain says. A board turns each into its own event of the same name.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a nonce carries its works in place: nothing is allocated on its way"
)]
pub enum ChainEvent {
    /// A chip found a nonce.
    Nonce {
        /// The nonce, and the version with the bits that the chip rolled.
        found: Found,
        /// What it may belong to.
        works: Candidates,
        /// The chip, counted from the host; `None` where the reply does not tell.
        chip: Option<u16>,
        /// The core within the chip.
        core: Option<u16>,
    },
    /// Bytes that make no frame; how many.
    Garbage(usize),
    /// A reply was lost or useless.
    Fault {
        /// The chip, where it is known.
        chip: Option<u16>,
        /// One of the names in [`fault`].
        kind: &'static str,
    },
    /// The chain's nominal rate has changed with its clock.
    Rate(Hashrate),
    /// From now on every nonce meets this, and no longer what [`Chain::threshold`](super::Chain::threshold) said before.
    Threshold(Target),
    /// Words for the person.
    Notice(String),
}

/// Names of faults.
pub mod fault {
    /// A frame with a wrong checksum.
    pub const CRC: &str = "crc";
    /// The same nonce for the same work again.
    pub const DUPLICATE: &str = "duplicate";
    /// A job number that no job on the chain has.
    pub const UNKNOWN_JOB: &str = "unknown-job";
    /// A nonce for work that was void by then. It is checked all the same.
    pub const STALE: &str = "stale";
    /// A nonce that no core of the chip visits. It is checked all the same.
    pub const OUTSIDE_LAYOUT: &str = "outside-layout";
    /// A version with bits that the pool did not allow; such a nonce cannot be used.
    pub const VERSION: &str = "version-outside-mask";
    /// More replies while a register was read than are kept.
    pub const OVERFLOW: &str = "overflow";
}

/// What one chip has said since bring-up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChipCounters {
    /// Nonces that went on to be checked.
    pub nonces: u64,
    /// Nonces said twice.
    pub duplicates: u64,
    /// Replies to unknown jobs.
    pub unknown_jobs: u64,
    /// Nonces for work that was void.
    pub stale: u64,
    /// Nonces outside the layout of the chip.
    pub outside_layout: u64,
    /// Nonces with forbidden version bits.
    pub wrong_versions: u64,
    /// Nonces of each core, where replies tell the core.
    pub cores: Vec<u32>,
}

/// What a chain has said since bring-up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChainCounters {
    /// By chip, counted from the host.
    pub chips: Vec<ChipCounters>,
    /// Frames with wrong checksums.
    pub wrong_crcs: u64,
    /// Bytes that make no frame.
    pub garbage: u64,
    /// Replies lost while a register was read.
    pub overflows: u64,
    /// Jobs sent.
    pub jobs: u64,
    /// Bytes sent and received.
    pub bytes: (u64, u64),
}
