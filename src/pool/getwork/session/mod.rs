//! The miner's side of getwork.
//!
//! A state machine without I/O and clock. `supply` asks for work in time and turns answers into jobs, `poll` keeps the long poll going,
//! `shares` hands shares in. Work is asked for on the main lane, so neither a poll nor a slow answer keeps a share waiting.

mod poll;
mod shares;
mod supply;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::messages::{Work, ask, wrong};
use crate::pool::{
    CloseReason, Endpoint, HttpRequest, HttpResponse, Lane, Method, PoolEvent, Session,
    SessionError, SessionSettings, SubmitId,
};
use crate::units::printable;
use crate::work::{Outcome, Share};
use poll::LongPoll;
use shares::Shares;
use supply::Supply;

/// How long the answer to a plain request may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Unusable answers in a row that end a connection.
const MAX_BAD_ANSWERS: u32 = 5;
/// The first pause after an answer without work, and the longest; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// How often a pool may name its Stratum address.
const SWITCH_EVERY: Duration = Duration::from_secs(3600);

/// The miner's side of getwork.
#[derive(Debug)]
pub(super) struct GetworkSession {
    settings: SessionSettings,
    stage: Stage,
    supply: Supply,
    poll: LongPoll,
    shares: Shares,
    bad_answers: u32,
    /// Nothing is asked before this time.
    pause_until: Option<Instant>,
    pause: Duration,
    /// When the pool last named its Stratum address.
    switched: Option<Instant>,
    out: VecDeque<(Lane, HttpRequest)>,
    events: VecDeque<PoolEvent>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Down,
    /// Connected, no work yet.
    Up,
    /// The pool has given work.
    Ready,
    /// Given up; what comes is ignored.
    Closed,
}

impl GetworkSession {
    pub(super) fn new(settings: SessionSettings) -> Self {
        Self {
            settings,
            stage: Stage::Down,
            supply: Supply::default(),
            poll: LongPoll::default(),
            shares: Shares::default(),
            bad_answers: 0,
            pause_until: None,
            pause: FIRST_PAUSE,
            switched: None,
            out: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Up | Stage::Ready)
    }

    /// A request as all are: by POST to the pool's URL, with our login.
    fn request(&self, body: Bytes) -> HttpRequest {
        HttpRequest {
            method: Method::Post,
            target: String::new(),
            login: Some((self.settings.user.clone(), self.settings.pass.clone())),
            headers: vec![
                ("content-type".to_owned(), "application/json".to_owned()),
                ("user-agent".to_owned(), self.settings.agent.clone()),
                (
                    "x-mining-extensions".to_owned(),
                    super::messages::EXTENSIONS.to_owned(),
                ),
            ],
            body,
            patience: PATIENCE,
            fresh: false,
        }
    }

    fn ask_for_work(&mut self, now: Instant) {
        let request = self.request(ask());
        self.supply.asked(now);
        self.out.push_back((Lane::MAIN, request));
    }

    /// Asks for as much as will be needed before the answers are here.
    fn keep_supplied(&mut self, now: Instant) {
        if !self.is_up() || self.pause_until.is_some_and(|until| now < until) {
            return;
        }
        self.pause_until = None;
        for _ in 0..self.supply.wanted(now) {
            self.ask_for_work(now);
        }
    }

    /// An answer to a plain request for work.
    fn take_work(&mut self, response: &HttpResponse, now: Instant) -> Result<(), SessionError> {
        let asked = self.supply.answered();
        self.refuse_by_status(response)?;
        let work = self.read_work(response, now)?;
        let wrong_midstate = work.wrong_midstate;
        if let Some(job) = self
            .supply
            .stock(work, response, asked, &self.settings, now)
        {
            self.events.push_back(PoolEvent::Job(job));
        }
        self.is_good(response, now);
        complain_of_midstate(wrong_midstate)
    }

    /// Reads work; without any the pool gets a rest, and after a run of that it is left.
    fn read_work(&mut self, response: &HttpResponse, now: Instant) -> Result<Work, SessionError> {
        Work::parse(&response.body).map_err(|mut error| {
            if response.status != 200 {
                error.problem = format!("HTTP {}: {}", response.status, error.problem);
            }
            self.bad_answers += 1;
            self.pause_until = Some(now + self.pause);
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            if self.bad_answers >= MAX_BAD_ANSWERS {
                self.close(CloseReason::Handshake {
                    step: "getwork",
                    text: error.problem.clone(),
                });
            }
            error
        })
    }

    /// Work has come: the session is ready, and what the answer's headers offer is taken up.
    fn is_good(&mut self, response: &HttpResponse, now: Instant) {
        if self.stage == Stage::Up {
            self.stage = Stage::Ready;
            // Ready comes before the job that it came with.
            let at = self.events.len().saturating_sub(1);
            self.events.insert(at, PoolEvent::Ready);
        }
        self.bad_answers = 0;
        self.pause = FIRST_PAUSE;
        if let Some(reference) = response.header("x-long-polling") {
            self.poll.offer(reference);
        }
        self.consider_switch(response, now);
        self.keep_polling(now);
        self.keep_supplied(now);
    }

