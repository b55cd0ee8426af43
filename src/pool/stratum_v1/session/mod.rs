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
mod suspicion;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;

use super::messages::{Answer, Fields, Incoming, Notify, Request, notify_of_line};
use crate::algorithm::{AlgorithmError, Hasher};
use crate::pool::spaces::Spaces;
use crate::pool::stratum_v1::dialect::Redirects;
use crate::pool::talk::{Stage, Talk};
use crate::pool::{Lane, PoolEvent, Session, SessionError, SessionSettings, SubmitId};
use crate::units::Target;
use crate::work::Share;
use handshake::Step;
use link::Link;
use shares::Sent;
use suspicion::Suspicion;

/// How long a pool may take for subscribe and authorize.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(15);
/// How long a pool may take for `mining.configure`, which some never answer.
const CONFIGURE_PATIENCE: Duration = Duration::from_secs(4);

/// The miner's side of Stratum V1.
#[derive(Debug)]
pub(super) struct StratumSession {
    settings: SessionSettings,
    /// The algorithm's function; Stratum has no seeds.
    hasher: Result<Arc<dyn Hasher>, AlgorithmError>,
    /// The worker's name as JSON text.
    worker_json: String,
    memory: Memory,
    talk: Talk<Step, Sent>,
    link: Link,
    spaces: Spaces,
    redirects: Redirects,
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
            talk: Talk::default(),
            link: Link::new(settings.algorithm.difficulty_one()),
            hasher: settings.algorithm.hasher(None),
            spaces: Spaces::new(settings.seed),
            redirects: Redirects::default(),
            settings,
        }
    }

    /// The target of difficulty 1.
    fn one(&self) -> Target {
        self.settings.algorithm.difficulty_one()
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
            "client.show_message" => self.talk.show_message(&request.id, params),
            method => {
                let agent = &self.settings.agent;
                self.talk.oblige(method, &request.id, agent);
                Ok(())
            }
        }
    }

    /// An answer. Those that nobody waits for (unknown ids, second answers) are ignored.
    fn hear(&mut self, answer: &Answer, now: Instant) -> Result<(), SessionError> {
        let Some(id) = answer.id else {
            return Ok(());
        };
        if let Some(step) = self.talk.take_step(id) {
            return self.handshake_answer(step, answer, now);
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
}

impl Session for StratumSession {
    fn connected(&mut self, now: Instant) {
        self.disconnected(now);
        self.talk.begin();
        self.begin_handshake(now);
    }

    fn disconnected(&mut self, now: Instant) {
        if self.talk.stage != Stage::Down {
            let step = self.talk.waiting.map(|waiting| waiting.step);
            let asked = self.link.extranonce_asked;
            self.memory.learn_from_end_at(step, asked, now);
        }
        self.talk.end();
        self.link = Link::new(self.one());
    }

    fn receive(&mut self, _lane: Lane, frame: &[u8], now: Instant) -> Result<(), SessionError> {
        if !self.talk.is_up() {
            return Ok(());
        }
        let result = self.take(frame, now);
        self.talk.count(result)
    }

    fn submit(&mut self, share: &Share, now: Instant) -> SubmitId {
        self.submit_share(share, now)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.talk.next_deadline()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.talk.expire_shares(now);
        if let Some(late) = self.talk.take_late_step(now) {
            self.handshake_timeout(late, now);
        }
    }

    fn poll_transmit(&mut self) -> Option<(Lane, Bytes)> {
        self.talk.out.pop_front().map(|line| (Lane::MAIN, line))
    }

    fn poll_event(&mut self) -> Option<PoolEvent> {
        self.talk.events.pop_front()
    }
}

/// The parameters of the pool's message `step`.
fn fields<'a>(step: &'static str, params: &'a [Value]) -> Fields<'a> {
    Fields::new(step, params)
}
