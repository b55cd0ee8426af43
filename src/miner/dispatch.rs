//! The decisions of the miner as one state machine: no I/O, no clock, no threads.
//!
//! Fed with what pools and boards say and with time; drained of [`Action`]s. The life of a share is here: found, recognised as
//! stale or duplicate or sent under a [`Ticket`], and judged; it is in exactly one counter at any time.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::boards::BoardRecord;
use super::pools::{Patience, Pool};
use super::recent::Recent;
use super::snapshot::{BoardState, Counters, Snapshot};
use super::{BoardId, Notice, Order, Report, Said, Ticket};
use crate::pool::PoolEvent;
use crate::units::{Difficulty, printable};
use crate::work::{Job, Outcome, Reject, Share, SourceId};

/// How the dispatcher decides.
#[derive(Debug, Clone, Default)]
pub struct DispatchSettings {
    /// When a pool is down.
    pub patience: Patience,
    /// Whether shares whose job is void are sent all the same.
    pub submit_stale: bool,
}

/// What a pool's link says.
#[derive(Debug, Clone)]
pub enum PoolSaid {
    /// It tries to connect.
    Connecting,
    /// It is connected.
    Connected,
    /// What the session tells; verdicts come under their ticket instead.
    Event(PoolEvent),
    /// Something that it sent is ignored, and why.
    Complaint(String),
    /// What became of a share.
    Verdict {
        /// The share.
        ticket: Ticket,
        /// The verdict.
        outcome: Outcome,
        /// Time between submit and answer.
        latency: Option<Duration>,
    },
    /// The connection is gone; the link tries again by itself.
    Lost(String),
}

/// What the dispatcher wants done.
#[derive(Debug, Clone)]
pub enum Action {
    /// Every board gets this order.
    Order(Order),
    /// Connect to the pool and stay connected.
    Connect(SourceId),
    /// Drop the pool's connection and stay away; the reason.
    Disconnect(SourceId, String),
    /// Send this share to its pool.
    Submit(SourceId, Ticket, Share),
    /// Tell people.
    Tell(Notice),
}

/// The decisions: who works on what, what is stale, what is a duplicate, which pool leads.
#[derive(Debug)]
pub struct Dispatcher {
    settings: DispatchSettings,
    pools: Vec<Pool>,
    active: Option<usize>,
    boards: BTreeMap<BoardId, BoardRecord>,
    order: Order,
    actions: VecDeque<Action>,
    recent: Recent,
    pending: HashMap<Ticket, Pending>,
    next_ticket: u64,
    started: Instant,
    best: Option<Difficulty>,
    blocks: u64,
    next_look: Instant,
    stopping: bool,
}

/// A share on its way.
#[derive(Debug)]
struct Pending {
    board: BoardId,
    pool: usize,
    difficulty: Difficulty,
    target: Difficulty,
}

/// How often the pools are judged.
const LOOK: Duration = Duration::from_secs(1);

impl Dispatcher {
    /// A miner with these pools, given as URL (without credentials) and worker, most preferred first.
    pub fn new(
        settings: DispatchSettings,
        pools: impl IntoIterator<Item = (String, String)>,
        now: Instant,
    ) -> Self {
        let mut dispatcher = Self {
            settings,
            pools: pools
                .into_iter()
                .map(|(url, user)| Pool::new(url, user))
                .collect(),
            active: None,
            boards: BTreeMap::new(),
            order: Order {
                job: None,
                epoch: 0,
            },
            actions: VecDeque::new(),
            recent: Recent::default(),
            pending: HashMap::new(),
            next_ticket: 0,
            started: now,
            best: None,
            blocks: 0,
            next_look: now,
            stopping: false,
        };
        dispatcher.handle_timeout(now);
        dispatcher
    }

    /// The next thing to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When [`handle_timeout`](Dispatcher::handle_timeout) wants to be called.
    pub fn poll_timeout(&self) -> Instant {
        self.next_look
    }

