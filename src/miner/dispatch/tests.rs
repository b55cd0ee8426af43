//! What the dispatcher decides, on a clock made of numbers.

use std::sync::Arc;

use super::*;
use crate::algorithm::sha256d::{self, SHA256D};
use crate::board::Ability;
use crate::units::{Hash256, Hashrate, Nonce, Target};
use crate::work::{
    Assignment, Checked, Found, HeaderTemplate, Job, JobKey, Reject, SearchSpace, Template,
    WorkUnit,
};

const POOL_A: SourceId = SourceId(0);
const POOL_B: SourceId = SourceId(1);
const BOARD: BoardId = BoardId(7);

/// A miner with two pools and a board, and what it has asked for.
struct Miner {
    dispatcher: Dispatcher,
    now: Instant,
    jobs: u32,
    /// The one piece of work of each job, by the job's ntime.
    units: HashMap<u32, WorkUnit>,
    orders: Vec<Order>,
    submitted: Vec<(SourceId, Ticket)>,
    connects: Vec<SourceId>,
    disconnects: Vec<(SourceId, String)>,
    notices: Vec<String>,
}

impl Miner {
    fn new(settings: DispatchSettings) -> Self {
        let start = Instant::now();
        let pools =
            ["stratum+tcp://a:1", "stratum+tcp://b:2"].map(|url| (url.to_owned(), "me".to_owned()));
        let mut dispatcher = Dispatcher::new(settings, pools, start);
        dispatcher.board_opened(BOARD, "sim0", "icarus", start);
        let mut miner = Self {
            dispatcher,
            now: start,
            jobs: 0,
            units: HashMap::new(),
            orders: Vec::new(),
            submitted: Vec::new(),
            connects: Vec::new(),
            disconnects: Vec::new(),
            notices: Vec::new(),
        };
        let ability = Ability {
            algorithms: &["sha256d"],
            rolls_version: false,
            nominal: Hashrate::new(1e6),
            threshold: Target::MAX,
            details: String::new(),
        };
        miner.board(Said::Started(ability));
        miner
    }

    fn drain(&mut self) {
        while let Some(action) = self.dispatcher.poll_action() {
            match action {
                Action::Order(order) => self.orders.push(order),
                Action::Connect(pool) => self.connects.push(pool),
                Action::Disconnect(pool, why) => self.disconnects.push((pool, why)),
                Action::Submit(pool, ticket, _) => self.submitted.push((pool, ticket)),
                Action::Tell(notice) => self.notices.push(notice.to_string()),
            }
        }
    }

    fn board(&mut self, said: Said) {
        self.dispatcher.board_said(
            Report {
                board: BOARD,
                at: self.now,
                said,
            },
            self.now,
        );
        self.drain();
    }

    fn pool(&mut self, pool: SourceId, said: PoolSaid) {
        self.dispatcher.pool_said(pool, said, self.now);
        self.drain();
    }

