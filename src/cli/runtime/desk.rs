//! Where everything that happens in a running miner is dealt with: the decisions, and what they act on. Nothing here waits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, watch};

use super::super::fleet::{BoardPlan, Fleet};
use crate::miner::{Action, Dispatcher, Order, PoolSaid, Report, Snapshot, Ticket};
use crate::net::{Ear, LinkCommand, LinkEvent};
use crate::report::Console;
use crate::work::{Outcome, Share, SourceId};

/// How long after an order the boards' next pieces of work are made: everything that waits for the order itself goes first.
const PREPARE_AFTER: Duration = Duration::from_millis(1);

/// The running miner's decisions, links, boards and screen.
pub(super) struct Desk {
    pub(super) dispatcher: Dispatcher,
    pub(super) links: Vec<mpsc::Sender<LinkCommand>>,
    /// Dropped to end the boards' threads.
    pub(super) orders: Option<watch::Sender<Order>>,
    pub(super) fleet: Fleet,
    /// When the boards' next pieces of work are made, after an order.
    pub(super) prepare_at: Option<Instant>,
    pub(super) console: Console,
}

/// The desk in the hands of the tasks of one thread: one after the other, and none keeps it while it waits.
///
/// A pool's link and a board's watch bring what they hear to the desk themselves; a channel and another task on the way
/// of every job and every nonce cost more than all that is done with them here.
#[derive(Clone)]
pub(super) struct SharedDesk {
    desk: Arc<Mutex<Desk>>,
    /// Rung when something was dealt with outside of the main loop, whose timer may be wrong then.
    changed: Arc<Notify>,
}

impl SharedDesk {
    pub(super) fn new(desk: Desk) -> Self {
        Self {
            desk: Arc::new(Mutex::new(desk)),
            changed: Arc::new(Notify::new()),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something was dealt with by somebody else than the main loop.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// What hears a link's events at the desk. It does not keep the desk alive: links end with it.
    pub(super) fn ear(&self) -> Ear {
        let visitor = self.visitor();
        Box::new(move |source, event| {
            visitor.visit(event, |desk, event| desk.pool_said(source, event))
        })
    }

    pub(super) fn visitor(&self) -> Visitor {
        Visitor {
            desk: Arc::downgrade(&self.desk),
            changed: Arc::clone(&self.changed),
        }
    }
}

/// Somebody who brings things to the desk.
#[derive(Clone)]
pub(in crate::cli) struct Visitor {
    desk: Weak<Mutex<Desk>>,
    changed: Arc<Notify>,
}

impl Visitor {
    /// Brings a board's report to the desk; given back if nobody is there.
    pub(in crate::cli) fn report(&self, report: Report) -> Option<Report> {
        self.visit(report, Desk::board_said)
    }

    fn visit<T>(&self, what: T, deal: impl FnOnce(&mut Desk, T)) -> Option<T> {
        let Some(desk) = self.desk.upgrade() else {
            return Some(what);
        };
        // Taken: by the very act that led here.
        let Ok(mut desk) = desk.try_lock() else {
            return Some(what);
        };
        deal(&mut desk, what);
        desk.act();
        self.changed.notify_one();
        None
    }
}

impl Desk {
    /// When [`handle_timeout`](Desk::handle_timeout) wants to be called.
    pub(super) fn next_timeout(&self) -> Instant {
        let timeout = self.dispatcher.poll_timeout();
        self.prepare_at
            .map_or(timeout, |prepare| prepare.min(timeout))
    }

    pub(super) fn handle_timeout(&mut self) {
        let now = Instant::now();
        if self.prepare_at.is_some_and(|prepare| now >= prepare) {
            self.prepare_at = None;
            self.fleet.prepare();
        }
        if now >= self.dispatcher.poll_timeout() {
            self.dispatcher.handle_timeout(now);
        }
    }

    /// The end of the run: its last word to people.
    pub(super) fn finish(&mut self) -> Snapshot {
        let snapshot = self.dispatcher.snapshot(Instant::now());
        self.console.finish(&snapshot);
        snapshot
    }

    /// Does what the dispatcher wants. Orders come out before the notices about them: people wait, boards do not.
    pub(super) fn act(&mut self) {
        while let Some(action) = self.dispatcher.poll_action() {
            match action {
                Action::Order(order) => self.order(&order),
                Action::Submit(pool, ticket, share) => self.submit(pool, ticket, share),
                Action::Connect(pool) => self.command(pool, LinkCommand::Connect),
                Action::Disconnect(pool, why) => self.command(pool, LinkCommand::Disconnect(why)),
                Action::Tell(notice) => self.console.notice(&notice, Instant::now()),
            }
        }
    }

    fn order(&mut self, order: &Order) {
        if let Some(orders) = &self.orders {
            orders.send_replace(order.clone());
            self.prepare_at = Some(Instant::now() + PREPARE_AFTER);
            for report in self.fleet.give(order) {
                self.board_said(report);
            }
        }
    }

    fn submit(&mut self, pool: SourceId, ticket: Ticket, share: Share) {
        let sent = self.links[usize::from(pool.0)].try_send(LinkCommand::Submit {
            share,
            ticket: ticket.0,
        });
        if sent.is_err() {
            let said = PoolSaid::Verdict {
                ticket,
                outcome: Outcome::Unknown,
                latency: None,
            };
            self.dispatcher.pool_said(pool, said, Instant::now());
        }
    }

    fn command(&mut self, pool: SourceId, command: LinkCommand) {
        if self.links[usize::from(pool.0)].try_send(command).is_err() {
            tracing::error!(pool = pool.0, "the pool's link takes no commands");
        }
    }

    pub(super) fn pool_said(&mut self, source: SourceId, event: LinkEvent) {
        let said = match event {
            LinkEvent::Connecting => PoolSaid::Connecting,
            LinkEvent::Connected => PoolSaid::Connected,
            LinkEvent::Pool(event) => PoolSaid::Event(event),
            LinkEvent::Complaint(words) => PoolSaid::Complaint(words),
            LinkEvent::Verdict {
                ticket,
                outcome,
                latency,
            } => PoolSaid::Verdict {
                ticket: Ticket(ticket),
                outcome,
                latency,
            },
            LinkEvent::Lost { why, .. } => PoolSaid::Lost(why),
        };
        self.dispatcher.pool_said(source, said, Instant::now());
    }

    pub(super) fn board_said(&mut self, report: Report) {
        self.fleet.heard(&report);
        self.dispatcher.board_said(report, Instant::now());
    }

    pub(super) fn add(&mut self, boards: Vec<BoardPlan>) {
        let now = Instant::now();
        for board in boards {
            self.fleet.add_new(board, &mut self.dispatcher, now);
        }
    }

    pub(super) fn look(&mut self, visitor: &Visitor) {
        let now = Instant::now();
        self.fleet.look_around(&mut self.dispatcher, now);
        self.fleet.watch(visitor);
        self.console.update(&self.dispatcher.snapshot(now), now);
    }
}
