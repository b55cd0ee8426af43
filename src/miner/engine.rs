//! One board's loop: takes orders, keeps the board fed, verifies what it finds. One turn at a time, on the board's own time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrayvec::ArrayVec;

use super::health::Health;
use super::{Order, Said};
use crate::board::{Ability, Board, BoardError, BoardEvent, Lookout, Origin, Suspects};
use crate::units::{Hash256, Target};
use crate::work::{Assignment, Checked, Found, Job, Share, WorkUnit};

/// What ends a board's run.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Its driver failed.
    Failed(BoardError),
    /// Its answers make no sense.
    Unhealthy(String),
}

impl From<BoardError> for Trouble {
    fn from(error: BoardError) -> Self {
        Self::Failed(error)
    }
}

/// Zero bits of a hash that no wrong nonce has but once in a million.
const NO_ACCIDENT: u32 = 20;

/// A chip reported a hash that is no accident and yet misses what it was told to report: its ticket mask is not what it should be.
const BELOW_TICKET: &str = "below-ticket";

/// Why a board did not start, and its time then.
pub(super) type StartFailure = (BoardError, Instant);

/// A started board and the work in its hands.
///
/// The next piece of work is made before it is asked for, and after a nonce it is written before the nonce is verified: a board that
/// stops at a find waits for one write, not for our arithmetic.
pub struct Engine {
    board: Box<dyn Board>,
    ability: Ability,
    assignment: Option<Assignment>,
    epoch: u64,
    /// The next piece of work, ready to be written.
    ready: Option<WorkUnit>,
    /// When a dry job has work again.
    dry_until: Option<Instant>,
    health: Health,
    /// The newest hashes: a nonce that a board repeats counts once.
    seen: ArrayVec<Hash256, 16>,
    /// Whether the last turn heard something, so that there may be more.
    heard: bool,
    stopped: bool,
}

/// A loop that ends by a panic leaves its board idle all the same.
impl Drop for Engine {
    fn drop(&mut self) {
        if !self.stopped {
            let _ = self.board.stop();
        }
    }
}

impl Engine {
    /// Starts `board`.
    ///
    /// # Errors
    /// As [`Board::start`].
    pub fn start(board: Box<dyn Board>) -> Result<(Self, Ability), BoardError> {
        Self::try_start(board).map_err(|(error, _)| error)
    }

    /// As [`Engine::start`]; bring-up takes time, so a failure says when it came.
    pub(super) fn try_start(mut board: Box<dyn Board>) -> Result<(Self, Ability), StartFailure> {
        let ability = board.start().map_err(|error| (error, board.now()))?;
        let health = Health::new(ability.nominal, ability.threshold, board.now());
        let engine = Self {
            board,
            ability: ability.clone(),
            assignment: None,
            epoch: 0,
            ready: None,
            dry_until: None,
            health,
            seen: ArrayVec::new(),
            heard: false,
            stopped: false,
        };
        Ok((engine, ability))
    }

    /// The board's time.
    pub fn now(&self) -> Instant {
        self.board.now()
    }

    /// What ends a wait in a turn from another thread.
    pub fn waker(&self) -> crate::board::Waker {
        self.board.waker()
    }

    /// What waits for the board's next word between two turns; `None`: only a turn can wait.
    pub(super) fn lookout(&self) -> Option<Lookout> {
        self.board.lookout()
    }

    /// Whether an order can be obeyed now without waiting for the board.
    pub(super) fn takes_at_once(&self) -> bool {
        self.board.takes_at_once()
    }

    /// When the next turn is due though the board says nothing; `deadline` at the latest.
    pub(super) fn due(&self, deadline: Instant) -> Instant {
        let is_supplied =
            self.ready.is_some() || (self.assignment.is_some() && self.dry_until.is_none());
        if self.heard || (is_supplied && self.board.wants_work()) {
            return self.board.now();
        }
        let deadline = self.dry_until.map_or(deadline, |again| again.min(deadline));
        self.board.due(deadline)
    }

