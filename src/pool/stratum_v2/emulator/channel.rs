//! One channel of a client: what it was given and what it has handed in.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use crate::pool::emulation::{ChainJob, Seen, Vardiff};
use crate::units::{Difficulty, Hash256, Target};

/// How many jobs a channel may hand shares in for.
const KEPT_JOBS: usize = 32;

/// A job that a channel was given.
#[derive(Debug)]
pub(super) struct Given {
    /// Its number.
    pub(super) id: u32,
    pub(super) job: Arc<ChainJob>,
    pub(super) target: Target,
    /// The earliest time of its shares, Unix seconds.
    pub(super) min_ntime: u32,
    /// A later block ended it.
    pub(super) is_void: bool,
}

/// Accepted shares that the client has not heard of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch {
    pub(super) last_sequence: u32,
    pub(super) count: u32,
    /// What they are worth together, in shares of difficulty one.
    pub(super) sum: u64,
    /// When it is told at the latest.
    pub(super) due: Instant,
}

/// One channel.
#[derive(Debug)]
pub(super) struct Channel {
    /// The user identity that it was opened with, safe to show.
    pub(super) worker: String,
    /// Our part of the extranonce; on a standard channel all of it.
    pub(super) prefix: Vec<u8>,
    /// The client's part in bytes; `None`: a standard channel.
    pub(super) extranonce_size: Option<usize>,
    /// The easiest target that the client takes.
    pub(super) max_target: Target,
    told_target: Option<Target>,
    pub(super) vardiff: Vardiff,
    pub(super) batch: Option<Batch>,
    jobs: VecDeque<Given>,
    pub(super) shares: Seen<Hash256>,
}

impl Channel {
    pub(super) fn new(
        worker: String,
        prefix: Vec<u8>,
        size: Option<usize>,
        difficulty: Difficulty,
    ) -> Self {
        Self {
            worker,
            prefix,
            extranonce_size: size,
            max_target: Target::MAX,
            told_target: None,
            vardiff: Vardiff::new(difficulty),
            batch: None,
            jobs: VecDeque::new(),
            shares: Seen::default(),
        }
    }

    /// The target of the jobs that it is given from now on.
    pub(super) fn target(&self) -> Target {
        Target::from_difficulty(self.vardiff.difficulty).min(self.max_target)
    }

    /// The target to tell before the next job, if it changed.
    pub(super) fn news_of_target(&mut self) -> Option<Target> {
        let target = self.target();
        let news = self.told_target != Some(target);
        self.told_target = Some(target);
        news.then_some(target)
    }

    /// Notes a job that it is given; on a new block all others are void.
    pub(super) fn give(&mut self, id: u32, job: &Arc<ChainJob>, is_new_block: bool) {
        if is_new_block {
            for old in &mut self.jobs {
                old.is_void = true;
            }
            self.shares.clear();
        }
        self.jobs.retain(|old| old.id != id);
        self.jobs.push_back(Given {
            id,
            job: Arc::clone(job),
            target: self.target(),
            min_ntime: job.ntime,
            is_void: false,
        });
        if self.jobs.len() > KEPT_JOBS {
            self.jobs.pop_front();
        }
    }

    pub(super) fn job(&self, id: u32) -> Option<&Given> {
        self.jobs.iter().find(|given| given.id == id)
    }
}
