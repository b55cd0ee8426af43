//! What every session of a kept connection does, whatever is spoken on it: how far the connection is, what goes out, what is told, which
//! step and which shares wait for an answer, and when enough is enough.
//!
//! No protocol here, no I/O, no clock.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{CloseReason, PoolEvent, SessionError, SubmitId};
use crate::units::{Difficulty, Target, printable};
use crate::work::{Outcome, Reject};

/// How long a pool may take for the verdict on a share.
const VERDICT_PATIENCE: Duration = Duration::from_secs(60);
/// How many shares may wait for a verdict; above, the oldest counts as unknown.
const MAX_PENDING: usize = 4096;
/// Bad frames in a row that end a connection.
const MAX_BAD_FRAMES: u32 = 3;

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// There is none.
    Down,
    /// What comes before the pool takes shares.
    Handshake,
    /// The pool takes shares.
    Ready,
    /// Given up; waiting to be closed.
    Closed,
}

/// A step of the handshake that waits for its answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting<S> {
    pub(super) step: S,
    /// What its request was called.
    pub(super) id: u64,
    pub(super) since: Instant,
    pub(super) patience: Duration,
}

/// A share that waits for its verdict.
#[derive(Debug)]
struct Pending<T> {
    id: SubmitId,
    at: Instant,
    with: T,
}

/// One side of a conversation: `S` are the steps of the handshake, `T` is what is kept with a share that waits.
#[derive(Debug)]
pub(super) struct Talk<S, T = ()> {
    pub(super) stage: Stage,
    /// Of the connection: new for every one.
    pub(super) number: u64,
    pub(super) waiting: Option<Waiting<S>>,
    /// The target that was last told.
    told_target: Option<Target>,
    pub(super) out: VecDeque<Bytes>,
    pub(super) events: VecDeque<PoolEvent>,
    last_id: u64,
    bad_frames: u32,
    /// By what the pool calls them.
    pending: BTreeMap<u64, Pending<T>>,
}

impl<S, T> Default for Talk<S, T> {
    fn default() -> Self {
        Self {
            stage: Stage::Down,
            number: 0,
            waiting: None,
            told_target: None,
            out: VecDeque::new(),
            events: VecDeque::new(),
            last_id: 0,
            bad_frames: 0,
            pending: BTreeMap::new(),
        }
    }
}

impl<S: Copy, T> Talk<S, T> {
    /// A connection is up.
    pub(super) fn begin(&mut self) {
        self.stage = Stage::Handshake;
        self.number += 1;
        self.told_target = None;
        self.bad_frames = 0;
    }

    /// The connection is gone, if there was one.
    pub(super) fn end(&mut self) {
        self.stage = Stage::Down;
        self.waiting = None;
        self.out.clear();
        for pending in std::mem::take(&mut self.pending).into_values() {
            self.tell(pending.id, Outcome::Unknown, None);
        }
    }