    /// How many right nonces the board has found since it was started.
    pub(super) fn good_nonces(&self) -> u64 {
        self.health.good_nonces()
    }

    /// Takes an order: an older epoch's work is flushed and the new work written at once; within an epoch the board changes to the
    /// new job when it next wants work.
    ///
    /// # Errors
    /// As the board's.
    pub fn obey(&mut self, order: &Order) -> Result<(), BoardError> {
        let flush = order.epoch != self.epoch;
        self.epoch = order.epoch;
        self.ready = None;
        self.dry_until = None;
        let hashable = |job: &&Arc<Job>| self.ability.algorithms.contains(&job.algorithm.name());
        self.assignment = order
            .job
            .as_ref()
            .filter(hashable)
            .map(|job| Assignment::new(Arc::clone(job), self.ability.rolls_version));
        self.expect_answers();
        match &self.assignment {
            None if flush => self.board.idle(),
            Some(_) if flush => self.feed(true),
            _ => Ok(()),
        }
    }

    /// Feeds the board, waits for what it says until `deadline` at the latest, and tells `tell`.
    ///
    /// # Errors
    /// What ends the board's run.
    pub(super) fn turn(
        &mut self,
        deadline: Instant,
        tell: &mut dyn FnMut(Said),
    ) -> Result<(), Trouble> {
        if self.board.wants_work() {
            self.feed(false)?;
        }
        self.prepare();
        let deadline = self.dry_until.map_or(deadline, |again| again.min(deadline));
        let event = self.board.poll(deadline)?;
        self.heard = event.is_some();
        if let Some(event) = event {
            self.hear(event, tell)?;
        }
        let now = self.board.now();
        if self.assignment.is_none() || self.dry_until.is_some() || self.board.is_resting() {
            self.health.idle(now);
        }
        self.health
            .complaint(now)
            .map_or(Ok(()), |complaint| Err(Trouble::Unhealthy(complaint)))
    }

    /// Idles the board.
    ///
    /// # Errors
    /// As [`Board::stop`].
    pub fn stop(&mut self) -> Result<(), BoardError> {
        self.assignment = None;
        self.ready = None;
        self.stopped = true;
        self.board.stop()
    }

    fn hear(&mut self, event: BoardEvent, tell: &mut dyn FnMut(Said)) -> Result<(), Trouble> {
        match event {
            BoardEvent::Nonce {
                found,
                works,
                origin,
            } => {
                if self.board.wants_work() {
                    self.feed(false)?;
                }
                self.nonce(found, &works, origin, tell);
            }
            BoardEvent::Garbage(bytes) => {
                self.health.bad();
                tell(Said::Garbage(bytes));
            }
            BoardEvent::Fault { chip, kind } => tell(Said::Fault { chip, kind }),
            BoardEvent::Telemetry(telemetry) => tell(Said::Telemetry(telemetry)),
            BoardEvent::Notice(words) => tell(Said::Words(words)),
            BoardEvent::Threshold(threshold) => {
                self.ability.threshold = threshold;
                self.expect_answers();
                tell(Said::Reports(threshold));
            }
            BoardEvent::Rate(rate) => {
                self.ability.nominal = rate;
                self.expect_answers();
                tell(Said::Rate(rate));
            }
        }
        Ok(())
    }

    /// Writes the next piece of work to the board, if there is any.
    fn feed(&mut self, flush: bool) -> Result<(), BoardError> {
        self.prepare();
        match self.ready.take() {
            Some(unit) => self.board.load(unit, flush),
            None => Ok(()),
        }
    }

    /// Makes the next piece of work, unless it is made or the job is dry.
    pub(super) fn prepare(&mut self) {
        let now = self.board.now();
        if self.dry_until.is_some_and(|again| now >= again) {
            self.dry_until = None;
        }
        if self.ready.is_some() || self.dry_until.is_some() {
            return;
        }
        let Some(assignment) = &mut self.assignment else {
            return;
        };
        assignment.set_slice(self.board.slice());
        match assignment.next_work(now) {
            Ok(unit) => self.ready = Some(unit),
            // A job without any more work is left; an hour is "until the next job" for a job that rolls no time.
            Err(dry) => {
                self.dry_until = Some(dry.again.unwrap_or(now + Duration::from_secs(3600)));
            }
        }
    }

