//! From `mining.notify` to a job, and which jobs shares may still refer to.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use super::TrueSession;
use crate::algorithm::truehash::{Goals, Masks, TRUEHASH, TruehashHasher};
use crate::pool::PoolEvent;
use crate::pool::spaces::Recent;
use crate::pool::talk::Stage;
use crate::pool::truestratum::messages::Notify;
use crate::units::{Hash256, Target};
use crate::work::{Blob, Job, JobKey, SearchSpace, Template};

/// How many jobs are remembered.
const KEPT_JOBS: usize = 32;
/// How many search spaces are remembered.
const KEPT_SPACES: usize = 16;

/// A notify and what holds for it.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) notify: Notify,
    /// The goals of the moment when it came; `None`: the pool had named none, and the first ones will hold.
    goals: Option<Goals>,
    received: Instant,
    /// Whether it, or one before it that never became a job, voids what is older.
    clean: bool,
}

/// A job that shares may refer to.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) job: Arc<Job>,
    /// The pool said that it is void.
    void: bool,
}

impl TrueSession {
    /// Holds from the next job on.
    pub(super) fn set_goals(&mut self, goals: Goals, now: Instant) {
        self.link.goals = Some(goals);
        if let Some(order) = &mut self.link.order {
            order.goals.get_or_insert(goals);
        }
        self.go_on_with_order(now);
    }

    pub(super) fn notify(&mut self, notify: Notify, now: Instant) {
        if notify.clean {
            for old in &mut self.link.jobs {
                old.void = true;
            }
        }
        let skipped = self.link.order.take();
        self.link.order = Some(Order {
            clean: notify.clean || skipped.is_some_and(|order| order.clean),
            notify,
            goals: self.link.goals,
            received: now,
        });
        self.go_on_with_order(now);
    }

    /// Makes a job of the newest notify as soon as nothing lacks any more.
    pub(super) fn go_on_with_order(&mut self, now: Instant) {
        let Some(order) = &self.link.order else {
            return;
        };
        let Some(goals) = order.goals.filter(|_| self.talk.stage == Stage::Ready) else {
            return;
        };
        match self.datasets.of(&order.notify.seedhash) {
            Some(masks) => self.publish(&masks, goals),
            None => self.fetch_dataset(now),
        }
    }

    fn publish(&mut self, masks: &Arc<Masks>, goals: Goals) {
        let Some((order, subscription)) =
            self.link.order.take().zip(self.link.subscription.as_ref())
        else {
            return;
        };
        let (space, nonces) = self.spaces.of(&order.notify, subscription.nonces());
        let header_hash = Hash256::from_internal(order.notify.header_hash);
        let job = Arc::new(Job {
            source: self.settings.source,
            session: self.talk.number,
            key: JobKey(order.notify.job_id.clone()),
            algorithm: &TRUEHASH,
            hasher: Arc::new(TruehashHasher::new(Arc::clone(masks), goals)),
            template: Template::Blob(Blob::digest(&header_hash, nonces)),
            target: goals.target(),
            network_target: None,
            version_mask: 0,
            max_ntime_roll: 0,
            clean: order.clean || self.link.jobs.is_empty(),
            voids: order.clean,
            received: order.received,
            space,
        });
        self.remember(&job);
        let difficulty = job.target.to_difficulty_of_lossy(Target::MAX);
        self.talk.tell_difficulty(job.target, difficulty);
        self.talk.events.push_back(PoolEvent::Job(job));
    }

    /// Keeps the job for the shares to come; one of the same name is replaced.
    fn remember(&mut self, job: &Arc<Job>) {
        let jobs = &mut self.link.jobs;
        jobs.retain(|old| old.job.key != job.key);
        jobs.push_back(Record {
            job: Arc::clone(job),
            void: false,
        });
        if jobs.len() > KEPT_JOBS {
            jobs.pop_front();
        }
    }

    /// Whether the pool may still count a share of `job`.
    pub(super) fn is_current(&self, job: &Job) -> bool {
        let is_its = |record: &&Record| std::ptr::eq(&raw const *record.job, job);
        job.session == self.talk.number
            && self.talk.stage == Stage::Ready
            && self
                .link
                .jobs
                .iter()
                .find(is_its)
                .is_some_and(|record| !record.void)
    }
}

/// The search spaces of the last jobs, over all connections: what a pool sends again goes on where it stood.
#[derive(Debug)]
pub(super) struct Spaces {
    entries: Recent<Entry, KEPT_SPACES>,
    seed: u64,
}

#[derive(Debug)]
struct Entry {
    header_hash: [u8; 32],
    seedhash: [u8; 32],
    granted: Range<u64>,
    nonces: Range<u64>,
    space: Arc<SearchSpace>,
}

impl Spaces {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            entries: Recent::default(),
            seed,
        }
    }

    /// The space of a job within the nonces that the pool has granted, and its nonces.
    fn of(&mut self, notify: &Notify, granted: Range<u64>) -> (Arc<SearchSpace>, Range<u64>) {
        let is_it = |entry: &Entry| {
            entry.header_hash == notify.header_hash
                && entry.seedhash == notify.seedhash
                && entry.granted == granted
        };
        if let Some(entry) = self.entries.find(is_it) {
            return (Arc::clone(&entry.space), entry.nonces.clone());
        }
        let entry = self.fresh(notify, granted);
        let found = (Arc::clone(&entry.space), entry.nonces.clone());
        self.entries.add(entry);
        found
    }

    /// Miners of one pool that get no extranonce all have the same nonces, so each begins somewhere else in the first half.
    fn fresh(&self, notify: &Notify, granted: Range<u64>) -> Entry {
        let half = (granted.end - granted.start) / 2;
        let spread = self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let offset = ((u128::from(spread) * u128::from(half)) >> 64) as u64;
        let nonces = granted.start + offset..granted.end;
        Entry {
            header_hash: notify.header_hash,
            seedhash: notify.seedhash,
            granted,
            space: Arc::new(SearchSpace::of_nonces(nonces.clone())),
            nonces,
        }
    }
}
