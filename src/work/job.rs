//! What a pool wants hashed.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::space::SearchSpace;
use super::{Blob, CoinbaseTemplate, HeaderStock, HeaderTemplate};
use crate::algorithm::{Algorithm, Hasher};
use crate::units::{Difficulty, Target};

/// Which configured pool a job came from: its place in the list, 0 the most preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u16);

/// The protocol's own name of a job, opaque to everybody but its session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobKey(pub Bytes);

/// A pool's job: immutable, complete, shared in an [`Arc`].
#[derive(Debug, Clone)]
pub struct Job {
    /// The pool that wants it.
    pub source: SourceId,
    /// Which connection of that pool: shares are sent only while this one lives.
    pub session: u64,
    /// The pool's name for it.
    pub key: JobKey,
    /// What it is hashed with.
    pub algorithm: &'static dyn Algorithm,
    /// The algorithm's function, seeded where it needs a seed.
    pub hasher: Arc<dyn Hasher>,
    /// What is hashed.
    pub template: Template,
    /// What a share must meet.
    pub target: Target,
    /// What a block must meet, where the template tells.
    pub network_target: Option<Target>,
    /// Version bits that may be rolled: the negotiated mask without the bits that the job has set.
    pub version_mask: u32,
    /// How many seconds ntime may run ahead of the template's, at most; it never runs ahead of the clock either.
    pub max_ntime_roll: u32,
    /// Whether boards change to it at once: what they search is void, or soon will be.
    pub clean: bool,
    /// Whether the pool refuses shares of the jobs before it. A changed previous hash alone makes a job clean, but it is the
    /// pool that says whether the older shares still count.
    pub voids: bool,
    /// When it came.
    pub received: Instant,
    /// Who has taken what of it.
    pub space: Arc<SearchSpace>,
}

impl Job {
    /// Its target as a difficulty, on the scale of its algorithm.
    pub fn difficulty(&self) -> Difficulty {
        self.target
            .to_difficulty_of_lossy(self.algorithm.difficulty_one())
    }
}

/// The shape of what is hashed; one variant a kind of pool, not a pool.
#[derive(Debug, Clone)]
pub enum Template {
    /// The merkle root is computed from a coinbase whose extranonce2 is ours (Stratum V1, getblocktemplate, SV2 extended).
    /// `fixed.merkle_root` is not used.
    Coinbase {
        /// The rest of the header.
        fixed: HeaderTemplate,
        /// The coinbase and its branch.
        coinbase: Box<CoinbaseTemplate>,
    },
    /// The merkle root is given (getwork, SV2 standard).
    Header(HeaderTemplate),
    /// Many given roots, to which the session adds while boards draw from them (getwork).
    Stock(Arc<HeaderStock>),
    /// Bytes with a hole for the nonce, and no header that we know of (CryptoNote, TrueStratum).
    Blob(Blob),
}

impl Template {
    /// The header without its merkle root, if it is one.
    pub fn header(&self) -> Option<&HeaderTemplate> {
        match self {
            Template::Coinbase { fixed, .. } | Template::Header(fixed) => Some(fixed),
            Template::Stock(stock) => Some(stock.first()),
            Template::Blob(_) => None,
        }
    }

    /// How many bytes of extranonce2 can be rolled; 0 for a fixed root.
    pub fn extranonce2_size(&self) -> usize {
        match self {
            Template::Coinbase { coinbase, .. } => coinbase.extranonce2_size(),
            Template::Header(_) | Template::Blob(_) | Template::Stock(_) => 0,
        }
    }
}