    fn nonce(
        &mut self,
        found: Found,
        works: &Suspects,
        origin: Option<Origin>,
        tell: &mut dyn FnMut(Said),
    ) {
        let now = self.board.now();
        if !self.health.admit(now) {
            return;
        }
        let verified = self.verify(found, works);
        if let Some(origin) = origin {
            let is_below = |hash: &Hash256| Target::from_zero_bits(NO_ACCIDENT).is_met_by(hash);
            let below = matches!(&verified, Verified::Wrong(Some(hash)) if is_below(hash));
            let right = below || !matches!(verified, Verified::Wrong(_));
            tell(Said::Answered { origin, right });
            if below {
                let chip = Some(origin.chip);
                let kind = BELOW_TICKET;
                tell(Said::Fault { chip, kind });
            }
        }
        match verified {
            Verified::Share(share) => {
                // One that is told again and again proves no health, and is counted as a duplicate.
                if !self.seen.contains(share.hash()) {
                    self.learn(share.value(), tell);
                    self.health.good(now);
                    self.remember(*share.hash());
                }
                tell(Said::Share(share));
            }
            Verified::Weak(hash) if self.seen.contains(&hash) => {}
            Verified::Weak(hash) => {
                self.health.good(now);
                self.remember(hash);
                tell(Said::Weak(hash));
            }
            Verified::Wrong(Some(hash)) if self.learn(&hash, tell) => {
                self.health.good(now);
                self.remember(hash);
                tell(Said::Weak(hash));
            }
            Verified::Wrong(hash) => {
                self.health.bad();
                tell(Said::HardwareError(hash));
            }
        }
    }

    /// Checks the nonce against each work that it may belong to, likeliest first.
    fn verify(&self, found: Found, works: &Suspects) -> Verified {
        let mut wrong = None;
        for work in works {
            match work.check(found, &self.ability.threshold) {
                Checked::Share(share) => return Verified::Share(share),
                Checked::Weak(hash) => return Verified::Weak(hash),
                Checked::Wrong(hash) => wrong = wrong.or(Some(hash)),
            }
        }
        Verified::Wrong(wrong)
    }

    /// A board whose hashes are easier than its model's, and still far too good for an accident, is taken at its word: it is an
    /// emulator or a variant, and none of these is an error. `true`: this hash told.
    fn learn(&mut self, hash: &Hash256, tell: &mut dyn FnMut(Said)) -> bool {
        let no_accident = Target::from_zero_bits(NO_ACCIDENT).is_met_by(hash);
        if !no_accident || self.ability.threshold.is_met_by(hash) {
            return false;
        }
        let is_met = |bits: &u32| Target::from_zero_bits(*bits).is_met_by(hash);
        let bits = (NO_ACCIDENT..=64).take_while(is_met).last();
        self.ability.threshold = Target::from_zero_bits(bits.unwrap_or(NO_ACCIDENT));
        self.expect_answers();
        tell(Said::Threshold(self.ability.threshold));
        true
    }

    /// Boards that know the job's target report every hash that meets it, too.
    fn expect_answers(&mut self) {
        let threshold = self.ability.threshold;
        let target = self.assignment.as_ref().map(|work| work.job().target);
        let easiest = target.map_or(threshold, |target| target.max(threshold));
        self.health.expect(self.ability.nominal, threshold, easiest);
    }

    fn remember(&mut self, hash: Hash256) {
        if self.seen.is_full() {
            self.seen.remove(0);
        }
        self.seen.push(hash);
    }
}

enum Verified {
    Share(Share),
    Weak(Hash256),
    Wrong(Option<Hash256>),
}
