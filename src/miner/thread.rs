//! A keeper on an OS thread of its own: drivers block, so each board has one.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::keeper::{Keeper, Next, Opener};
use super::{BoardId, Order, Report};
use crate::board::Waker;

/// The longest that a board's loop waits without looking around; orders and stops wake it sooner.
const LOOK_AROUND: Duration = Duration::from_millis(500);

/// A board's thread, seen from outside. Dropping it does not end the thread; closing the order channel and ringing does.
#[derive(Debug)]
pub struct BoardThread {
    bell: Arc<Bell>,
    handle: JoinHandle<()>,
}

/// Wakes a board's thread, wherever it waits: in its transport, or in a pause.
#[derive(Debug, Default)]
struct Bell {
    /// Set while the board runs. The lock is held for a copy only, and contended only by a reset.
    waker: Mutex<Option<Waker>>,
}

impl Bell {
    fn hang(&self, waker: Option<Waker>) {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = waker;
    }

    fn ring(&self, thread: &Thread) {
        thread.unpark();
        if let Some(waker) = &*self.waker.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake();
        }
    }
}

impl BoardThread {
    /// Starts a thread that opens and keeps a board. It ends when the board is gone or given up, or when `orders` is closed.
    ///
    /// # Errors
    /// When the system has no more threads.
    pub fn spawn(
        board: BoardId,
        open: Opener,
        orders: watch::Receiver<Order>,
        reports: mpsc::Sender<Report>,
    ) -> std::io::Result<Self> {
        let bell = Arc::new(Bell::default());
        let run = {
            let bell = Arc::clone(&bell);
            move || keep(Keeper::new(board, open), &bell, orders, &reports)
        };
        let name = format!("board {board}");
        // Drivers keep no large values on the stack; hundreds of boards should not cost gigabytes of address space.
        let handle = std::thread::Builder::new()
            .name(name)
            .stack_size(256 * 1024)
            .spawn(run)?;
        Ok(Self { bell, handle })
    }

    /// Tells the thread to look at its orders now.
    pub fn ring(&self) {
        self.bell.ring(self.handle.thread());
    }

    /// Whether the thread has ended.
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }
}

fn keep(
    mut keeper: Keeper,
    bell: &Bell,
    mut orders: watch::Receiver<Order>,
    reports: &mpsc::Sender<Report>,
) {
    // A report that nobody takes any more is a report after the end.
    let mut tell = |report: Report| drop(reports.blocking_send(report));
    orders.mark_changed();
    let mut running = false;
    loop {
        match orders.has_changed() {
            Ok(true) => {
                let order = orders.borrow_and_update().clone();
                keeper.obey(order, Instant::now(), &mut tell);
            }
            Ok(false) => {}
            Err(_) => return keeper.stop(Instant::now(), &mut tell),
        }
        let now = Instant::now();
        let next = keeper.turn(now, now + LOOK_AROUND, &mut tell);
        let waker = keeper.waker();
        if waker.is_some() != running {
            running = waker.is_some();
            bell.hang(waker);
        }
        match next {
            Next::Again => {}
            Next::At(time) => {
                std::thread::park_timeout(time.saturating_duration_since(Instant::now()));
            }
            Next::End => return,
        }
    }
}
