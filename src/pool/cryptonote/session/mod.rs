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

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};

use super::messages::{Answer, Incoming, JobMessage, Refusal, Remedy, Request, request_line};
use crate::pool::{CloseReason, Lane, PoolEvent, Session, SessionError, SessionSettings, SubmitId};
use crate::units::printable;
use crate::work::{Job, Outcome, Reject, Share};
use jobs::{Function, Spaces};
use link::{Link, Stage};

/// How long a pool may take for the login.
const LOGIN_PATIENCE: Duration = Duration::from_secs(15);
/// How long a pool may take for the verdict on a share.
const VERDICT_PATIENCE: Duration = Duration::from_secs(60);
/// After how long a silence we say that we are still there.
const SILENCE: Duration = Duration::from_secs(60);
/// Bad lines in a row that end a connection.
const MAX_BAD_LINES: u32 = 3;

/// The miner's side of CryptoNote's protocol.
#[derive(Debug)]
pub(super) struct CryptoNoteSession {
    settings: SessionSettings,
    spaces: Spaces,
    /// What the last job was hashed with; making it may be expensive.
    function: Option<Function>,
    link: Link,
    last_id: u64,
    out: VecDeque<Bytes>,
    events: VecDeque<PoolEvent>,
}

impl CryptoNoteSession {
    pub(super) fn new(settings: SessionSettings) -> Self {
        Self {
            settings,
            spaces: Spaces::default(),
            function: None,
            link: Link::down(0),
            last_id: 0,
            out: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// A fresh id: for requests and shares alike, over all connections.
    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Sends a line; the silence begins anew.
    fn send(&mut self, line: Bytes, now: Instant) {
        self.out.push_back(line);
        self.link.last_traffic = Some(now);
    }

    /// Gives the connection up; what comes on it is ignored from now on.
    fn close(&mut self, reason: CloseReason) {
        if self.link.stage != Stage::Closed {
            self.link.stage = Stage::Closed;
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

    /// The pool will not have this worker.
    fn refused(&mut self, text: String) {
        self.close(CloseReason::Refused {
            user: printable(&self.settings.user, 200),
            text,
        });
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
        if self
            .link
            .login
            .take_if(|login| answer.id == Some(login.id))
            .is_some()
        {
            return self.logged_in(answer, refusal, now);
        }
        if let Some(id) = answer.id {
            if self.link.keepalive.take_if(|asked| *asked == id).is_some() {
                self.events.push_back(PoolEvent::Alive);
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
            Remedy::Reconnect => self.fail("submit", refusal.text),
            Remedy::Wait => self.refused(refusal.text),
        }
    }

    /// When the silence has lasted long enough to say something.
    fn silence_ends(&self) -> Option<Instant> {
        let ready = self.link.stage == Stage::Ready;
        self.link
            .last_traffic
            .filter(|_| ready)
            .map(|at| at + SILENCE)
    }

    fn keep_alive(&mut self, now: Instant) {
        let params = json!({"id": self.link.session});
        let id = self.next_id();
        if let Some(line) = request_line(id, "keepalived", &params) {
            self.link.keepalive = Some(id);
            self.send(line, now);
        }
        self.link.last_traffic = Some(now);
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

impl Session for CryptoNoteSession {
    fn connected(&mut self, now: Instant) {
        self.disconnected(now);
        self.link = Link::up(self.link.number + 1);
        self.log_in(now);
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
        self.link.last_traffic = Some(now);
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
        if self.link.stage == Stage::Closed {
            return None;
        }
        let login = self.link.login.map(|login| login.deadline);
        let share = self.link.pending.first_key_value();
        let verdict = share.map(|(_, sent)| sent.at + VERDICT_PATIENCE);
        let silence = self.silence_ends();
        login.into_iter().chain(verdict).chain(silence).min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.expire_shares(now);
        if self
            .link
            .login
            .take_if(|login| login.deadline <= now)
            .is_some()
        {
            self.close(CloseReason::Timeout {
                step: "login",
                after: LOGIN_PATIENCE,
            });
        }
        if self.silence_ends().is_some_and(|due| due <= now) {
            self.keep_alive(now);
        }
    }

    fn poll_transmit(&mut self) -> Option<(Lane, Bytes)> {
        self.out.pop_front().map(|line| (Lane::MAIN, line))
    }

    fn poll_event(&mut self) -> Option<PoolEvent> {
        self.events.pop_front()
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
