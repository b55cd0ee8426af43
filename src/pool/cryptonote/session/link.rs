//! One connection: everything that ends with it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use crate::pool::cryptonote::messages::JobMessage;
use crate::units::Target;
use crate::work::Job;

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// There is none.
    Down,
    /// Logging in.
    Handshake,
    /// The pool takes shares.
    Ready,
    /// Given up; waiting to be closed.
    Closed,
}

/// A login that waits for its answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Login {
    pub(super) id: u64,
    pub(super) deadline: Instant,
}

/// A share that waits for its verdict.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) at: Instant,
    /// Its job had been replaced before.
    pub(super) late: bool,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Link {
    /// New for every connection.
    pub(super) number: u64,
    pub(super) stage: Stage,
    pub(super) login: Option<Login>,
    /// The pool's name for us.
    pub(super) session: String,
    /// Shares are to say what they are hashed with.
    pub(super) wants_algo: bool,
    /// The top byte of every nonce is the pool's.
    pub(super) nicehash: bool,
    /// When a line last went in either direction.
    pub(super) last_traffic: Option<Instant>,
    /// The last `keepalived` that waits for its answer.
    pub(super) keepalive: Option<u64>,
    /// The running job, as it came and as it was told.
    pub(super) running: Option<(JobMessage, Arc<Job>)>,
    /// The target that was last told.
    pub(super) told_target: Option<Target>,
    /// Shares without a verdict.
    pub(super) pending: BTreeMap<u64, Sent>,
    pub(super) bad_lines: u32,
}

impl Link {
    pub(super) fn down(number: u64) -> Self {
        Self {
            number,
            stage: Stage::Down,
            login: None,
            session: String::new(),
            wants_algo: false,
            nicehash: false,
            last_traffic: None,
            keepalive: None,
            running: None,
            told_target: None,
            pending: BTreeMap::new(),
            bad_lines: 0,
        }
    }

    pub(super) fn up(number: u64) -> Self {
        Self {
            stage: Stage::Handshake,
            ..Self::down(number)
        }
    }
}
