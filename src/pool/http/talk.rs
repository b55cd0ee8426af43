//! What every session does that is carried by HTTP, whatever it asks: how far the connection is, what is asked, what is told, and when
//! enough is enough. What `pool::talk` is for sessions of a kept connection.
//!
//! No protocol here, no I/O, no clock.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{HttpRequest, Method, Poll};
use crate::pool::{CloseReason, Lane, PoolEvent, SessionSettings, SubmitId};
use crate::work::{Job, Outcome};

/// Unusable answers in a row that end a connection.
const MAX_BAD_ANSWERS: u32 = 5;
/// The longest pause after an answer without work; it doubles up to that.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pool) enum Stage {
    /// There is none.
    Down,
    /// Connected, no work yet.
    Up,
    /// There is work.
    Ready,
    /// Given up; what comes is ignored.
    Closed,
}

/// One side of a conversation by requests.
#[derive(Debug)]
pub(in crate::pool) struct HttpTalk {
    pub(in crate::pool) settings: SessionSettings,
    pub(in crate::pool) stage: Stage,
    pub(in crate::pool) poll: Poll,
    pub(in crate::pool) out: VecDeque<(Lane, HttpRequest)>,
    pub(in crate::pool) events: VecDeque<PoolEvent>,
    bad_answers: u32,
    first_pause: Duration,
    pause: Duration,
}

impl HttpTalk {
    /// One that rests for `first_pause` after the first answer without work.
    pub(in crate::pool) fn new(settings: SessionSettings, first_pause: Duration) -> Self {
        Self {
            settings,
            stage: Stage::Down,
            poll: Poll::default(),
            out: VecDeque::new(),
            events: VecDeque::new(),
            bad_answers: 0,
            first_pause,
            pause: first_pause,
        }
    }

    /// A connection is up.
    pub(in crate::pool) fn begin(&mut self) {
        self.stage = Stage::Up;
        self.bad_answers = 0;
    }

    /// The connection is gone, if there was one.
    pub(in crate::pool) fn end(&mut self) {
        self.stage = Stage::Down;
        self.poll = Poll::default();
        self.out.clear();
    }

    /// Whether what comes matters.
    pub(in crate::pool) fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Up | Stage::Ready)
    }

    /// A request as all are: by POST to the pool's URL, with our login.
    pub(in crate::pool) fn request(&self, body: Bytes, patience: Duration) -> HttpRequest {
        HttpRequest {
            method: Method::Post,
            target: String::new(),
            login: Some((self.settings.user.clone(), self.settings.pass.clone())),
            headers: vec![
                ("content-type".to_owned(), "application/json".to_owned()),
                ("user-agent".to_owned(), self.settings.agent.clone()),
            ],
            body,
            patience,
            fresh: false,
        }
    }

    /// An answer was of use.
    pub(in crate::pool) fn is_good(&mut self) {
        self.bad_answers = 0;
        self.pause = self.first_pause;
    }

    /// An answer was of no use; whether it is one too many.
    pub(in crate::pool) fn is_one_too_many(&mut self) -> bool {
        self.bad_answers += 1;
        self.bad_answers >= MAX_BAD_ANSWERS
    }

    /// When to ask again after an answer without work; the pauses grow.
    pub(in crate::pool) fn rest(&mut self, now: Instant) -> Instant {
        let until = now + self.pause;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        until
    }

    /// There is a job; the first one says that the pool takes shares.
    pub(in crate::pool) fn tell_job(&mut self, job: Arc<Job>) {
        if self.stage == Stage::Up {
            self.stage = Stage::Ready;
            self.events.push_back(PoolEvent::Ready);
        }
        self.events.push_back(PoolEvent::Job(job));
    }

    /// Tells a verdict.
    pub(in crate::pool) fn tell(
        &mut self,
        id: SubmitId,
        outcome: Outcome,
        latency: Option<Duration>,
    ) {
        self.events.push_back(PoolEvent::Verdict {
            id,
            outcome,
            latency,
        });
    }

    /// Gives the connection up; what comes on it is ignored from now on.
    pub(in crate::pool) fn close(&mut self, reason: CloseReason) {
        if self.stage != Stage::Closed {
            self.stage = Stage::Closed;
            self.events.push_back(PoolEvent::Close(reason));
        }
    }

    /// Gives the connection up because `step` failed.
    pub(in crate::pool) fn fail(&mut self, step: &'static str, text: impl Into<String>) {
        let text = text.into();
        self.close(CloseReason::Handshake { step, text });
    }
}
