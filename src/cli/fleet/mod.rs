//! The boards of this run: opened on their threads, watched, and opened again when they are plugged in again.

mod plan;

use std::time::{Duration, Instant};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc::error::SendError;
use tokio::sync::{mpsc, watch};

use super::runtime::Visitor;
use crate::board::Connection;
use crate::miner::thread::{BoardThread, Heard, Watch};
use crate::miner::{BoardId, Dispatcher, Order, Report, Said};
use plan::Node;
pub(crate) use plan::{BoardPlan, Reach};

/// From so many boards on one thread watches all their ports. With fewer a board's own thread is sooner at the board's next work, by more
/// than its share is later at the pool (`cargo bench --bench latency`).
const WATCHED_FROM: usize = 100;

/// How long a program that ends by a mistake of ours waits for boards to switch off.
const LAST_BOARDS: Duration = Duration::from_secs(10);

/// Every board of this run.
pub(crate) struct Fleet {
    members: Vec<Member>,
    orders: watch::Receiver<Order>,
    reports: mpsc::Sender<Report>,
    was_waited_for: bool,
}

struct Member {
    id: BoardId,
    plan: BoardPlan,
    thread: Option<BoardThread>,
    life: Life,
    /// Which port node it was opened at.
    node: Option<Node>,
    /// Its port was not there since it was given up.
    unplugged: bool,
}

/// How far a board's thread has come, by its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Runs,
    /// It has ended without a word so far: its last one may still be on its way.
    EndedMute,
    /// It has said its last word; it is opened again when its port is there.
    Ended,
    /// Given up: it is opened again only when it was plugged in again.
    Parked,
}

impl Member {
    fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(BoardThread::is_finished)
    }

    /// Its thread has ended, and the port is there: as it was, if the board was only gone; as another node, if it was given up.
    fn is_plugged_in_again(&mut self) -> bool {
        if !matches!(self.life, Life::Ended | Life::Parked) || !self.has_ended() {
            return false;
        }
        let node = self.plan.node();
        self.unplugged |= node.is_none();
        let is_another = self.unplugged || node != self.node;
        node.is_some() && (self.life == Life::Ended || is_another) && self.plan.is_still_itself()
    }

    /// Whether its thread has failed: it ended a while ago and said nothing.
    fn has_failed(&mut self) -> bool {
        match self.life {
            Life::EndedMute => true,
            Life::Runs if self.has_ended() => {
                self.life = Life::EndedMute;
                false
            }
            Life::Runs | Life::Ended | Life::Parked => false,
        }
    }
}

impl Fleet {
    /// A fleet without boards.
    pub(crate) fn new(orders: watch::Receiver<Order>, reports: mpsc::Sender<Report>) -> Self {
        Self {
            members: Vec::new(),
            orders,
            reports,
            was_waited_for: false,
        }
    }

    /// Adds a board and starts its thread.
    pub(crate) fn add(&mut self, plan: BoardPlan, dispatcher: &mut Dispatcher, now: Instant) {
        let id = BoardId(self.members.len() as u32);
        self.members.push(Member {
            id,
            plan,
            thread: None,
            life: Life::Ended,
            node: None,
            unplugged: false,
        });
        self.start(self.members.len() - 1, dispatcher, now);
    }

    /// Adds a board that was found, unless one at its port is in the fleet: one that runs, one that a person named, or itself.
    pub(crate) fn add_new(&mut self, plan: BoardPlan, dispatcher: &mut Dispatcher, now: Instant) {
        let keeps_out = |member: &Member| {
            let stays = !member.plan.found || !member.has_ended();
            let same = member.plan.model.name == plan.model.name;
            (stays || same) && member.plan.has_port_of(&plan)
        };
        if !self.members.iter().any(keeps_out) {
            self.add(plan, dispatcher, now);
        }
    }

    /// Tells every board's thread to look at its orders.
    pub(crate) fn ring(&self) {
        self.members
            .iter()
            .filter_map(|member| member.thread.as_ref())
            .for_each(BoardThread::ring);
    }

    /// Brings an order to every board; what boards said to it.
    pub(crate) fn give(&self, order: &Order) -> Vec<Report> {
        let mut reports = Vec::new();
        for thread in self
            .members
            .iter()
            .filter_map(|member| member.thread.as_ref())
        {
            thread.give(order, &mut |report| reports.push(report));
        }
        reports
    }

    /// Makes the next piece of work of every board that only waits: before it is asked for.
    pub(crate) fn prepare(&self) {
        let threads = self
            .members
            .iter()
            .filter_map(|member| member.thread.as_ref());
        threads.for_each(BoardThread::prepare);
    }

    /// Whether every thread has ended.
    pub(crate) fn is_idle(&self) -> bool {
        self.members.iter().all(Member::has_ended)
    }

