//! The miner's side of Stratum V1.
//!
//! A state machine without I/O and clock. `handshake` brings a connection up, `jobs` turns notifies into jobs, `shares` sends shares
//! and reads verdicts, `extensions` obeys the pool's other wishes. What was learnt of a pool ([`Memory`]) outlives connections.
//!
//! Three bad lines in a row (unreadable, or with a field out of its bounds) end the connection; a good line between resets the count,
//! and a bad line has no other effect: mining goes on with the last good job.

mod extensions;
mod handshake;
mod jobs;
mod link;
mod shares;
mod spaces;
mod suspicion;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;

use super::messages::{Answer, Fields, Incoming, Notify, Request, notify_of_line, request_line};
use crate::algorithm::{AlgorithmError, Hasher};
use crate::pool::{CloseReason, Lane, PoolEvent, Session, SessionError, SessionSettings, SubmitId};
use crate::units::Target;
use crate::work::{Job, Outcome, Share};
use link::{Link, Stage};
use spaces::Spaces;
use suspicion::Suspicion;

/// How long a pool may take for subscribe and authorize.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(15);
/// How long a pool may take for `mining.configure`, which some never answer.
const CONFIGURE_PATIENCE: Duration = Duration::from_secs(4);
/// How long a pool may take for the verdict on a share.
const VERDICT_PATIENCE: Duration = Duration::from_secs(60);
/// Bad lines in a row that end a connection.
const MAX_BAD_LINES: u32 = 3;

/// The miner's side of Stratum V1.
#[derive(Debug)]
pub(super) struct StratumSession {
    settings: SessionSettings,
    /// The algorithm's function; Stratum has no seeds.
    hasher: Result<Arc<dyn Hasher>, AlgorithmError>,
    /// The worker's name as JSON text.
    worker_json: String,
    memory: Memory,
    link: Link,
    spaces: Spaces,
    /// When the pool last sent us elsewhere, oldest first.
    redirects: VecDeque<Instant>,
    last_id: u64,
    out: VecDeque<Bytes>,
    events: VecDeque<PoolEvent>,
}

/// What was learnt of the pool; it outlives connections.
#[derive(Debug, Default)]
struct Memory {
    /// To resume with.
    session_id: Option<String>,
    /// It drops us over `mining.configure`.
    configure: Suspicion,
    /// It drops us over `mining.extranonce.subscribe`.
    extranonce: Suspicion,
    /// It takes `mining.subscribe` only without parameters.
    bare_subscribe: bool,
    /// It judges shares of older jobs by its newest difficulty.
    immediate: bool,
    /// How it reads `version_bits` where they meet bits that the job has set.
    reading: VersionReading,
}

/// How a pool puts `version_bits` together with a job's version. All ways agree unless the job has set bits of the mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum VersionReading {
    /// The bits replace (BIP310) or are added (ckpool): they are sent whole.
    #[default]
    Whole,
    /// The bits are flipped (public-pool): such jobs are not rolled and zero is sent.
    Difference,
}

impl StratumSession {
    pub(super) fn new(settings: SessionSettings) -> Self {
        Self {
            worker_json: Value::from(settings.user.as_str()).to_string(),
            memory: Memory::default(),
            link: Link::down(0, settings.algorithm.difficulty_one()),
            hasher: settings.algorithm.hasher(None),
            spaces: Spaces::new(settings.seed),
            redirects: VecDeque::new(),
            last_id: 0,
            out: VecDeque::new(),
            events: VecDeque::new(),
            settings,
        }
    }

    /// The target of difficulty 1.
    fn one(&self) -> Target {
        self.settings.algorithm.difficulty_one()
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
            self.events.push_back(PoolEvent::Close(reason));
        }
    }

    fn take(&mut self, frame: &[u8], now: Instant) -> Result<(), SessionError> {
        if let Some(notify) = notify_of_line(frame) {
            return self.notify(notify, now);
        }
        match Incoming::parse(frame)? {
            Incoming::Request(request) => self.obey(&request, now),
            Incoming::Answer(answer) => self.hear(&answer, now),
        }
    }

    /// A request or notification of the pool.
    fn obey(&mut self, request: &Request, now: Instant) -> Result<(), SessionError> {
        let params = request.params.as_slice();
        match request.method.as_str() {
            "mining.notify" => self.notify(Notify::parse(params)?, now),
            "mining.set_difficulty" => self.set_difficulty(params),
            "mining.set_target" => self.set_target(params),
            "mining.set_extranonce" => self.set_extranonce(params),
            "mining.set_version_mask" => self.set_version_mask(params),
            "client.reconnect" => self.reconnect(params, now),
            "client.show_message" => self.show_message(&request.id, params),
            method => {
                self.oblige(method, &request.id);
                Ok(())
            }
        }
    }

    /// An answer. Those that nobody waits for (unknown ids, second answers) are ignored.
    fn hear(&mut self, answer: &Answer, now: Instant) -> Result<(), SessionError> {
        let Some(id) = answer.id else {
            return Ok(());
        };
        if let Some(waiting) = self.link.waiting.take_if(|waiting| waiting.id == id) {
            return self.handshake_answer(waiting.step, answer, now);
        }
        if self
            .link
            .extranonce_asked
            .is_some_and(|asked| asked.id == id)
        {
            self.link.extranonce_asked = None;
            self.memory.extranonce.clear();
        } else if self
            .link
            .configure_late
            .take_if(|late| *late == id)
            .is_some()
        {
            self.configured_late(answer);
        } else {
            self.verdict(id, answer, now);
        }
        Ok(())
    }

    /// Counts bad lines in a row and gives up at the third.
    fn count(&mut self, result: Result<(), SessionError>) -> Result<(), SessionError> {
        match result {
            Ok(()) => self.link.bad_lines = 0,
            Err(mut error) => {
                self.link.bad_lines += 1;
                if self.link.bad_lines >= MAX_BAD_LINES {
                    error.fatal = true;
                    self.close(CloseReason::Garbage(self.link.bad_lines));
                }
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Session for StratumSession {
    fn connected(&mut self, now: Instant) {
        self.disconnected(now);
        self.link = Link::up(self.link.number + 1, self.one());
        self.begin_handshake(now);
    }

    fn disconnected(&mut self, now: Instant) {
        if self.link.stage == Stage::Down {
            return;
        }
        let number = self.link.number;
        let one = self.one();
        let link = std::mem::replace(&mut self.link, Link::down(number, one));
        self.memory.learn_from_end_of(&link, now);
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
        let share = self.link.pending.first_key_value();
        let verdict = share.map(|(_, sent)| sent.at + VERDICT_PATIENCE);
        step.into_iter().chain(verdict).min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.expire_shares(now);
        if let Some(late) = self.link.waiting.take_if(|waiting| waiting.deadline <= now) {
            self.handshake_timeout(late, now);
        }
    }

    fn poll_transmit(&mut self) -> Option<(Lane, Bytes)> {
        self.out.pop_front().map(|line| (Lane::MAIN, line))
    }

    fn poll_event(&mut self) -> Option<PoolEvent> {
        self.events.pop_front()
    }
}

/// The parameters of the pool's message `step`.
fn fields<'a>(step: &'static str, params: &'a [Value]) -> Fields<'a> {
    Fields::new(step, params)
}
