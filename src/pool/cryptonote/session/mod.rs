//! The miner's side of CryptoNote's protocol.
//!
//! A state machine without I/O and clock: log in, take jobs, hand in shares, and say now and then that we are still there. Every job
//! replaces the one before it. Search spaces outlive connections.
//!
//! Three bad lines in a row end the connection; a bad line has no other effect.

mod jobs;
mod link;
mod login;
mod shares;

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};

use super::messages::{Answer, Incoming, JobMessage, Refusal, Remedy, Request, request_line};
use crate::pool::talk::{Stage, Talk};
use crate::pool::{CloseReason, Lane, PoolEvent, Session, SessionError, SessionSettings, SubmitId};
use crate::work::{Reject, Share};
use jobs::{Function, Spaces};
use link::Link;

/// How long a pool may take for the login.
const LOGIN_PATIENCE: Duration = Duration::from_secs(15);
/// After how long a silence we say that we are still there.
const SILENCE: Duration = Duration::from_secs(60);

/// The miner's side of CryptoNote's protocol.
#[derive(Debug)]
pub(super) struct CryptoNoteSession {
    settings: SessionSettings,
    spaces: Spaces,
    /// What the last job was hashed with; making it may be expensive.
    function: Option<Function>,
    /// The one step of the handshake is the login. With a share is kept whether its job had been replaced.
    talk: Talk<(), bool>,
    link: Link,
}

impl CryptoNoteSession {
    pub(super) fn new(settings: SessionSettings) -> Self {
        Self {
            settings,
            spaces: Spaces::default(),
            function: None,
            talk: Talk::default(),
            link: Link::default(),
        }
    }

    /// Sends a line; the silence begins anew.
    fn send(&mut self, line: Bytes, now: Instant) {
        self.talk.out.push_back(line);
        self.link.last_traffic = Some(now);
    }

    fn take(&mut self, frame: &[u8], now: Instant) -> Result<(), SessionError> {
        match Incoming::parse(frame)? {
            Incoming::Request(request) => self.obey(&request, now),
            Incoming::Answer(answer) => {
                self.hear(&answer, now);
                Ok(())
            }
        }
    }

    /// Pools ask nothing; of what they tell, only jobs are known to us.
    fn obey(&mut self, request: &Request, now: Instant) -> Result<(), SessionError> {
        if request.method == "job" {
            self.take_job(JobMessage::parse(&request.params)?, now);
        }
        Ok(())
    }

    /// An answer. Those that nobody waits for matter only if they say that the connection is of no use.
    fn hear(&mut self, answer: &Answer, now: Instant) {
        let refusal = answer.refusal();
        let step = answer.id.and_then(|id| self.talk.take_step(id));
        if step.is_some() {
            return self.logged_in(answer, refusal, now);
        }
        if let Some(id) = answer.id {
            if self.link.keepalive.take_if(|asked| *asked == id).is_some() {
                self.talk.events.push_back(PoolEvent::Alive);
            }
            let late = self.verdict(id, refusal.clone(), now);
            if late
                && refusal
                    .as_ref()
                    .is_some_and(|refusal| refusal.class == Reject::Stale)
            {
                // It was to be expected, and does not mean that we have lost track of the pool's jobs.
                return;
            }
        }
        if let Some(refusal) = refusal {
            self.remedy(refusal);
        }
    }

    /// Does what helps after a refusal.
    fn remedy(&mut self, refusal: Refusal) {
        match refusal.remedy {
            Remedy::None => {}
            Remedy::Reconnect => self.talk.fail("submit", refusal.text),
            Remedy::Wait => self.talk.refused(&self.settings.user, refusal.text),
        }
    }

    /// When the silence has lasted long enough to say something.
    fn silence_ends(&self) -> Option<Instant> {
        let ready = self.talk.stage == Stage::Ready;
        self.link
            .last_traffic
            .filter(|_| ready)
            .map(|at| at + SILENCE)
    }

    fn keep_alive(&mut self, now: Instant) {
        let params = json!({"id": self.link.session});
        let id = self.talk.next_id();
        if let Some(line) = request_line(id, "keepalived", &params) {
            self.link.keepalive = Some(id);
            self.send(line, now);
        }
        self.link.last_traffic = Some(now);
    }
}

impl Session for CryptoNoteSession {
    fn connected(&mut self, now: Instant) {
        self.disconnected(now);
        self.talk.begin();
        self.log_in(now);
    }

    fn disconnected(&mut self, _now: Instant) {
        self.talk.end();
        self.link = Link::default();
    }

    fn receive(&mut self, _lane: Lane, frame: &[u8], now: Instant) -> Result<(), SessionError> {
        if !self.talk.is_up() {
            return Ok(());
        }
        self.link.last_traffic = Some(now);
        let result = self.take(frame, now);
        self.talk.count(result)
    }

    fn submit(&mut self, share: &Share, now: Instant) -> SubmitId {
        self.submit_share(share, now)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let silence = self.silence_ends();
        self.talk.next_deadline().into_iter().chain(silence).min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.talk.expire_shares(now);
        if let Some(late) = self.talk.take_late_step(now) {
            self.talk.close(CloseReason::Timeout {
                step: "login",
                after: late.patience,
            });
        }
        if self.silence_ends().is_some_and(|due| due <= now) {
            self.keep_alive(now);
        }
    }

    fn poll_transmit(&mut self) -> Option<(Lane, Bytes)> {
        self.talk.out.pop_front().map(|line| (Lane::MAIN, line))
    }

    fn poll_event(&mut self) -> Option<PoolEvent> {
        self.talk.events.pop_front()
    }
}

/// What a login carries, as JSON.
fn login_params(settings: &SessionSettings, algorithms: &[&str]) -> Value {
    json!({
        "login": settings.user,
        "pass": settings.pass.expose(),
        "agent": settings.agent,
        "algo": algorithms,
    })
}
