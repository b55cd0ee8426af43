//! One client of the emulated pool: what it was given and what it has handed in.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::pool::emulation::{Seen, Vardiff};
use crate::units::Difficulty;

/// How many jobs are remembered.
const KEPT_JOBS: usize = 4;
/// How long a share of a replaced job still counts: it may have been on its way.
const GRACE: Duration = Duration::from_secs(2);

/// A job that a client was given.
#[derive(Debug, Clone)]
pub(super) struct ClientJob {
    pub(super) id: String,
    pub(super) blob: Vec<u8>,
    /// What the last eight bytes of the hash must be below.
    pub(super) limit: u64,
    /// When another took its place.
    pub(super) replaced: Option<Instant>,
}

/// One client.
#[derive(Debug)]
pub(in crate::pool) struct Client {
    pub(super) agent: String,
    pub(super) worker: Option<String>,
    /// What it must call itself.
    pub(super) session: String,
    /// The top byte of its nonces, where the pool keeps that.
    pub(super) nonce_top: u8,
    pub(super) vardiff: Vardiff,
    jobs: VecDeque<ClientJob>,
    /// By job and nonce.
    pub(super) shares: Seen<(String, [u8; 4])>,
}

impl Client {
    pub(super) fn new(session: String, nonce_top: u8, difficulty: Difficulty) -> Self {
        Self {
            agent: String::new(),
            worker: None,
            session,
            nonce_top,
            vardiff: Vardiff::new(difficulty),
            jobs: VecDeque::new(),
            shares: Seen::default(),
        }
    }

    /// It is given a job, which replaces the one before.
    pub(super) fn take_job(&mut self, job: ClientJob, now: Instant) {
        if let Some(old) = self.jobs.back_mut() {
            old.replaced = Some(now);
        }
        self.jobs.push_back(job);
        if self.jobs.len() > KEPT_JOBS {
            self.jobs.pop_front();
        }
    }

    /// The job of that name, if it was given one lately.
    pub(super) fn job(&self, id: &str) -> Option<&ClientJob> {
        self.jobs.iter().find(|job| job.id == id)
    }
}

impl ClientJob {
    /// Whether shares of it no longer count.
    pub(super) fn is_expired(&self, now: Instant) -> bool {
        let age = |at| now.saturating_duration_since(at);
        self.replaced.is_some_and(|at| age(at) > GRACE)
    }
}
