//! The decisions of the miner as one state machine: no I/O, no clock, no threads.
//!
//! Fed with what pools and boards say and with time; drained of [`Action`]s. The life of a share is here: found, recognised as
//! stale or duplicate or sent under a [`Ticket`], and judged; it is in exactly one counter at any time. Which pool is worked for
//! is decided in `choice`, what becomes of a share in `shares`.

mod choice;
mod shares;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::boards::BoardRecord;
use super::pools::{Patience, Pool};
use super::recent::Recent;
use super::snapshot::{Counters, Snapshot};
use super::{BoardId, Notice, Order, Report, Said, Ticket};
use crate::pool::PoolEvent;
use crate::units::{Difficulty, printable};
use crate::work::{Outcome, Share, SourceId};

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
    had_pool: bool,
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
            had_pool: false,
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
                self.weak(&hash);
            }
            Said::HardwareError(_) => record.wrong_nonce(),
            Said::Garbage(_) => record.garbage(),
            Said::Answered { origin, right } => record.chips.answered(origin, right),
            Said::Fault { chip, kind } => record.fault(chip, kind),
            Said::Telemetry(telemetry) => record.sensed(telemetry),
            Said::Words(text) => {
                let notice = record.words(text);
                self.tell(notice);
            }
            Said::Rate(rate) => record.measured(rate),
            Said::Threshold(threshold) => record.reported(threshold),
            Said::Reports(threshold) => record.reports(threshold),
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

    /// Nobody waits for verdicts any more: shares on their way end without one.
    pub fn give_up_waiting(&mut self, now: Instant) {
        let mut tickets: Vec<Ticket> = self.pending.keys().copied().collect();
        tickets.sort_unstable();
        for ticket in tickets {
            self.verdict(ticket, Outcome::Unknown, None, now);
        }
    }

    /// Whether some pool is up.
    pub fn has_pool(&self) -> bool {
        self.active.is_some()
    }

    /// Whether some pool was worked for at any time.
    pub fn had_pool(&self) -> bool {
        self.had_pool
    }

    /// Whether every pool has been tried and is down.
    pub fn all_pools_failed(&self, now: Instant) -> bool {
        self.pools
            .iter()
            .all(|pool| pool.is_failing(now, &self.settings.patience))
    }

    /// Everything that people and programs may want to know.
    pub fn snapshot(&self, now: Instant) -> Snapshot {
        let wanted = self.order.job.as_ref().map(|job| job.algorithm.name());
        let boards: Vec<_> = self
            .boards
            .values()
            .map(|board| board.snapshot(wanted, now))
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

fn source(index: usize) -> SourceId {
    SourceId(index as u16)
}

#[cfg(test)]
mod tests;
