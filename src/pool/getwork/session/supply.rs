//! Work in time: what is asked for ahead, and how answers become jobs.
//!
//! A job is a stock of headers of one previous block, and lasts until the pool's block, target or version changes, the stock is full
//! or three quarters of a minute have passed. How much is kept ready is learnt from how fast the boards draw.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::algorithm::sha256d::{self, SHA256D};
use crate::pool::getwork::messages::{Rolling, Work};
use crate::pool::http::Tips;
use crate::pool::{HttpResponse, SessionSettings};
use crate::work::{HeaderStock, Job, JobKey, SearchSpace, StockedHeader, Template};

/// How long one job is added to: pools that give a new one at least so often are known to be alive.
const JOB_AGE: Duration = Duration::from_secs(45);
/// The least and the most nonce ranges that are kept ready.
const LEAST_READY: u64 = 2;
const MOST_READY: u64 = 64;
/// How many requests for work may wait for their answers.
const MAX_ASKED: u64 = 8;
/// How soon the stock is looked at after something changed, and the longest pause between looks; it doubles.
const FIRST_LOOK: Duration = Duration::from_millis(10);
const LONGEST_LOOK: Duration = Duration::from_millis(500);
/// How often a share that comes too late makes us ask anew.
const DOUBT_EVERY: Duration = Duration::from_secs(1);
/// How often the boards' thirst is measured anew.
const MEASURE: Duration = Duration::from_secs(30);

/// What is in hand, and what is asked for.
#[derive(Debug)]
pub(super) struct Supply {
    current: Option<Current>,
    /// When each open request was made, oldest first.
    asked: VecDeque<Instant>,
    /// How many nonce ranges are kept ready.
    ready: u64,
    look_at: Option<Instant>,
    look_pause: Duration,
    /// Since when what is in hand may be of no use to the pool any more.
    doubt: Option<Instant>,
    /// When that was last thought.
    doubted: Option<Instant>,
    measured: Option<(Instant, u64)>,
    /// Nonce ranges taken of all jobs before the current one.
    taken_before: u64,
    tips: Tips,
    jobs: u64,
}

#[derive(Debug)]
struct Current {
    key: JobKey,
    stock: Arc<HeaderStock>,
    work: Work,
    began: Instant,
}

impl Default for Supply {
    fn default() -> Self {
        Self {
            current: None,
            asked: VecDeque::new(),
            ready: LEAST_READY,
            look_at: None,
            look_pause: FIRST_LOOK,
            doubt: None,
            doubted: None,
            measured: None,
            taken_before: 0,
            tips: Tips::default(),
            jobs: 0,
        }
    }
}

impl Supply {
    /// A request was made.
    pub(super) fn asked(&mut self, now: Instant) {
        self.asked.push_back(now);
    }

    /// The oldest request was answered: when it was made.
    pub(super) fn answered(&mut self) -> Option<Instant> {
        self.asked.pop_front()
    }

    /// The connection is gone, and with it the requests and the job that they were for.
    pub(super) fn forget(&mut self) {
        self.asked.clear();
        self.current = None;
        self.look_at = None;
        self.doubt = None;
    }

    /// The pool says that a share of this job comes too late: if it is what is in hand, the next answer takes its place.
    pub(super) fn doubt(&mut self, job: &JobKey, now: Instant) {
        let lately = |at: Instant| now.saturating_duration_since(at) < DOUBT_EVERY;
        let is_current = self
            .current
            .as_ref()
            .is_some_and(|current| current.key == *job);
        if is_current && !self.doubted.is_some_and(lately) {
            self.doubted = Some(now);
            self.doubt = Some(now);
            self.look_soon(now);
        }
    }

    /// Whether there is a doubt that no open request was made for.
    fn must_ask(&self) -> bool {
        let last = self.asked.back();
        self.doubt
            .is_some_and(|since| last.is_none_or(|last| *last < since))
    }

    /// When the stock is looked at again.
    pub(super) fn next_look(&self) -> Option<Instant> {
        self.look_at
    }

    /// How many more answers are needed now; sets the time of the next look.
    pub(super) fn wanted(&mut self, now: Instant) -> u64 {
        let open = self.asked.len() as u64;
        let Some(current) = &self.current else {
            self.look_at = None;
            return u64::from(open == 0);
        };
        if self.look_at.is_some_and(|at| now < at) {
            return 0;
        }
        self.look_at = Some(now + self.look_pause);
        self.look_pause = (self.look_pause * 2).min(LONGEST_LOOK);
        let left = current.stock.left(now);
        let expires = current.began + JOB_AGE <= now;
        if left == 0 {
            self.ready = (self.ready * 2).min(MOST_READY);
        }
        self.measure(now);
        let missing = self.ready.saturating_sub(left).max(u64::from(expires));
        missing
            .saturating_sub(open)
            .min(MAX_ASKED.saturating_sub(open))
            .max(u64::from(self.must_ask()))
    }

