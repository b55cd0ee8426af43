//! One pool as the dispatcher sees it: judged by the work that it gives and takes, not by its connection.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::snapshot::{Counters, PoolSnapshot, PoolState};
use crate::units::Difficulty;
use crate::work::{Job, Outcome, Share};

/// How long a pool may go without what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Without a new job and without an accepted share, after which it is down.
    pub job: Duration,
    /// Without an answer to any share that was sent, after which it is down.
    pub verdict: Duration,
    /// How long a better pool must have been up before the boards return to it.
    pub failback: Duration,
    /// How long a pool may take from connecting to its first job before the next one is asked too.
    pub first_job: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            job: Duration::from_secs(120),
            verdict: Duration::from_secs(60),
            failback: Duration::from_secs(60),
            first_job: Duration::from_secs(10),
        }
    }
}

/// However many shares it accepts, a pool that has sent no job for this many times `Patience::job` is stuck on an old block.
const STUCK: u32 = 5;
/// How many times `Patience::job` a pool may be silent that has news only when there is a new block: an hour at the usual setting. Blocks come
/// by chance; some coins have one in ten minutes, and one in four hundred of those takes six times as long.
const BY_BLOCK: u32 = 30;
/// Refusals in a row, none of them for being late, after which a pool is of no use; and those for being late, if they have gone on for
/// `Patience::verdict`: what is late once is worth nothing, and what is late always comes from a pool that has lost its way.
const REFUSALS: u32 = 30;
/// Pause before a pool that was judged down is tried again; doubles up to the longest.
const FIRST_RETRY: Duration = Duration::from_secs(10);
const LONGEST_RETRY: Duration = Duration::from_secs(300);
/// Newest jobs of a connection whose shares are taken.
const LIVE_JOBS: usize = 32;

/// Where a pool's connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// Not wanted.
    Off,
    /// Told to connect, at this time.
    Connecting(Instant),
    /// Connected, at this time.
    Open(Instant),
    /// Given up until this time.
    Resting(Instant),
}

/// One configured pool.
#[derive(Debug)]
pub(super) struct Pool {
    url: String,
    user: String,
    link: Link,
    ready: bool,
    down: Option<String>,
    /// Jobs whose shares the pool takes, oldest first.
    live: VecDeque<Arc<Job>>,
    last_job: Option<Instant>,
    last_accepted: Option<Instant>,
    /// When it last said that it is there, where it is asked.
    last_alive: Option<Instant>,
    /// It sends jobs only for new blocks.
    by_block: bool,
    up_since: Option<Instant>,
    /// When the oldest share was sent that nothing was answered after.
    unanswered_since: Option<Instant>,
    refusals: u32,
    /// How many shares in a row came too late, and since when.
    late: Option<(u32, Instant)>,
    retry: Duration,
    pub(super) counters: Counters,
    difficulty: Option<Difficulty>,
    latency: Option<Duration>,
    disconnects: u64,
}

