//! One client of the emulated pool: what it was given and what it has handed in.

use std::collections::VecDeque;
use std::sync::Arc;

use super::epoch::Epoch;
use crate::pool::emulation::{Seen, Vardiff};
use crate::units::Difficulty;

/// How many jobs a client may hand shares in for.
const KEPT_JOBS: usize = 32;

/// A job of the pool.
#[derive(Debug)]
pub(super) struct TrueJob {
    pub(super) id: String,
    pub(super) header_hash: [u8; 32],
    pub(super) epoch: Arc<Epoch>,
    pub(super) clean: bool,
}

/// A job that a client was given.
#[derive(Debug)]
pub(super) struct ClientJob {
    pub(super) job: Arc<TrueJob>,
    /// What one half of the digest must be below.
    pub(super) goal: u128,
    /// A later clean job ended it.
    pub(super) void: bool,
}

/// One client.
#[derive(Debug)]
pub(in crate::pool) struct Client {
    pub(super) agent: String,
    /// Its part of every nonce, once it has subscribed.
    pub(super) extranonce: Option<[u8; 3]>,
    /// Its worker, once it has logged in.
    pub(super) worker: Option<String>,
    pub(super) vardiff: Vardiff,
    /// The goal that it was told last.
    pub(super) told: Option<u128>,
    jobs: VecDeque<ClientJob>,
    /// By job and nonce.
    pub(super) shares: Seen<(String, u64)>,
}

impl Client {
    pub(super) fn new(difficulty: Difficulty) -> Self {
        Self {
            agent: String::new(),
            extranonce: None,
            worker: None,
            vardiff: Vardiff::new(difficulty),
            told: None,
            jobs: VecDeque::new(),
            shares: Seen::default(),
        }
    }

    /// Notes that it is given `job`; returns whether the job is the only one that counts.
    pub(super) fn take_job(&mut self, job: &Arc<TrueJob>, goal: u128) -> bool {
        let clean = job.clean || self.jobs.is_empty();
        if job.clean {
            for old in &mut self.jobs {
                old.void = true;
            }
            self.shares.clear();
        }
        self.jobs.retain(|old| old.job.id != job.id);
        self.jobs.push_back(ClientJob {
            job: Arc::clone(job),
            goal,
            void: false,
        });
        if self.jobs.len() > KEPT_JOBS {
            self.jobs.pop_front();
        }
        clean
    }

    /// The job of that name that still counts.
    pub(super) fn job(&self, id: &str) -> Option<&ClientJob> {
        let mut newest_first = self.jobs.iter().rev();
        newest_first.find(|given| given.job.id == id && !given.void)
    }
}
