//! A nonce that was checked, and what became of it.

use std::fmt;
use std::sync::Arc;

use super::{Job, Rolled};
use crate::units::{Difficulty, Hash256, Nonce, Target};

/// What a check of a nonce says.
#[derive(Debug, Clone)]
pub enum Checked {
    /// The hash misses even the board's own threshold: a hardware error. With the value that was compared.
    Wrong(Hash256),
    /// A right answer of the board that is no share. With the value that was compared.
    Weak(Hash256),
    /// A share.
    Share(Share),
}

/// A nonce whose hash meets its job's target. Only [`super::WorkUnit::check`] makes one.
#[derive(Clone)]
pub struct Share {
    pub(super) job: Arc<Job>,
    pub(super) rolled: Rolled,
    pub(super) nonce: Nonce,
    pub(super) hash: Hash256,
    pub(super) value: Hash256,
}

impl Share {
    /// The job that it belongs to.
    pub fn job(&self) -> &Arc<Job> {
        &self.job
    }

    /// What was rolled, with the board's own rolling in it.
    pub fn rolled(&self) -> &Rolled {
        &self.rolled
    }

    /// The nonce.
    pub fn nonce(&self) -> Nonce {
        self.nonce
    }

    /// The hash, as protocols submit it.
    pub fn hash(&self) -> &Hash256 {
        &self.hash
    }

    /// What is compared with targets: for most algorithms the hash itself.
    pub fn value(&self) -> &Hash256 {
        &self.value
    }

    /// How good it is: the highest difficulty that it meets, on the scale of its algorithm.
    pub fn difficulty(&self) -> Difficulty {
        Target::from_le_bytes(*self.value.as_internal())
            .to_difficulty_of_lossy(self.job.algorithm.difficulty_one())
    }

    /// Whether it solves a block.
    pub fn is_block(&self) -> bool {
        self.job
            .network_target
            .is_some_and(|target| target.is_met_by(&self.value))
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Share")
            .field("job", &self.job.key)
            .field("nonce", &self.nonce)
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

/// What a pool said of a share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The pool counts it.
    Accepted,
    /// The pool refuses it, with its own words (already made safe to show).
    Rejected(Reject, String),
    /// No answer came: the connection was lost or the deadline passed.
    Unknown,
}

/// Why a pool refuses a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reject {
    /// The job is gone.
    Stale,
    /// The pool has it already.
    Duplicate,
    /// The hash misses the pool's target.
    LowDifficulty,
    /// The worker is not, or no longer, authorised.
    Unauthorised,
    /// Anything else.
    Other,
}

impl Reject {
    /// The word that status lines and metrics use.
    pub const fn name(self) -> &'static str {
        match self {
            Reject::Stale => "stale",
            Reject::Duplicate => "duplicate",
            Reject::LowDifficulty => "low-difficulty",
            Reject::Unauthorised => "unauthorised",
            Reject::Other => "other",
        }
    }
}