    /// Nobody has to wait for its boards any more.
    pub(crate) fn was_waited_for(&mut self) {
        self.was_waited_for = true;
    }

    /// Whether every thread of a board with a regulator has ended.
    pub(crate) fn is_cold(&self) -> bool {
        let cold = |member: &Member| {
            let regulated = matches!(member.plan.model.connection, Connection::Usb(_));
            !regulated || member.has_ended()
        };
        self.members.iter().all(cold)
    }

    /// Takes note of how a board's thread ends.
    pub(crate) fn heard(&mut self, report: &Report) {
        if let Some(member) = self.members.get_mut(report.board.0 as usize) {
            match report.said {
                Said::Parked(_) => member.life = Life::Parked,
                Said::Gone(_) | Said::Stopped => member.life = Life::Ended,
                _ => {}
            }
        }
    }

    /// In a large fleet, watches the ports of boards that have just started, on this thread: what they find is on its way to the pool
    /// without a change of threads.
    pub(crate) fn watch(&self, visitor: &Visitor) {
        if self.members.len() < WATCHED_FROM {
            return;
        }
        let threads = self
            .members
            .iter()
            .filter_map(|member| member.thread.as_ref());
        for watch in threads.filter_map(BoardThread::watch) {
            tokio::spawn(hear_out(watch, visitor.clone(), self.reports.clone()));
        }
    }

    /// Looks after boards whose thread has ended: those whose port is back are started again.
    pub(crate) fn look_around(&mut self, dispatcher: &mut Dispatcher, now: Instant) {
        for index in 0..self.members.len() {
            let member = &mut self.members[index];
            if member.has_failed() {
                member.give_up("its thread failed: a mistake in midstate", dispatcher, now);
            } else if member.is_plugged_in_again() {
                self.start(index, dispatcher, now);
            }
        }
    }

    fn start(&mut self, index: usize, dispatcher: &mut Dispatcher, now: Instant) {
        let (orders, reports) = (self.orders.clone(), self.reports.clone());
        let member = &mut self.members[index];
        dispatcher.board_opened(member.id, &member.plan.place(), member.plan.model.name, now);
        member.node = member.plan.node();
        member.unplugged = false;
        member.life = Life::Runs;
        let opener = member.plan.opener(&orders);
        match BoardThread::spawn(member.id, opener, orders, reports) {
            Ok(thread) => member.thread = Some(thread),
            Err(error) => {
                let why = format!("the system starts no more threads: {error}");
                member.give_up(&why, dispatcher, now);
            }
        }
    }
}

/// Whatever ends the program, a panic too: no board is left under voltage. Whoever keeps the orders has dropped them before.
impl Drop for Fleet {
    fn drop(&mut self) {
        self.ring();
        let deadline = Instant::now() + LAST_BOARDS;
        while !self.was_waited_for && !self.is_cold() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Member {
    /// Tells in its thread's stead that it is given up.
    fn give_up(&mut self, why: &str, dispatcher: &mut Dispatcher, now: Instant) {
        self.life = Life::Parked;
        let report = Report {
            board: self.id,
            at: now,
            said: Said::Parked(why.to_owned()),
        };
        dispatcher.board_said(report, now);
    }
}

/// Hears a board out whenever it speaks, until this run of it is over.
async fn hear_out(watch: Watch, visitor: Visitor, reports: mpsc::Sender<Report>) {
    // Without a place in the event loop the board's own thread goes on watching.
    #[expect(
        deprecated,
        reason = "its successor is unsafe to call; the watch owns the descriptor for as long as it is registered"
    )]
    let Ok(port) = AsyncFd::with_interest(watch, Interest::READABLE) else {
        return;
    };
    let mut said = Vec::new();
    while let Ok(mut ready) = port.readable().await {
        let heard = port.get_ref().hear(&mut |report| said.push(report));
        match heard {
            Heard::Out => ready.clear_ready(),
            Heard::More => ready.retain_ready(),
            Heard::Over => {}
        }
        for report in said.drain(..) {
            if tell(report, &visitor, &reports).await.is_err() {
                return;
            }
        }
        match heard {
            Heard::Out => {}
            Heard::More => tokio::task::yield_now().await,
            Heard::Over => return,
        }
    }
}

/// Brings a report to the desk, or puts it in line behind those that are waiting there.
async fn tell(
    report: Report,
    visitor: &Visitor,
    reports: &mpsc::Sender<Report>,
) -> Result<(), SendError<Report>> {
    let is_next = reports.capacity() == reports.max_capacity();
    let report = if is_next {
        visitor.report(report)
    } else {
        Some(report)
    };
    match report {
        Some(report) => reports.send(report).await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