    /// Time has come to `now`: pools are judged, and the best is chosen.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.next_look = now + LOOK;
        if self.stopping {
            return;
        }
        for index in 0..self.pools.len() {
            if let Some(why) = self.pools[index].complaint(now, &self.settings.patience) {
                self.condemn(index, why, now);
            }
        }
        self.choose(now);
    }

    /// A board was opened; its reports will follow. One that comes back keeps its counts.
    pub fn board_opened(&mut self, board: BoardId, place: &str, model: &'static str, now: Instant) {
        let new = || BoardRecord::new(board, printable(place, 200), model, now);
        self.boards.entry(board).or_insert_with(new).opened();
    }

    /// The newest order: what a board that joins now works on.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Takes what a pool's link says.
    pub fn pool_said(&mut self, source: SourceId, said: PoolSaid, now: Instant) {
        let index = usize::from(source.0);
        if index >= self.pools.len() {
            return;
        }
        match said {
            PoolSaid::Connecting => self.pools[index].redialling(now),
            PoolSaid::Connected => self.pools[index].connected(now),
            PoolSaid::Event(event) => self.pool_event(index, event, now),
            PoolSaid::Complaint(text) => {
                let pool = self.pools[index].url().to_owned();
                self.tell(Notice::PoolComplaint { pool, text });
            }
            PoolSaid::Verdict {
                ticket,
                outcome,
                latency,
            } => self.verdict(ticket, outcome, latency, now),
            PoolSaid::Lost(why) => self.lost(index, why, now),
        }
    }

    /// Takes what a board's loop says.
    pub fn board_said(&mut self, report: Report, now: Instant) {
        let Some(record) = self.boards.get_mut(&report.board) else {
            return;
        };
        match report.said {
            Said::Share(share) => self.share(report.board, share, now),
            Said::Weak(hash) => {
                record.right_nonce(&hash, now);
                let difficulty =
                    crate::units::Target::from_le_bytes(*hash.as_internal()).to_difficulty_lossy();
                self.best_so_far(difficulty);
            }
            Said::HardwareError(_) => record.wrong_nonce(),
            Said::Garbage(bytes) => record.garbage(bytes),
            Said::Rate(rate) => record.measured(rate),
            Said::Threshold(threshold) => record.reports(threshold),
            other => self.board_state(report.board, other, now),
        }
    }

    /// The program is about to end: boards idle, shares on their way may still be judged.
    pub fn stop(&mut self) {
        self.stopping = true;
        self.give_order(None, true);
    }

    /// Shares on their way.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Whether some pool is up.
    pub fn has_pool(&self) -> bool {
        self.active.is_some()
    }

    /// Whether every pool has been tried and is down.
    pub fn all_pools_failed(&self, now: Instant) -> bool {
        self.pools
            .iter()
            .all(|pool| pool.is_failing(now, &self.settings.patience))
    }

    /// Everything that people and programs may want to know.
    pub fn snapshot(&self, now: Instant) -> Snapshot {
        let has_job = self.order.job.is_some();
        let boards: Vec<_> = self
            .boards
            .values()
            .map(|board| board.snapshot(has_job, now))
            .collect();
        let mut totals = Counters::default();
        for board in &boards {
            totals.add(&board.counters);
        }
        let running = self.boards.values().filter(|board| board.counts());
        Snapshot {
            uptime: now.saturating_duration_since(self.started),
            hashrate: running.map(|board| board.hashrate(now)).sum(),
            boards,
            pools: (0..)
                .zip(&self.pools)
                .map(|(i, pool)| pool.snapshot(self.active == Some(i), now))
                .collect(),
            totals,
            best: self.best,
            blocks: self.blocks,
        }
    }
}

/// Pools: events, judgement, choice.
impl Dispatcher {
    fn pool_event(&mut self, index: usize, event: PoolEvent, now: Instant) {
        let pool = self.pools[index].url().to_owned();
        match event {
            PoolEvent::Ready => {
                self.pools[index].ready();
                self.tell(Notice::PoolReady { pool });
            }
            PoolEvent::Job(job) => self.job(index, &job, now),
            PoolEvent::Message(text) => self.tell(Notice::PoolMessage { pool, text }),
            // The job that follows carries it, and the link takes care of the rest.
            PoolEvent::Difficulty(_)
            | PoolEvent::Verdict { .. }
            | PoolEvent::Redirect { .. }
            | PoolEvent::Close(_) => {}
        }
    }