impl Pool {
    pub(super) fn new(url: String, user: String) -> Self {
        Self {
            url,
            user,
            link: Link::Off,
            ready: false,
            down: None,
            live: VecDeque::new(),
            last_job: None,
            last_accepted: None,
            last_alive: None,
            by_block: false,
            up_since: None,
            unanswered_since: None,
            refusals: 0,
            late: None,
            retry: FIRST_RETRY,
            counters: Counters::default(),
            difficulty: None,
            latency: None,
            disconnects: 0,
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The newest job, if the pool is of use.
    pub(super) fn job(&self) -> Option<&Arc<Job>> {
        self.live.back()
    }

    pub(super) fn is_up(&self) -> bool {
        !self.live.is_empty()
    }

    /// Since when the pool has been up without a break.
    pub(super) fn up_since(&self) -> Option<Instant> {
        self.up_since
    }

    /// Whether the next pool should be asked too: this one is down, or takes too long for its first job.
    pub(super) fn is_failing(&self, now: Instant, patience: &Patience) -> bool {
        let slow = |since: Instant| now.saturating_duration_since(since) >= patience.first_job;
        !self.is_up()
            && match self.link {
                Link::Off => false,
                Link::Connecting(since) | Link::Open(since) => self.down.is_some() || slow(since),
                Link::Resting(_) => true,
            }
    }

    /// Whether it should be told to connect now, given that it is wanted.
    pub(super) fn wants_connect(&self, now: Instant) -> bool {
        match self.link {
            Link::Off => true,
            Link::Resting(until) => now >= until,
            Link::Connecting(_) | Link::Open(_) => false,
        }
    }

    pub(super) fn is_linked(&self) -> bool {
        matches!(self.link, Link::Connecting(_) | Link::Open(_))
    }

    pub(super) fn connecting(&mut self, now: Instant) {
        self.link = Link::Connecting(now);
    }

    /// The link tries again; what it says of that does not restart the clock on which it is slow.
    pub(super) fn redialling(&mut self, now: Instant) {
        if !matches!(self.link, Link::Connecting(_)) {
            self.link = Link::Connecting(now);
        }
    }

    pub(super) fn connected(&mut self, now: Instant) {
        self.link = Link::Open(now);
        self.unanswered_since = None;
        self.refusals = 0;
        self.late = None;
    }

    pub(super) fn ready(&mut self) {
        self.ready = true;
    }

    /// The connection is gone, the link will try again by itself. `true`: this is news.
    pub(super) fn lost(&mut self, why: String, now: Instant) -> bool {
        if matches!(self.link, Link::Open(_)) {
            self.disconnects += 1;
            self.link = Link::Connecting(now);
        }
        self.forget(Some(why))
    }

    pub(super) fn gives_jobs_by_block(&mut self) {
        self.by_block = true;
    }

    /// It has answered that it is there.
    pub(super) fn is_alive(&mut self, now: Instant) {
        self.last_alive = Some(now);
    }

    /// We are done with it: no better than off. Its shares will not be sent any more.
    pub(super) fn turned_off(&mut self) {
        self.link = Link::Off;
        self.forget(None);
    }

    /// It was judged of no use. It is tried again after a growing pause.
    pub(super) fn condemned(&mut self, why: String, now: Instant) {
        self.link = Link::Resting(now + self.retry);
        self.retry = (self.retry * 2).min(LONGEST_RETRY);
        self.forget(Some(why));
    }

    /// When [`Pool::wants_connect`] changes by itself.
    pub(super) fn resting_until(&self) -> Option<Instant> {
        if let Link::Resting(until) = self.link {
            Some(until)
        } else {
            None
        }
    }

    fn forget(&mut self, why: Option<String>) -> bool {
        let news = self.down != why;
        self.live.clear();
        self.ready = false;
        self.up_since = None;
        self.unanswered_since = None;
        self.down = why;
        news
    }

    /// Takes a new job, which may void all others.
    pub(super) fn take_job(&mut self, job: Arc<Job>, now: Instant) {
        if job.voids {
            self.live.clear();
        } else if self.live.len() == LIVE_JOBS {
            self.live.pop_front();
        }
        self.difficulty = Some(job.difficulty());
        self.live.push_back(job);
        self.last_job = Some(now);
        self.up_since.get_or_insert(now);
        self.down = None;
    }

    /// Whether the share's connection still lives, so that it can be sent at all.
    pub(super) fn is_session_of(&self, share: &Share) -> bool {
        self.live
            .back()
            .is_some_and(|job| job.session == share.job().session)
    }

    /// Whether the pool still takes shares of that job.
    pub(super) fn takes(&self, share: &Share) -> bool {
        self.live.iter().any(|job| Arc::ptr_eq(job, share.job()))
    }

    pub(super) fn sent(&mut self, now: Instant) {
        self.unanswered_since.get_or_insert(now);
    }

    pub(super) fn answered(
        &mut self,
        outcome: &Outcome,
        latency: Option<Duration>,
        late: bool,
        now: Instant,
    ) {
        match outcome {
            Outcome::Accepted => {
                self.last_accepted = Some(now);
                self.refusals = 0;
                self.late = None;
                self.retry = FIRST_RETRY;
            }
            Outcome::Rejected(..) if !late => self.refusals += 1,
            Outcome::Rejected(..) => self.late.get_or_insert((0, now)).0 += 1,
            Outcome::Unknown => return,
        }
        self.unanswered_since = None;
        self.latency = latency.or(self.latency);
    }

    /// Why the pool is of no use though its connection stands, if so.
    pub(super) fn complaint(&self, now: Instant, patience: &Patience) -> Option<String> {
        let Link::Open(since) = self.link else {
            return None;
        };
        let age = |time: Instant| now.saturating_duration_since(time);
        if self
            .unanswered_since
            .is_some_and(|since| age(since) >= patience.verdict)
        {
            return Some(format!(
                "no answer to any share for {} s",
                patience.verdict.as_secs()
            ));
        }
        if self.refusals >= REFUSALS {
            return Some(format!("it refused {REFUSALS} shares in a row"));
        }
        if self
            .late
            .is_some_and(|(shares, since)| shares >= REFUSALS && age(since) >= patience.verdict)
        {
            return Some(format!(
                "it has called every share late for {} s",
                patience.verdict.as_secs()
            ));
        }
        let last_job = self.last_job.map_or(since, |last| last.max(since));
        let alive = self.last_alive.filter(|last| *last >= since);
        let signs = [self.last_accepted, alive.filter(|_| self.is_up())];
        let last_sign = signs.into_iter().flatten().fold(last_job, Instant::max);
        let (quiet, stuck) = self.allowances(alive.is_some());
        let silent =
            age(last_sign) >= patience.job * quiet || age(last_job) >= patience.job * stuck;
        silent.then(|| format!("no job for {} s", age(last_job).as_secs()))
    }

    /// How many times `Patience::job` it may go without any sign of work, and without a job: without its first job, no pool longer than
    /// others; and one that answers when asked is found out by that.
    fn allowances(&self, answers: bool) -> (u32, u32) {
        match (self.by_block && self.is_up(), answers) {
            (false, _) => (1, STUCK),
            (true, true) => (1, BY_BLOCK),
            (true, false) => (BY_BLOCK, BY_BLOCK),
        }
    }

    pub(super) fn snapshot(&self, active: bool, now: Instant) -> PoolSnapshot {
        PoolSnapshot {
            url: self.url.clone(),
            user: self.user.clone(),
            state: self.state(),
            active,
            difficulty: self.difficulty,
            counters: self.counters,
            latency: self.latency,
            last_job: self
                .last_job
                .map(|last| now.saturating_duration_since(last)),
            disconnects: self.disconnects,
        }
    }

    fn state(&self) -> PoolState {
        match (&self.down, self.link) {
            _ if self.is_up() => PoolState::Up,
            (_, Link::Off) => PoolState::Standby,
            (Some(why), _) => PoolState::Down(why.clone()),
            (None, Link::Open(_)) if self.ready => PoolState::Waiting,
            (None, _) => PoolState::Connecting,
        }
    }
}
