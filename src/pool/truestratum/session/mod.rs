//! The miner's side of TrueStratum.
//!
//! A state machine without I/O and clock. `handshake` brings a connection up, `jobs` turns notifies into jobs, `dataset` fetches and checks
//! what they are hashed with, `shares` sends shares and reads verdicts, `wishes` obeys the rest. Datasets and search spaces outlive
//! connections.
//!
//! Three bad lines in a row end the connection, as in Stratum V1; a bad line has no other effect.

mod dataset;
mod handshake;
mod jobs;
mod link;
mod shares;
mod wishes;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;

use super::messages::{Notify, goals, parse};
use crate::pool::stratum_v1::messages::{Answer, Incoming, Request, request_line};
use crate::pool::{CloseReason, Lane, PoolEvent, Session, SessionError, SessionSettings, SubmitId};
use crate::work::{Job, Outcome, Share};
use dataset::Datasets;
use jobs::Spaces;
use link::{Link, Stage};

/// How long a pool may take for a step of the handshake.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(15);
/// How long a pool may take to send the seeds of a dataset, which are many.
const SEEDS_PATIENCE: Duration = Duration::from_secs(60);
/// How long a pool may take for the verdict on a share.
const VERDICT_PATIENCE: Duration = Duration::from_secs(60);
/// Bad lines in a row that end a connection.
const MAX_BAD_LINES: u32 = 3;

/// The miner's side of TrueStratum.
#[derive(Debug)]
pub(super) struct TrueSession {
    settings: SessionSettings,
    /// The worker's name as JSON text.
    worker_json: String,
    /// To resume with.
    session_id: Option<String>,
    datasets: Datasets,
    spaces: Spaces,
    link: Link,
    /// When the pool last sent us elsewhere, oldest first.
    redirects: VecDeque<Instant>,
    last_id: u64,
    out: VecDeque<Bytes>,
    events: VecDeque<PoolEvent>,
}

impl TrueSession {
    pub(super) fn new(settings: SessionSettings) -> Self {
        Self {
            worker_json: Value::from(settings.user.as_str()).to_string(),
            session_id: None,
            datasets: Datasets::default(),
            spaces: Spaces::new(settings.seed),
            link: Link::down(0),
            redirects: VecDeque::new(),
            last_id: 0,
            out: VecDeque::new(),
            events: VecDeque::new(),
            settings,
        }
    }

    /// A fresh id: for requests and shares alike, over all connections.
    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Sends a request; `None` when it does not fit a line.
    fn request(&mut self, method: &str, params: &Value) -> Option<u64> {
        let id = self.next_id();
        self.out.push_back(request_line(id, method, params)?);
        Some(id)
    }

    /// Gives the connection up; what comes on it is ignored from now on.
    fn close(&mut self, reason: CloseReason) {
        if self.link.stage != Stage::Closed {
            self.link.stage = Stage::Closed;
            self.link.waiting = None;
            self.link.fetch = None;
            self.events.push_back(PoolEvent::Close(reason));
        }
    }

    /// Gives the connection up because `step` failed.
    fn fail(&mut self, step: &'static str, text: impl Into<String>) {
        self.close(CloseReason::Handshake {
            step,
            text: text.into(),
        });
    }

    fn take(&mut self, frame: &[u8], now: Instant) -> Result<(), SessionError> {
        match parse(frame)? {
            Incoming::Request(request) => self.obey(&request, now),
            Incoming::Answer(answer) => {
                self.hear(&answer, now);
                Ok(())
            }
        }
    }

    /// A request or notification of the pool.
    fn obey(&mut self, request: &Request, now: Instant) -> Result<(), SessionError> {
        let params = request.params.as_slice();
        match request.method.as_str() {
            "mining.notify" => self.notify(Notify::parse(params)?, now),
            "mining.set_difficulty" => self.set_goals(goals(params)?, now),
            "client.reconnect" => return self.reconnect(params, now),
            "client.show_message" => return self.show_message(&request.id, params),
            method => self.oblige(method, &request.id),
        }
        Ok(())
    }

    /// An answer. Those that nobody waits for (unknown ids, second answers) are ignored.
    fn hear(&mut self, answer: &Answer, now: Instant) {
        let Some(id) = answer.id else {
            return;
        };
        let brings_seeds = |fetch: &dataset::Fetch| fetch.awaits(id);
        if let Some(waiting) = self.link.waiting.take_if(|waiting| waiting.id == id) {
            self.handshake_answer(waiting.step, answer, now);
        } else if self.link.fetch.as_ref().is_some_and(brings_seeds) {
            self.seeds_came(answer, now);
        } else {
            self.verdict(id, answer, now);
        }
    }

    /// Counts bad lines in a row and gives up at the third.
    fn count(&mut self, result: Result<(), SessionError>) -> Result<(), SessionError> {
        let Err(mut error) = result else {
            self.link.bad_lines = 0;
            return Ok(());
        };
        self.link.bad_lines += 1;
        if self.link.bad_lines >= MAX_BAD_LINES {
            error.fatal = true;
            self.close(CloseReason::Garbage(self.link.bad_lines));
        }
        Err(error)
    }
}

impl Session for TrueSession {
    fn connected(&mut self, now: Instant) {
        self.disconnected(now);
        self.link = Link::up(self.link.number + 1);
        self.subscribe(now);
    }

    fn disconnected(&mut self, _now: Instant) {
        if self.link.stage == Stage::Down {
            return;
        }
        let number = self.link.number;
        let link = std::mem::replace(&mut self.link, Link::down(number));
        self.out.clear();
        for id in link.pending.into_keys() {
            self.tell(SubmitId(id), Outcome::Unknown, None);
        }
    }

    fn receive(&mut self, _lane: Lane, frame: &[u8], now: Instant) -> Result<(), SessionError> {
        if matches!(self.link.stage, Stage::Down | Stage::Closed) {
            return Ok(());
        }
        let result = self.take(frame, now);
        self.count(result)
    }

    fn submit(&mut self, share: &Share, now: Instant) -> SubmitId {
        self.submit_share(share, now)
    }

    fn accepts(&self, job: &Job) -> bool {
        self.is_current(job)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let step = self.link.waiting.map(|waiting| waiting.deadline);
        let seeds = self.link.fetch.as_ref().map(dataset::Fetch::due);
        let share = self.link.pending.first_key_value();
        let verdict = share.map(|(_, at)| *at + VERDICT_PATIENCE);
        step.into_iter().chain(seeds).chain(verdict).min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.expire_shares(now);
        if let Some(late) = self.link.waiting.take_if(|waiting| waiting.deadline <= now) {
            self.close(CloseReason::Timeout {
                step: late.step.method(),
                after: HANDSHAKE_PATIENCE,
            });
        }
        self.go_on_with_dataset(now);
    }

    fn poll_transmit(&mut self) -> Option<(Lane, Bytes)> {
        self.out.pop_front().map(|line| (Lane::MAIN, line))
    }

    fn poll_event(&mut self) -> Option<PoolEvent> {
        self.events.pop_front()
    }
}
