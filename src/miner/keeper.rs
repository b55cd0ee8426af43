//! One board's life: opened, run, reset with growing pauses when it is in trouble, parked when that does not help.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::engine::{Engine, Trouble};
use super::{BoardId, Order, Report, Said};
use crate::board::{Board, BoardError, Lookout, Waker};
use crate::units::printable;

/// Opens the board, each time that it is (re)started.
pub type Opener = Box<dyn FnMut() -> Result<Box<dyn Board>, BoardError> + Send>;

/// The pause before the first reset; it doubles from reset to reset.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Resets in a row, without a good run between them, after which a board is given up until it is plugged in again.
const RESETS_BEFORE_PARKING: u32 = 6;
/// Right nonces that make a run a good one.
const GOOD_RUN: u64 = 3;

/// Keeps one board running. The caller gives it turns and time; a thread does so in reality, a simulation in its tests.
pub struct Keeper {
    board: BoardId,
    open: Opener,
    state: State,
    order: Order,
    resets: u32,
}

enum State {
    Opening,
    Running(Box<Engine>),
    Pausing(Instant),
    Ended,
}

/// What a keeper wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Another turn at once.
    Again,
    /// Another turn at this time, or when an order comes.
    At(Instant),
    /// Nothing more: the board is gone, parked or stopped.
    End,
}

impl Keeper {
    /// A keeper for a board that `open` opens.
    pub fn new(board: BoardId, open: Opener) -> Self {
        Self {
            board,
            open,
            state: State::Opening,
            order: Order {
                job: None,
                epoch: 0,
            },
            resets: 0,
        }
    }

    /// What ends a wait of [`turn`](Keeper::turn) from another thread; `None` while the board is not running.
    pub fn waker(&self) -> Option<Waker> {
        if let State::Running(engine) = &self.state {
            Some(engine.waker())
        } else {
            None
        }
    }

    /// What waits for the board's next word between two turns; `None`: only a turn can wait.
    pub(super) fn lookout(&self) -> Option<Lookout> {
        if let State::Running(engine) = &self.state {
            engine.lookout()
        } else {
            None
        }
    }

    /// When a running board's next turn is due though it says nothing; `deadline` at the latest.
    pub(super) fn due(&self, deadline: Instant) -> Option<Instant> {
        if let State::Running(engine) = &self.state {
            Some(engine.due(deadline))
        } else {
            None
        }
    }

    /// Whether an order can be obeyed now without waiting for anything.
    pub(super) fn takes_at_once(&self) -> bool {
        matches!(&self.state, State::Running(engine) if engine.takes_at_once())
    }

    /// Makes the board's next piece of work before it is asked for.
    pub(super) fn prepare(&mut self) {
        if let State::Running(engine) = &mut self.state {
            engine.prepare();
        }
    }

    /// Lets go of the board for good, without a word: for the end of a loop that went wrong.
    pub(super) fn close(&mut self) {
        self.state = State::Ended;
    }

    /// The board's own time, while it runs.
    pub fn board_time(&self) -> Option<Instant> {
        if let State::Running(engine) = &self.state {
            Some(engine.now())
        } else {
            None
        }
    }

    /// Takes the newest order.
    pub fn obey(&mut self, order: Order, now: Instant, tell: &mut dyn FnMut(Report)) {
        self.order = order;
        if let State::Running(engine) = &mut self.state
            && let Err(trouble) = guarded(|| Ok(engine.obey(&self.order)?))
        {
            self.trouble(trouble, now, tell);
        }
    }

    /// One turn, of which waiting ends at `deadline`. `now` is the time outside; a running board keeps its own.
    pub fn turn(&mut self, now: Instant, deadline: Instant, tell: &mut dyn FnMut(Report)) -> Next {
        match &mut self.state {
            State::Opening => self.open(now, tell),
            State::Running(_) => self.run(deadline, tell),
            State::Pausing(until) if now < *until => Next::At(*until),
            State::Pausing(_) => {
                self.state = State::Opening;
                Next::Again
            }
            State::Ended => Next::End,
        }
    }

    /// Idles the board for good.
    pub fn stop(&mut self, now: Instant, tell: &mut dyn FnMut(Report)) {
        self.let_go();
        tell(Report {
            board: self.board,
            at: now,
            said: Said::Stopped,
        });
    }