    fn consider_switch(&mut self, response: &HttpResponse, now: Instant) {
        let due = |at: Instant| now.saturating_duration_since(at) >= SWITCH_EVERY;
        let url = response.header("x-stratum").map(str::trim);
        if let Some(url) = url.filter(|url| !url.is_empty())
            && self.switched.is_none_or(due)
        {
            self.switched = Some(now);
            self.events.push_back(PoolEvent::Switch(url.to_owned()));
        }
    }

    /// Statuses that end the conversation, whatever the body is.
    fn refuse_by_status(&mut self, response: &HttpResponse) -> Result<(), SessionError> {
        let words = printable(String::from_utf8_lossy(&response.body).trim(), 100);
        let reason = match response.status {
            200 | 500 => return Ok(()),
            401 => CloseReason::Refused {
                user: self.settings.user.clone(),
                text: format!("HTTP 401: user or password is wrong; {words}"),
            },
            403 => CloseReason::Forbidden(words),
            404 => CloseReason::Handshake {
                step: "getwork",
                text: "HTTP 404: nothing is there; check the URL's path".to_owned(),
            },
            405 => CloseReason::Handshake {
                step: "getwork",
                text: "HTTP 405: that is no getwork server; check URL and port".to_owned(),
            },
            status => CloseReason::Handshake {
                step: "getwork",
                text: format!("HTTP {status}: {words}"),
            },
        };
        let error = SessionError {
            step: "getwork",
            problem: reason.to_string(),
            fatal: false,
        };
        self.close(reason);
        Err(error)
    }

    fn close(&mut self, reason: CloseReason) {
        if self.stage != Stage::Closed {
            self.stage = Stage::Closed;
            self.events.push_back(PoolEvent::Close(reason));
        }
    }

    fn tell(&mut self, id: SubmitId, outcome: Outcome, latency: Option<Duration>) {
        self.events.push_back(PoolEvent::Verdict {
            id,
            outcome,
            latency,
        });
    }
}

fn complain_of_midstate(wrong_midstate: bool) -> Result<(), SessionError> {
    if wrong_midstate {
        let problem = "the midstate that the pool gives is not its header's; ours is used instead";
        return Err(wrong(problem));
    }
    Ok(())
}

impl Session for GetworkSession {
    fn connected(&mut self, now: Instant) {
        self.disconnected(now);
        self.stage = Stage::Up;
        self.bad_answers = 0;
        self.pause_until = None;
        self.send_again(now);
        self.ask_for_work(now);
    }

    fn disconnected(&mut self, _now: Instant) {
        self.stage = Stage::Down;
        self.supply.forget();
        self.poll.forget();
        self.shares.forget_requests();
        self.out.clear();
    }

    fn receive(&mut self, _lane: Lane, _frame: &[u8], _now: Instant) -> Result<(), SessionError> {
        Ok(())
    }

    fn submit(&mut self, share: &Share, now: Instant) -> SubmitId {
        self.submit_share(share, now)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let verdict = self.shares.next_expiry();
        if !self.is_up() {
            return verdict;
        }
        let supply = self.pause_until.or_else(|| self.supply.next_look());
        let poll = self.poll.next_try();
        supply.into_iter().chain(poll).chain(verdict).min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.expire_shares(now);
        if self.is_up() {
            self.keep_polling(now);
            self.keep_supplied(now);
        }
    }

    fn poll_transmit(&mut self) -> Option<(Lane, Bytes)> {
        None
    }

    fn poll_event(&mut self) -> Option<PoolEvent> {
        self.events.pop_front()
    }

    fn poll_request(&mut self) -> Option<(Lane, HttpRequest)> {
        self.out.pop_front()
    }

    fn receive_response(
        &mut self,
        lane: Lane,
        response: &HttpResponse,
        now: Instant,
    ) -> Result<(), SessionError> {
        if !self.is_up() {
            return Ok(());
        }
        match lane {
            Lane::POLL => self.take_polled(response, now),
            Lane::SUBMIT => self.take_verdict(response, now),
            _ => self.take_work(response, now),
        }
    }

    fn request_failed(&mut self, lane: Lane, now: Instant) {
        if lane == Lane::POLL {
            self.poll.failed(now);
        }
    }

    fn keeps_shares(&self) -> bool {
        true
    }

    fn successor(&self, at: &Endpoint) -> Option<Box<dyn Session>> {
        Some((at.protocol.session)(SessionSettings {
            endpoint: at.clone(),
            ..self.settings.clone()
        }))
    }
}
