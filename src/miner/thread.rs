//! A keeper on an OS thread of its own: drivers block, so each board has one.
//!
//! While a board's thread only waits for the board's next word, whoever brings an order carries it out in the thread's stead: a new
//! job for two hundred boards costs two hundred writes, not two hundred changes of threads. In the same way an event loop may watch the
//! board's port and hear the board out ([`Watch`]): a nonce is then on its way to the pool without a change of threads. A board that is
//! busy, or whose port has no room, is never waited for; its thread is told to look after it.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};

use super::keeper::{Keeper, Next, Opener};
use super::{BoardId, Order, Report};
use crate::board::{Lookout, Stop, Waker};

/// The longest that a board's loop waits without looking around; orders and stops wake it sooner.
const LOOK_AROUND: Duration = Duration::from_millis(500);

/// A board's thread, seen from outside. Dropping it does not end the thread; closing the order channel and ringing does.
#[derive(Debug)]
pub struct BoardThread {
    shared: Arc<Shared>,
    handle: JoinHandle<()>,
}

/// What a board's thread shares with those who bring orders.
#[derive(Debug)]
struct Shared {
    bell: Bell,
    kept: Mutex<Kept>,
    /// The port of a board that has just started, for somebody to watch it.
    unwatched: Mutex<Option<(Run, Lookout)>>,
    /// The run whose port somebody watches; its thread waits for orders and for the clock only. 0: nobody does.
    watched: AtomicU64,
}

/// The number of a run of the board, from 1: it is opened again after a reset.
type Run = u64;

/// A keeper in the hands of its thread, or of one who brings an order.
struct Kept {
    keeper: Keeper,
    /// The order that was obeyed last.
    obeyed: Option<Order>,
    /// Until when the thread waits for the board to speak, and for nothing else; `None`: it is busy.
    waits_until: Option<Instant>,
    run: Run,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept")
            .field("obeyed", &self.obeyed)
            .field("waits_until", &self.waits_until)
            .finish_non_exhaustive()
    }
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

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unwatched(&self) -> MutexGuard<'_, Option<(Run, Lookout)>> {
        self.unwatched
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The keeper, if its thread waits for the board to speak; and until when.
    fn while_waiting(&self) -> Option<(MutexGuard<'_, Kept>, Instant)> {
        let kept = match self.kept.try_lock() {
            Ok(kept) => kept,
            Err(TryLockError::WouldBlock | TryLockError::Poisoned(_)) => return None,
        };
        let until = kept.waits_until?;
        Some((kept, until))
    }
}

impl Kept {
    /// Takes an order, once: it may come by the channel and by hand.
    fn obey(&mut self, order: &Order, now: Instant, tell: &mut dyn FnMut(Report)) {
        if self.obeyed.as_ref().is_some_and(|old| is_same(old, order)) {
            return;
        }
        self.obeyed = Some(order.clone());
        self.keeper.obey(order.clone(), now, tell);
    }

    /// One turn. A board with a lookout is not waited for in it.
    fn turn(&mut self, lookout: bool, tell: &mut dyn FnMut(Report)) -> Next {
        let now = Instant::now();
        let latest = now + LOOK_AROUND;
        if !lookout {
            return self.keeper.turn(now, latest, tell);
        }
        let next = self.keeper.turn(now, now, tell);
        let due = self.keeper.due(latest);
        self.waits_until = due.filter(|until| *until > Instant::now());
        next
    }
}

fn is_same(one: &Order, other: &Order) -> bool {
    let same_job = match (&one.job, &other.job) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    };
    same_job && one.epoch == other.epoch
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
        let stop = {
            let orders = orders.clone();
            Stop::new(move || orders.has_changed().is_err())
        };
        let shared = Arc::new(Shared {
            bell: Bell::default(),
            kept: Mutex::new(Kept {
                keeper: Keeper::new(board, open).heeding(stop),
                obeyed: None,
                waits_until: None,
                run: 0,
            }),
            unwatched: Mutex::new(None),
            watched: AtomicU64::new(0),
        });
        let run = {
            let shared = Arc::clone(&shared);
            move || Loop::new(&shared, orders, reports).run()
        };
        let name = format!("board {board}");
        // Drivers keep no large values on the stack; hundreds of boards should not cost gigabytes of address space.
        let handle = std::thread::Builder::new()
            .name(name)
            .stack_size(256 * 1024)
            .spawn(run)?;
        Ok(Self { shared, handle })
    }

    /// Brings the newest order, which must be in the order channel too. It is carried out at once if the board's thread only waits and
    /// the board's port has room, with what there is to report for `tell`; if not, the thread is told. Never waits.
    pub fn give(&self, order: &Order, tell: &mut dyn FnMut(Report)) {
        if !self.give_at_once(order, tell) {
            self.ring();
        }
    }

    /// `false`: the thread has something to do.
    fn give_at_once(&self, order: &Order, tell: &mut dyn FnMut(Report)) -> bool {
        let Some((mut kept, until)) = self.shared.while_waiting() else {
            return false;
        };
        if !kept.keeper.takes_at_once() {
            return false;
        }
        kept.obey(order, Instant::now(), tell);
        kept.keeper.due(until).is_some_and(|due| due >= until)
    }

    /// Makes the board's next piece of work, if its thread only waits: before it is asked for, but after every board has its first.
    pub fn prepare(&self) {
        if let Some((mut kept, _)) = self.shared.while_waiting() {
            kept.keeper.prepare();
        }
    }

    /// The port of a board that was (re)started since the last call, to be watched by an event loop. Until it is dropped, the board's
    /// thread does not wait for the port any more.
    pub fn watch(&self) -> Option<Watch> {
        let (run, lookout) = self.shared.unwatched().take()?;
        let port = lookout.port()?;
        let watch = Watch {
            shared: Arc::clone(&self.shared),
            thread: self.handle.thread().clone(),
            run,
            port,
        };
        self.shared.watched.store(run, Ordering::Release);
        self.ring();
        Some(watch)
    }

    /// Tells the thread to look at its orders now.
    pub fn ring(&self) {
        self.shared.bell.ring(self.handle.thread());
    }

    /// Whether the thread has ended.
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }
}