    /// What the boards drew lately bounds what is kept ready.
    fn measure(&mut self, now: Instant) {
        let taken = self.taken_before
            + self
                .current
                .as_ref()
                .map_or(0, |current| current.stock.taken());
        match self.measured {
            Some((at, before)) if now >= at + MEASURE => {
                let drawn = taken - before.min(taken);
                self.ready = self.ready.min(drawn).max(LEAST_READY);
                self.measured = Some((now, taken));
            }
            Some(_) => {}
            None => self.measured = Some((now, taken)),
        }
    }

    /// Looks again soon: something changed.
    fn look_soon(&mut self, now: Instant) {
        self.look_pause = FIRST_LOOK;
        self.look_at = Some(now);
    }

    /// Puts the work of a plain answer into stock; a job, if it begins one.
    pub(super) fn stock(
        &mut self,
        work: Work,
        response: &HttpResponse,
        asked: Option<Instant>,
        settings: &SessionSettings,
        now: Instant,
    ) -> Option<Arc<Job>> {
        self.look_soon(now);
        if self.tips.is_outdated(work.header.previous, asked) {
            return None;
        }
        let stocked = stocked(&work, response, now);
        let settles = |since: &mut Instant| asked.is_some_and(|asked| asked >= *since);
        let is_doubted = self.doubt.take_if(settles).is_some();
        let fits = !is_doubted
            && self.current.as_ref().is_some_and(|current| {
                current.fits(&work) && now < current.began + JOB_AGE && current.stock.add(stocked)
            });
        if fits {
            return None;
        }
        let same_block = self.is_same_block(&work);
        let changed = self
            .current
            .as_ref()
            .is_some_and(|current| !current.fits(&work));
        let clean = !same_block || changed || is_doubted;
        let voids = !same_block && !work.submit_old;
        Some(self.begin(work, stocked, Manner { clean, voids }, settings, now))
    }

    /// Puts the work of a long poll's answer in the place of everything: all older work is stale.
    pub(super) fn replace(
        &mut self,
        work: Work,
        response: &HttpResponse,
        settings: &SessionSettings,
        now: Instant,
    ) -> Arc<Job> {
        self.look_soon(now);
        self.doubt = None;
        let voids = !(work.submit_old && self.is_same_block(&work));
        let stocked = stocked(&work, response, now);
        let manner = Manner { clean: true, voids };
        self.begin(work, stocked, manner, settings, now)
    }

    /// Whether `work` is for the block that is being worked on.
    pub(super) fn is_same_block(&self, work: &Work) -> bool {
        let current = self.current.as_ref();
        current.is_some_and(|current| current.work.header.previous == work.header.previous)
    }

    fn begin(
        &mut self,
        work: Work,
        stocked: StockedHeader,
        manner: Manner,
        settings: &SessionSettings,
        now: Instant,
    ) -> Arc<Job> {
        self.leave_block(&work, now);
        self.jobs += 1;
        let key = JobKey(Bytes::from(format!("{:x}", self.jobs)));
        let stock = Arc::new(HeaderStock::new(stocked));
        let job = Job {
            source: settings.source,
            session: 0,
            key: key.clone(),
            algorithm: &SHA256D,
            hasher: sha256d::hasher(),
            template: Template::Stock(Arc::clone(&stock)),
            target: work.target,
            network_target: Some(work.network_target),
            version_mask: 0,
            max_ntime_roll: 0,
            clean: manner.clean,
            voids: manner.voids,
            received: now,
            space: Arc::new(
                SearchSpace::new(0, 0, work.header.ntime).allowing(work.nonces.clone()),
            ),
        };
        self.current = Some(Current {
            key,
            stock,
            work,
            began: now,
        });
        Arc::new(job)
    }

    fn leave_block(&mut self, work: &Work, now: Instant) {
        let Some(current) = self.current.take() else {
            return;
        };
        self.taken_before += current.stock.taken();
        if current.work.header.previous != work.header.previous {
            self.tips.leave(current.work.header.previous, now);
        }
    }
}

/// How a job begins.
#[derive(Debug, Clone, Copy)]
struct Manner {
    clean: bool,
    voids: bool,
}

impl Current {
    /// Whether `work` can lie in the same stock.
    fn fits(&self, work: &Work) -> bool {
        let (ours, other) = (&self.work.header, &work.header);
        (ours.previous, ours.version, ours.nbits) == (other.previous, other.version, other.nbits)
            && (self.work.target, &self.work.nonces) == (work.target, &work.nonces)
    }
}

/// The header of an answer, with what its `X-Roll-NTime` allows; no new work is made of it in the last third of its life.
fn stocked(work: &Work, response: &HttpResponse, now: Instant) -> StockedHeader {
    let rolling = Rolling::of(response.header("x-roll-ntime"));
    StockedHeader {
        header: work.header,
        rolls: rolling.seconds,
        until: now + rolling.lifetime * 2 / 3,
    }
}