    fn job(&mut self, index: usize, job: &Arc<Job>, now: Instant) {
        // Anything that a link says after it was told to drop its connection is late.
        if self.stopping || !self.pools[index].is_linked() {
            return;
        }
        self.pools[index].take_job(Arc::clone(job), now);
        if self.active == Some(index) {
            self.give_order(Some(Arc::clone(job)), job.clean);
        } else {
            self.choose(now);
        }
        self.tell(Notice::NewJob {
            pool: self.pools[index].url().to_owned(),
            job: printable(&String::from_utf8_lossy(&job.key.0), 64),
            clean: job.clean,
            difficulty: job.target.to_difficulty_lossy(),
        });
    }

    fn lost(&mut self, index: usize, why: String, now: Instant) {
        // The echo of our own order to disconnect is no news.
        if !self.pools[index].is_linked() {
            return;
        }
        if self.pools[index].lost(why.clone(), now) {
            let pool = self.pools[index].url().to_owned();
            self.tell(Notice::PoolDown { pool, why });
        }
        self.choose(now);
    }

    fn condemn(&mut self, index: usize, why: String, now: Instant) {
        self.pools[index].condemned(why.clone(), now);
        self.actions
            .push_back(Action::Disconnect(source(index), why.clone()));
        let pool = self.pools[index].url().to_owned();
        self.tell(Notice::PoolDown { pool, why });
    }

    /// Chooses the pool to work for and the pools to be connected to.
    fn choose(&mut self, now: Instant) {
        let best = self.pools.iter().position(Pool::is_up);
        match (self.active, best) {
            (Some(active), Some(best)) if active == best => {}
            (Some(active), Some(best)) if self.pools[active].is_up() => {
                self.consider_failback(best, now);
            }
            (_, Some(best)) => self.activate(best, "the best pool that is up"),
            (Some(_), None) => {
                self.active = None;
                self.give_order(None, true);
                self.tell(Notice::NoPool);
            }
            (None, None) => {}
        }
        self.connect_wanted(now);
    }

    /// A better pool than the active one is up: return to it once it has been for a while.
    fn consider_failback(&mut self, best: usize, now: Instant) {
        let stable = |since: Instant| {
            now.saturating_duration_since(since) >= self.settings.patience.failback
        };
        if self.pools[best].up_since().is_some_and(stable) {
            self.activate(best, "the better pool is back");
        }
    }

    fn activate(&mut self, index: usize, why: &str) {
        self.active = Some(index);
        let job = self.pools[index].job().cloned();
        self.give_order(job, true);
        let pool = self.pools[index].url().to_owned();
        self.tell(Notice::PoolActive {
            pool,
            why: why.to_owned(),
        });
    }

    /// A pool is wanted while no better one works; those that are worse than the active one are left alone.
    fn connect_wanted(&mut self, now: Instant) {
        let mut better_fail = true;
        for index in 0..self.pools.len() {
            let wanted = better_fail || self.active.is_some_and(|active| index <= active);
            if wanted && self.pools[index].wants_connect(now) {
                self.pools[index].connecting(now);
                self.actions.push_back(Action::Connect(source(index)));
            } else if !wanted
                && self.pools[index].is_linked()
                && self.active.is_some_and(|active| index > active)
            {
                self.pools[index].turned_off();
                self.actions.push_back(Action::Disconnect(
                    source(index),
                    "a better pool is up".to_owned(),
                ));
            }
            better_fail &= self.pools[index].is_failing(now, &self.settings.patience);
            if let Some(until) = self.pools[index].resting_until() {
                self.next_look = self.next_look.min(until.max(now));
            }
        }
    }

    fn give_order(&mut self, job: Option<Arc<Job>>, void: bool) {
        self.order = Order {
            job,
            epoch: self.order.epoch + u64::from(void),
        };
        self.actions.push_back(Action::Order(self.order.clone()));
    }
}

/// Boards and shares.
impl Dispatcher {
    fn board_state(&mut self, board: BoardId, said: Said, now: Instant) {
        let Some(record) = self.boards.get_mut(&board) else {
            return;
        };
        let notice = match said {
            Said::Started(ability) => record.started(ability, now),
            Said::Resetting { why, until } => {
                let pause = BoardRecord::pause(until, now).as_secs();
                record.trouble(
                    BoardState::Resetting(why.clone()),
                    format!("{why}; reset in {pause} s"),
                )
            }
            Said::Parked(why) => {
                record.trouble(BoardState::Parked(why.clone()), format!("parked: {why}"))
            }
            Said::Gone(error) => record.trouble(
                BoardState::Gone,
                format!("{error}; it joins again when it is back"),
            ),
            _ => return record.stopped(),
        };
        self.tell(notice);
    }