    /// Whether what comes matters.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Handshake | Stage::Ready)
    }

    /// A fresh id: for requests and shares alike, over all connections.
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Waits for the answer to a step.
    pub(super) fn wait_for(&mut self, step: S, id: u64, patience: Duration, now: Instant) {
        self.waiting = Some(Waiting {
            step,
            id,
            since: now,
            patience,
        });
    }

    /// The step that a request was for, if its answer is waited for; it is waited for no more.
    pub(super) fn take_step(&mut self, id: u64) -> Option<S> {
        let waiting = self.waiting.take_if(|waiting| waiting.id == id);
        waiting.map(|waiting| waiting.step)
    }

    /// Whether the answer to `step` is waited for; it is waited for no more.
    #[cfg(feature = "sv2")]
    pub(super) fn answers(&mut self, step: S) -> bool
    where
        S: PartialEq,
    {
        let waiting = self.waiting.take_if(|waiting| waiting.step == step);
        waiting.is_some()
    }

    /// The step whose answer is late; it is waited for no more.
    pub(super) fn take_late_step(&mut self, now: Instant) -> Option<Waiting<S>> {
        let is_late = |waiting: &mut Waiting<S>| waiting.since + waiting.patience <= now;
        self.waiting.take_if(is_late)
    }

    /// When a step or a verdict is late.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let step = self.waiting.as_ref();
        let step = step.map(|waiting| waiting.since + waiting.patience);
        let share = self.pending.first_key_value();
        let share = share.map(|(_, pending)| pending.at + VERDICT_PATIENCE);
        step.into_iter().chain(share).min()
    }

    /// Tells the difficulty that `target` stands for, if it is news.
    pub(super) fn tell_difficulty(&mut self, target: Target, difficulty: Difficulty) {
        if self.told_target.replace(target) != Some(target) {
            self.events.push_back(PoolEvent::Difficulty(difficulty));
        }
    }

    /// Gives the connection up; what comes on it is ignored from now on.
    pub(super) fn close(&mut self, reason: CloseReason) {
        if self.stage != Stage::Closed {
            self.stage = Stage::Closed;
            self.waiting = None;
            self.events.push_back(PoolEvent::Close(reason));
        }
    }

    /// Gives the connection up because `step` failed.
    pub(super) fn fail(&mut self, step: &'static str, text: impl Into<String>) {
        let text = text.into();
        self.close(CloseReason::Handshake { step, text });
    }

    /// Gives the connection up because the pool will not have this worker.
    pub(super) fn refused(&mut self, user: &str, text: String) {
        let user = printable(user, 200);
        self.close(CloseReason::Refused { user, text });
    }

    /// Counts bad frames in a row and gives up at the third.
    pub(super) fn count(&mut self, result: Result<(), SessionError>) -> Result<(), SessionError> {
        let Err(mut error) = result else {
            self.bad_frames = 0;
            return Ok(());
        };
        self.bad_frames += 1;
        if self.bad_frames >= MAX_BAD_FRAMES {
            error.fatal = true;
            self.close(CloseReason::Garbage(self.bad_frames));
        }
        Err(error)
    }

    /// A share was sent that the pool calls `name`.
    pub(super) fn sent(&mut self, name: u64, id: SubmitId, with: T, now: Instant) {
        let at = now;
        self.pending.insert(name, Pending { id, at, with });
        if self.pending.len() > MAX_PENDING
            && let Some((_, oldest)) = self.pending.pop_first()
        {
            self.tell(oldest.id, Outcome::Unknown, None);
        }
    }

    /// The oldest share that waits, as the pool calls it.
    #[cfg(feature = "sv2")]
    pub(super) fn oldest(&self) -> Option<u64> {
        self.pending.first_key_value().map(|(name, _)| *name)
    }

    /// The verdict on a share: what was kept with it, if it waits for one.
    pub(super) fn judged(&mut self, name: u64, outcome: Outcome, now: Instant) -> Option<T> {
        let pending = self.pending.remove(&name)?;
        let latency = now.saturating_duration_since(pending.at);
        self.tell(pending.id, outcome, Some(latency));
        Some(pending.with)
    }

    /// Shares whose verdict is late count as unknown.
    pub(super) fn expire_shares(&mut self, now: Instant) {
        while let Some(oldest) = self.pending.first_entry() {
            if now < oldest.get().at + VERDICT_PATIENCE {
                break;
            }
            let pending = oldest.remove();
            self.tell(pending.id, Outcome::Unknown, None);
        }
    }

    /// A share that was not sent.
    pub(super) fn refuse(&mut self, id: SubmitId, class: Reject, text: impl Into<String>) {
        self.tell(id, Outcome::Rejected(class, text.into()), None);
    }

    fn tell(&mut self, id: SubmitId, outcome: Outcome, latency: Option<Duration>) {
        self.events.push_back(PoolEvent::Verdict {
            id,
            outcome,
            latency,
        });
    }
}