    /// Lets time pass, looking whenever the dispatcher wants to.
    fn wait(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        while self.dispatcher.poll_timeout() <= until {
            self.now = self.now.max(self.dispatcher.poll_timeout());
            self.dispatcher.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
    }

    fn job(&mut self, pool: SourceId, session: u64, clean: bool) -> Arc<Job> {
        self.jobs += 1;
        let fixed = HeaderTemplate {
            version: 0x2000_0000,
            previous: Hash256::ZERO,
            merkle_root: Hash256::ZERO,
            ntime: self.jobs,
            nbits: 0x1d00_ffff,
        };
        let job = Arc::new(Job {
            source: pool,
            session,
            key: JobKey(format!("j{}", self.jobs).into()),
            algorithm: &SHA256D,
            hasher: sha256d::hasher(),
            template: Template::Header(fixed),
            target: Target::MAX,
            network_target: None,
            version_mask: 0,
            max_ntime_roll: 0,
            clean,
            voids: clean,
            received: self.now,
            space: Arc::new(SearchSpace::new(0, 0, self.jobs)),
        });
        self.pool(pool, PoolSaid::Event(PoolEvent::Job(Arc::clone(&job))));
        job
    }

    fn up(&mut self, pool: SourceId, session: u64) -> Arc<Job> {
        self.pool(pool, PoolSaid::Connected);
        self.pool(pool, PoolSaid::Event(PoolEvent::Ready));
        self.job(pool, session, true)
    }

    /// The board finds a share of `job` with this nonce.
    fn find(&mut self, job: &Arc<Job>, nonce: u32) {
        let unit = self
            .units
            .entry(job.template.header().unwrap().ntime)
            .or_insert_with(|| {
                Assignment::new(Arc::clone(job), false)
                    .next_work(job.received)
                    .expect("a fresh space has work")
            });
        let Checked::Share(share) = unit.check(Found::nonce(Nonce::from_u32(nonce)), &Target::MAX)
        else {
            panic!("every hash meets the largest target")
        };
        self.board(Said::Share(share));
    }

    fn answer(&mut self, index: usize, outcome: Outcome) {
        let (pool, ticket) = self.submitted[index];
        self.pool(
            pool,
            PoolSaid::Verdict {
                ticket,
                outcome,
                latency: Some(Duration::from_millis(30)),
            },
        );
    }

    fn totals(&self) -> Counters {
        self.dispatcher.snapshot(self.now).totals
    }
}

#[test]
fn boards_get_the_first_job_and_flush_only_for_clean_ones() {
    let mut miner = Miner::new(DispatchSettings::default());
    assert_eq!(miner.connects, [POOL_A]);
    miner.up(POOL_A, 1);
    miner.job(POOL_A, 1, false);
    miner.job(POOL_A, 1, true);
    let epochs: Vec<u64> = miner.orders.iter().map(|order| order.epoch).collect();
    assert_eq!(epochs, [1, 1, 2]);
    assert!(miner.orders.iter().all(|order| order.job.is_some()));
}

#[test]
fn every_share_ends_in_exactly_one_counter() {
    let mut miner = Miner::new(DispatchSettings::default());
    let job = miner.up(POOL_A, 1);
    (0..5).for_each(|nonce| miner.find(&job, nonce));
    assert_eq!(miner.totals().pending, 5);
    miner.answer(0, Outcome::Accepted);
    miner.answer(1, Outcome::Rejected(Reject::Stale, String::new()));
    miner.answer(2, Outcome::Rejected(Reject::Duplicate, String::new()));
    miner.answer(3, Outcome::Rejected(Reject::LowDifficulty, String::new()));
    miner.answer(4, Outcome::Unknown);
    miner.answer(0, Outcome::Accepted); // a second verdict is none
    let totals = miner.totals();
    let ends = [
        totals.accepted,
        totals.stale,
        totals.duplicate,
        totals.rejected,
        totals.unanswered,
        totals.pending,
    ];
    assert_eq!(ends, [1, 1, 1, 1, 1, 0]);
    assert_eq!(totals.shares(), 5);
    assert_eq!(
        miner.dispatcher.snapshot(miner.now).pools[0]
            .counters
            .shares(),
        5
    );
}

#[test]
fn stale_and_duplicate_shares_are_recognised_before_they_are_sent() {
    let mut miner = Miner::new(DispatchSettings::default());
    let old = miner.up(POOL_A, 1);
    let same = miner.job(POOL_A, 1, false);
    miner.find(&old, 1);
    miner.find(&old, 1);
    miner.find(&same, 1);
    assert_eq!(miner.submitted.len(), 2, "one is a duplicate");
    miner.job(POOL_A, 1, true);
    miner.find(&old, 2);
    assert_eq!(miner.submitted.len(), 2, "its job is void");
    let totals = miner.totals();
    assert_eq!((totals.duplicate, totals.stale, totals.pending), (1, 1, 2));
}

#[test]
fn stale_shares_are_sent_when_told_to_but_never_on_another_connection() {
    let mut miner = Miner::new(DispatchSettings {
        submit_stale: true,
        ..DispatchSettings::default()
    });
    let old = miner.up(POOL_A, 1);
    miner.job(POOL_A, 1, true);
    miner.find(&old, 1);
    assert_eq!(miner.submitted.len(), 1);
    miner.pool(POOL_A, PoolSaid::Lost("reset".to_owned()));
    miner.find(&old, 2);
    miner.up(POOL_A, 2);
    miner.find(&old, 3);
    assert_eq!(miner.submitted.len(), 1);
    assert_eq!(miner.totals().stale, 2);
}

#[test]
fn a_pool_that_sends_no_job_is_down_and_the_next_takes_over() {
    let mut miner = Miner::new(DispatchSettings::default());
    miner.pool(POOL_A, PoolSaid::Connected);
    miner.pool(POOL_A, PoolSaid::Event(PoolEvent::Ready));
    miner.wait(11);
    assert_eq!(
        miner.connects,
        [POOL_A, POOL_B],
        "the next is asked when the first is slow"
    );
    miner.up(POOL_B, 1);
    assert!(
        miner
            .notices
            .iter()
            .any(|notice| notice.contains("working for stratum+tcp://b:2"))
    );
    miner.wait(110);
    assert_eq!(miner.disconnects, [(POOL_A, "no job for 120 s".to_owned())]);
    miner.wait(11);
    assert_eq!(
        miner.connects,
        [POOL_A, POOL_B, POOL_A],
        "it is tried again after a pause"
    );
}

/// With a pool that sends jobs only for new blocks, which has sent `jobs`.
fn by_block(jobs: u32) -> Miner {
    let mut miner = Miner::new(DispatchSettings::default());
    miner.pool(POOL_A, PoolSaid::Connected);
    miner.pool(POOL_A, PoolSaid::Event(PoolEvent::Ready));
    miner.pool(POOL_A, PoolSaid::Event(PoolEvent::JobsByBlock));
    for _ in 0..jobs {
        miner.job(POOL_A, 1, true);
    }
    miner
}

#[test]
fn a_pool_with_a_job_a_block_may_be_silent_between_blocks() {
    let mut miner = by_block(1);
    miner.wait(3599);
    assert!(miner.disconnects.is_empty(), "{:?}", miner.disconnects);
    miner.wait(2);
    assert_eq!(
        miner.disconnects,
        [(POOL_A, "no job for 3600 s".to_owned())]
    );
    let mut without = by_block(0);
    without.pool(POOL_A, PoolSaid::Event(PoolEvent::Alive));
    without.wait(121);
    let expected = [(POOL_A, "no job for 120 s".to_owned())];
    assert_eq!(
        without.disconnects, expected,
        "without its first job it is of no use"
    );
}

#[test]
fn a_pool_that_answers_when_asked_is_found_out_when_it_stops() {
    let mut miner = by_block(1);
    for _ in 0..10 {
        miner.wait(60);
        miner.pool(POOL_A, PoolSaid::Event(PoolEvent::Alive));
    }
    miner.wait(119);
    assert!(miner.disconnects.is_empty(), "{:?}", miner.disconnects);
    miner.wait(2);
    assert_eq!(miner.disconnects, [(POOL_A, "no job for 720 s".to_owned())]);
}

#[test]
fn a_pool_whose_jobs_stop_is_down_unless_it_accepts_shares() {
    let mut miner = Miner::new(DispatchSettings::default());
    let job = miner.up(POOL_A, 1);
    for nonce in 0..3 {
        miner.wait(100);
        miner.find(&job, nonce);
        miner.answer(nonce as usize, Outcome::Accepted);
    }
    assert!(miner.disconnects.is_empty());
    miner.wait(121);
    assert_eq!(miner.disconnects.len(), 1);
    assert!(
        miner.disconnects[0].1.starts_with("no job for 42"),
        "{:?}",
        miner.disconnects
    );
    assert!(
        miner
            .orders
            .last()
            .expect("an order was given")
            .job
            .is_none(),
        "boards idle without a pool"
    );
}

#[test]
fn a_pool_that_answers_no_share_is_down() {
    let mut miner = Miner::new(DispatchSettings::default());
    let job = miner.up(POOL_A, 1);
    miner.wait(30);
    miner.find(&job, 1);
    miner.wait(30);
    miner.job(POOL_A, 1, false);
    miner.find(&job, 2);
    miner.wait(31);
    assert_eq!(
        miner.disconnects,
        [(POOL_A, "no answer to any share for 60 s".to_owned())]
    );
}

#[test]
fn a_pool_that_refuses_everything_is_down() {
    let mut miner = Miner::new(DispatchSettings::default());
    let job = miner.up(POOL_A, 1);
    for nonce in 0..30 {
        miner.find(&job, nonce);
        miner.answer(
            nonce as usize,
            Outcome::Rejected(Reject::LowDifficulty, String::new()),
        );
    }
    miner.wait(1);
    assert_eq!(miner.disconnects.len(), 1);
}

/// Found by hand: a pool that always had new work, and called every share of it late, kept the boards for ever.
#[test]
fn a_pool_that_calls_everything_late_for_long_is_down() {
    let mut miner = Miner::new(DispatchSettings::default());
    let late = || Outcome::Rejected(Reject::Stale, String::new());
    let mut job = miner.up(POOL_A, 1);
    for second in 0..60 {
        assert!(miner.disconnects.is_empty(), "after {second} s");
        miner.find(&job, 7);
        miner.answer(second, late());
        job = miner.job(POOL_A, 1, true);
        miner.wait(1);
    }
    let why = "it has called every share late for 60 s".to_owned();
    assert_eq!(miner.disconnects, [(POOL_A, why)]);
}

/// One share in time, now and then, is a pool to stay with.
#[test]
fn a_pool_that_calls_most_shares_late_stays() {
    let mut miner = Miner::new(DispatchSettings::default());
    let mut job = miner.up(POOL_A, 1);
    for second in 0..300 {
        miner.find(&job, 7);
        let outcome = match second % 59 {
            58 => Outcome::Accepted,
            _ => Outcome::Rejected(Reject::Stale, String::new()),
        };
        miner.answer(second, outcome);
        job = miner.job(POOL_A, 1, true);
        miner.wait(1);
    }
    assert!(miner.disconnects.is_empty(), "{:?}", miner.disconnects);
}

#[test]
fn the_better_pool_gets_the_boards_back_only_when_it_has_been_up_for_a_while() {
    let mut miner = Miner::new(DispatchSettings::default());
    miner.pool(POOL_A, PoolSaid::Lost("connection refused".to_owned()));
    assert_eq!(miner.connects, [POOL_A, POOL_B]);
    let job_b = miner.up(POOL_B, 1);
    miner.up(POOL_A, 1);
    miner.wait(30);
    miner.pool(POOL_A, PoolSaid::Lost("reset".to_owned()));
    miner.up(POOL_A, 2);
    miner.job(POOL_B, 1, false);
    miner.wait(59);
    assert!(miner.dispatcher.snapshot(miner.now).pools[1].active);
    miner.wait(2);
    assert!(miner.dispatcher.snapshot(miner.now).pools[0].active);
    assert_eq!(
        miner.disconnects,
        [(POOL_B, "a better pool is up".to_owned())]
    );
    miner.find(&job_b, 1);
    assert!(
        miner.submitted.is_empty(),
        "a late share goes to no other pool"
    );
    assert_eq!(miner.totals().stale, 1);
}

#[test]
fn the_same_cause_is_told_once() {
    let mut miner = Miner::new(DispatchSettings::default());
    for _ in 0..5 {
        miner.pool(POOL_A, PoolSaid::Connecting);
        miner.pool(POOL_A, PoolSaid::Lost("connection refused".to_owned()));
    }
    assert_eq!(
        miner
            .notices
            .iter()
            .filter(|notice| notice.contains("refused"))
            .count(),
        1
    );
}

#[test]
fn stopping_idles_the_boards_and_still_takes_verdicts() {
    let mut miner = Miner::new(DispatchSettings::default());
    let job = miner.up(POOL_A, 1);
    miner.find(&job, 1);
    miner.dispatcher.stop();
    miner.drain();
    assert!(
        miner
            .orders
            .last()
            .expect("an order was given")
            .job
            .is_none()
    );
    miner.job(POOL_A, 1, true);
    assert!(
        miner
            .orders
            .last()
            .expect("an order was given")
            .job
            .is_none(),
        "no new work"
    );
    miner.answer(0, Outcome::Accepted);
    assert_eq!(miner.dispatcher.pending(), 0);
    assert_eq!(miner.totals().accepted, 1);
}

#[test]
fn shares_that_nobody_waits_for_any_more_end_without_a_verdict() {
    let mut miner = Miner::new(DispatchSettings::default());
    let job = miner.up(POOL_A, 1);
    (0..3).for_each(|nonce| miner.find(&job, nonce));
    miner.answer(1, Outcome::Accepted);
    miner.dispatcher.stop();
    miner.dispatcher.give_up_waiting(miner.now);
    miner.drain();
    let totals = miner.totals();
    assert_eq!(
        (totals.accepted, totals.unanswered, totals.pending),
        (1, 2, 0)
    );
}
