//! One connection: everything that ends with it.

use std::sync::Arc;
use std::time::Instant;

use crate::pool::cryptonote::messages::JobMessage;
use crate::work::Job;

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Link {
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
}