    fn open(&mut self, now: Instant, tell: &mut dyn FnMut(Report)) -> Next {
        let open = &mut self.open;
        let started = guarded(|| {
            let opened = open().map_err(|error| (error, now));
            Ok(opened.and_then(Engine::try_start))
        });
        match started {
            Ok(Ok((engine, ability))) => {
                let at = engine.now();
                tell(Report {
                    board: self.board,
                    at,
                    said: Said::Started(ability),
                });
                self.state = State::Running(Box::new(engine));
                self.obey(self.order.clone(), at, tell);
            }
            // The pause begins when the bring-up has ended.
            Ok(Err((error, at))) => self.trouble(Trouble::Failed(error), at.max(now), tell),
            Err(panic) => self.trouble(panic, now, tell),
        }
        self.next()
    }

    fn run(&mut self, deadline: Instant, tell: &mut dyn FnMut(Report)) -> Next {
        let State::Running(engine) = &mut self.state else {
            return Next::End;
        };
        let board = self.board;
        let mut said = arrayvec::ArrayVec::<Said, 6>::new();
        let result = guarded(|| engine.turn(deadline, &mut |what| said.push(what)));
        let at = engine.now();
        for said in said {
            tell(Report { board, at, said });
        }
        if engine.good_nonces() >= GOOD_RUN {
            self.resets = 0;
        }
        if let Err(trouble) = result {
            self.trouble(trouble, at, tell);
        }
        self.next()
    }

    /// Makes the board safe, then decides: wait for it, reset it, or give it up.
    fn trouble(&mut self, trouble: Trouble, now: Instant, tell: &mut dyn FnMut(Report)) {
        self.let_go();
        let said = match trouble {
            Trouble::Failed(error) if error.is_stop() => Said::Stopped,
            Trouble::Failed(error) if error.is_gone() => Said::Gone(error),
            Trouble::Failed(error) if error.is_final() => Said::Parked(error.to_string()),
            // The room cools down, a thermometer comes back: not what a reset mends, nor a reason to call a person.
            Trouble::Failed(error) if error.is_unsafe() => {
                self.resets = self.resets.min(RESETS_BEFORE_PARKING - 1);
                self.reset(error.to_string(), now)
            }
            Trouble::Failed(error) => self.reset(error.with_advice(), now),
            Trouble::Unhealthy(why) => self.reset(why, now),
        };
        tell(Report {
            board: self.board,
            at: now,
            said,
        });
    }

    /// Idles the board and drops its driver. The board may be past hearing it; what matters is that it was told.
    fn let_go(&mut self) {
        let state = std::mem::replace(&mut self.state, State::Ended);
        let stopped = guarded(|| match state {
            State::Running(mut engine) => Ok(engine.stop()?),
            _ => Ok(()),
        });
        if let Err(trouble) = stopped {
            tracing::debug!(board = self.board.0, ?trouble, "stopping the board failed");
        }
    }

    fn reset(&mut self, why: String, now: Instant) -> Said {
        self.resets += 1;
        if self.resets > RESETS_BEFORE_PARKING {
            return Said::Parked(format!(
                "{why}; given up after {RESETS_BEFORE_PARKING} resets, replug it to try again"
            ));
        }
        let pause = (FIRST_PAUSE * 2_u32.pow(self.resets - 1)).min(LONGEST_PAUSE);
        let until = now + pause;
        self.state = State::Pausing(until);
        Said::Resetting { why, until }
    }

    fn next(&self) -> Next {
        match &self.state {
            State::Opening | State::Running(_) => Next::Again,
            State::Pausing(until) => Next::At(*until),
            State::Ended => Next::End,
        }
    }
}

/// Runs a driver's code. A panic in it is its board's trouble, which is reset as after any other, and nobody else's.
fn guarded<T>(run: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
    // What a panic leaves half done is dropped with the driver; until then only the way back to cold is called on it.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let words = printable(words(&*panic), 200);
        Err(Trouble::Unhealthy(format!("its driver panicked: {words}")))
    })
}

/// What a panic says of itself.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a word")
}

#[cfg(test)]
mod tests;