    fn share(&mut self, board: BoardId, share: Share, now: Instant) {
        let difficulty = share.difficulty();
        self.best_so_far(difficulty);
        let index = usize::from(share.job().source.0);
        let Some(record) = self.boards.get_mut(&board) else {
            return;
        };
        record.right_nonce(share.hash(), now);
        if self.pools.get(index).is_none() {
            return;
        }
        let fresh = self.recent.insert(*share.hash());
        if fresh && share.is_block() {
            self.block(board, index, &share);
        }
        let pool = &self.pools[index];
        let refused = if !fresh {
            Some((Reject::Duplicate, "found twice, not sent"))
        } else if !pool.is_session_of(&share) {
            Some((Reject::Stale, "its connection is gone, not sent"))
        } else if !pool.takes(&share) && !self.settings.submit_stale && !share.is_block() {
            Some((Reject::Stale, "its job is void, not sent"))
        } else {
            None
        };
        let pending = Pending {
            board,
            pool: index,
            difficulty,
            target: share.job().target.to_difficulty_lossy(),
        };
        match refused {
            Some((reject, why)) => {
                self.judged(&pending, Outcome::Rejected(reject, why.to_owned()), None);
            }
            None => self.send(pending, share, now),
        }
    }

    fn send(&mut self, pending: Pending, share: Share, now: Instant) {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.pools[pending.pool].sent(now);
        self.count(&pending, |counters| counters.pending += 1);
        self.actions
            .push_back(Action::Submit(source(pending.pool), ticket, share));
        self.pending.insert(ticket, pending);
    }

    fn verdict(
        &mut self,
        ticket: Ticket,
        outcome: Outcome,
        latency: Option<Duration>,
        now: Instant,
    ) {
        let Some(pending) = self.pending.remove(&ticket) else {
            return;
        };
        let late = matches!(outcome, Outcome::Rejected(Reject::Stale, _));
        self.pools[pending.pool].answered(&outcome, latency, late, now);
        self.count(&pending, |counters| counters.pending -= 1);
        self.judged(&pending, outcome, latency);
    }

    /// Counts a share's end and tells of it.
    fn judged(&mut self, pending: &Pending, outcome: Outcome, latency: Option<Duration>) {
        let target = pending.target;
        self.count(pending, |counters| match &outcome {
            Outcome::Accepted => {
                counters.accepted += 1;
                counters.difficulty_accepted += target.get();
            }
            Outcome::Rejected(Reject::Stale, _) => counters.stale += 1,
            Outcome::Rejected(Reject::Duplicate, _) => counters.duplicate += 1,
            Outcome::Rejected(..) => counters.rejected += 1,
            Outcome::Unknown => counters.unanswered += 1,
        });
        let place = self
            .boards
            .get(&pending.board)
            .map_or_else(String::new, |board| board.place().to_owned());
        let pool = self.pools[pending.pool].url().to_owned();
        let (board, difficulty) = (Some(pending.board), pending.difficulty);
        self.tell(Notice::Verdict {
            board,
            place,
            pool,
            outcome,
            difficulty,
            target,
            latency,
        });
    }

    fn count(&mut self, pending: &Pending, change: impl Fn(&mut Counters)) {
        change(&mut self.pools[pending.pool].counters);
        if let Some(board) = self.boards.get_mut(&pending.board) {
            change(&mut board.counters);
        }
    }

    fn block(&mut self, board: BoardId, index: usize, share: &Share) {
        self.blocks += 1;
        let place = self
            .boards
            .get(&board)
            .map_or_else(String::new, |board| board.place().to_owned());
        let pool = self.pools[index].url().to_owned();
        self.tell(Notice::BlockFound {
            place,
            pool,
            hash: *share.hash(),
        });
    }

    fn best_so_far(&mut self, difficulty: Difficulty) {
        if self.best.is_none_or(|best| difficulty > best) {
            self.best = Some(difficulty);
        }
    }

    fn tell(&mut self, notice: Notice) {
        self.actions.push_back(Action::Tell(notice));
    }
}

fn source(index: usize) -> SourceId {
    SourceId(index as u16)
}

#[cfg(test)]
mod tests;
