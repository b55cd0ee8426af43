//! One client of an emulated pool: what it was given and what it has handed in.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::pool::emulation::{ChainJob, Seen, Vardiff};
use crate::units::{Difficulty, Hash256, Target};

/// How many jobs a client may hand shares in for.
const KEPT_JOBS: usize = 32;
/// How many workers a client may log in.
const MAX_WORKERS: usize = 16;

/// A job that a client was given.
#[derive(Debug, Clone)]
pub(super) struct ClientJob {
    pub(super) job: Arc<ChainJob>,
    pub(super) target: Target,
    /// A later clean job ended it.
    pub(super) void: bool,
}

/// What a client was granted when it subscribed.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) session_id: String,
    pub(super) extranonce1: Vec<u8>,
}

/// One client.
#[derive(Debug)]
pub(in crate::pool) struct Client {
    pub(super) agent: String,
    pub(super) seat: Option<Seat>,
    pub(super) workers: Vec<String>,
    /// The mask that was agreed on, once version rolling was.
    pub(super) version_mask: Option<u32>,
    pub(super) vardiff: Vardiff,
    told_difficulty: Option<Difficulty>,
    /// The least difficulty that the client asked for.
    pub(super) minimum: Option<Difficulty>,
    jobs: VecDeque<ClientJob>,
    pub(super) shares: Seen<Hash256>,
}

impl Client {
    pub(super) fn new(difficulty: Difficulty) -> Self {
        Self {
            agent: String::new(),
            seat: None,
            workers: Vec::new(),
            version_mask: None,
            vardiff: Vardiff::new(difficulty),
            told_difficulty: None,
            minimum: None,
            jobs: VecDeque::new(),
            shares: Seen::default(),
        }
    }

    /// Whether it gets jobs.
    pub(super) fn is_served(&self) -> bool {
        self.seat.is_some() && !self.workers.is_empty()
    }

    pub(super) fn log_in(&mut self, worker: &str) -> bool {
        let known = self.workers.iter().any(|known| known == worker);
        if !known && self.workers.len() < MAX_WORKERS {
            self.workers.push(worker.to_owned());
        }
        known || self.workers.last().is_some_and(|last| last == worker)
    }

    /// The difficulty to tell before the next job, if it changed.
    pub(super) fn news_of_difficulty(&mut self) -> Option<f64> {
        let difficulty = self.vardiff.difficulty;
        let before = self.told_difficulty.replace(difficulty);
        (before != Some(difficulty)).then_some(difficulty.get())
    }

    /// Notes that it is given `job`, where `one` is the target of difficulty 1: the line to send.
    pub(super) fn take_job(&mut self, job: &Arc<ChainJob>, one: Target) -> String {
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
            target: Target::from_difficulty_of(self.vardiff.difficulty, one),
            void: false,
        });
        if self.jobs.len() > KEPT_JOBS {
            self.jobs.pop_front();
        }
        job.notify_line(clean)
    }

    pub(super) fn job(&self, id: &str) -> Option<&ClientJob> {
        self.jobs.iter().rev().find(|given| given.job.id == id)
    }

    /// What a resumed session needs.
    pub(super) fn into_session(self) -> Option<(String, Vec<u8>)> {
        self.seat.map(|seat| (seat.session_id, seat.extranonce1))
    }
}