/// A running board's port in the hands of an event loop.
#[derive(Debug)]
pub struct Watch {
    shared: Arc<Shared>,
    thread: Thread,
    run: Run,
    port: Arc<OwnedFd>,
}

/// What hearing a board out has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// All that it said was read, or its thread does so.
    Out,
    /// It has still more to say.
    More,
    /// This run of the board is over.
    Over,
}

/// How much a board may say before others are heard.
const TURNS: usize = 16;

impl Watch {
    /// Hears what the board says, and feeds it; what there is to report goes to `tell`. Never waits: a thread that is busy, or a port
    /// without room, leaves it to the thread.
    pub fn hear(&self, tell: &mut dyn FnMut(Report)) -> Heard {
        let Some((mut kept, parked)) = self.shared.while_waiting() else {
            self.ring();
            return if self.is_over() {
                Heard::Over
            } else {
                Heard::Out
            };
        };
        if kept.run != self.run {
            return Heard::Over;
        }
        if !kept.keeper.takes_at_once() {
            self.ring();
            return Heard::Out;
        }
        for _ in 0..TURNS {
            kept.turn(true, tell);
            match kept.waits_until {
                Some(until) => {
                    if until < parked {
                        self.ring();
                    }
                    return Heard::Out;
                }
                None if kept.keeper.waker().is_none() => {
                    self.ring();
                    return Heard::Over;
                }
                None => {}
            }
        }
        kept.waits_until = Some(parked);
        Heard::More
    }

    fn is_over(&self) -> bool {
        self.shared.watched.load(Ordering::Acquire) != self.run
    }

    fn ring(&self) {
        self.shared.bell.ring(&self.thread);
    }
}

/// The port: it becomes readable when the board has said something.
impl AsRawFd for Watch {
    fn as_raw_fd(&self) -> RawFd {
        self.port.as_raw_fd()
    }
}

/// Nobody watches any more: the board's thread does again.
impl Drop for Watch {
    fn drop(&mut self) {
        let watched = &self.shared.watched;
        let ours = watched.compare_exchange(self.run, 0, Ordering::AcqRel, Ordering::Relaxed);
        if ours.is_ok() {
            self.ring();
        }
    }
}

/// The thread's side.
struct Loop<'a> {
    shared: &'a Shared,
    orders: watch::Receiver<Order>,
    reports: mpsc::Sender<Report>,
    running: bool,
    lookout: Option<Lookout>,
}

/// However the loop ends, by a panic too, the board is let go of: left idle, its port free.
impl Drop for Loop<'_> {
    fn drop(&mut self) {
        self.shared.bell.hang(None);
        self.shared.lock().keeper.close();
    }
}

impl<'a> Loop<'a> {
    fn new(
        shared: &'a Shared,
        mut orders: watch::Receiver<Order>,
        reports: mpsc::Sender<Report>,
    ) -> Self {
        orders.mark_changed();
        Self {
            shared,
            orders,
            reports,
            running: false,
            lookout: None,
        }
    }

    fn run(&mut self) {
        loop {
            let (next, waits_until) = self.turn();
            match (next, waits_until, &self.lookout) {
                (Next::End, ..) => return,
                (Next::At(time), ..) => {
                    std::thread::park_timeout(time.saturating_duration_since(Instant::now()));
                }
                (Next::Again, Some(until), Some(lookout)) => self.wait(lookout, until),
                (Next::Again, ..) => {}
            }
        }
    }

    /// Waits for the board to speak, unless somebody else does, and for a ring.
    fn wait(&self, lookout: &Lookout, until: Instant) {
        if self.shared.watched.load(Ordering::Acquire) == 0 {
            lookout.wait(until);
        } else {
            std::thread::park_timeout(until.saturating_duration_since(Instant::now()));
        }
    }

    /// Takes the newest order and gives the keeper a turn; what comes next, and until when the board can be waited for.
    fn turn(&mut self) -> (Next, Option<Instant>) {
        // A report that nobody takes any more is a report after the end.
        let mut tell = |report: Report| {
            // Room is the rule, and a look at it costs less than the readiness to wait.
            if let Err(TrySendError::Full(report)) = self.reports.try_send(report) {
                drop(self.reports.blocking_send(report));
            }
        };
        // Whoever brought an order or heard the board out may have failed with the driver in hand.
        let Ok(mut kept) = self.shared.kept.lock() else {
            return (Next::End, None);
        };
        kept.waits_until = None;
        match self.orders.has_changed() {
            Ok(true) => {
                let order = self.orders.borrow_and_update().clone();
                kept.obey(&order, Instant::now(), &mut tell);
            }
            Ok(false) => {}
            Err(_) => {
                kept.keeper.stop(Instant::now(), &mut tell);
                return (Next::End, None);
            }
        }
        let next = kept.turn(self.lookout.is_some(), &mut tell);
        let waker = kept.keeper.waker();
        if waker.is_some() != self.running {
            self.running = waker.is_some();
            self.lookout = kept.keeper.lookout();
            self.shared.bell.hang(waker);
            kept.run += 1;
            self.shared.watched.store(0, Ordering::Release);
            *self.shared.unwatched() = self.lookout.clone().map(|lookout| (kept.run, lookout));
        }
        (next, kept.waits_until)
    }
}

#[cfg(test)]
mod tests;
