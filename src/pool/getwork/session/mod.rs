//! The miner's side of getwork.
//!
//! A state machine without I/O and clock. `supply` asks for work in time and turns answers into jobs, `poll` keeps the long poll going,
//! `shares` hands shares in. Work is asked for on the main lane, so neither a poll nor a slow answer keeps a share waiting.

mod poll;
mod shares;
mod supply;

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::messages::{EXTENSIONS, Work, ask, wrong};
use crate::pool::http::HttpTalk;
use crate::pool::{
    CloseReason, Endpoint, HttpRequest, HttpResponse, Lane, PoolEvent, Session, SessionError,
    SessionSettings, SubmitId,
};
use crate::work::Share;
use poll::Polling;
use shares::Shares;
use supply::Supply;

/// How long the answer to a plain request may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The first pause after an answer without work.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// How often a pool may name its Stratum address.
const SWITCH_EVERY: Duration = Duration::from_secs(3600);

/// The miner's side of getwork.
#[derive(Debug)]
pub(super) struct GetworkSession {
    talk: HttpTalk,
    supply: Supply,
    polling: Polling,
    shares: Shares,
    /// Nothing is asked before this time.
    pause_until: Option<Instant>,
    /// When the pool last named its Stratum address.
    switched: Option<Instant>,
}

impl GetworkSession {
    pub(super) fn new(settings: SessionSettings) -> Self {
        Self {
            talk: HttpTalk::new(settings, FIRST_PAUSE),
            supply: Supply::default(),
            polling: Polling::default(),
            shares: Shares::default(),
            pause_until: None,
            switched: None,
        }
    }

    /// A request with the headers that all have.
    fn request(&self, body: Bytes) -> HttpRequest {
        let mut request = self.talk.request(body, PATIENCE);
        let extensions = ("x-mining-extensions".to_owned(), EXTENSIONS.to_owned());
        request.headers.push(extensions);
        if let Some(rate) = self.shares.hashrate {
            // For the pool's choice of a nonce range.
            let header = ("x-mining-hashrate".to_owned(), format!("{rate:.0}"));
            request.headers.push(header);
        }
        request
    }

    fn ask_for_work(&mut self, now: Instant) {
        let request = self.request(ask());
        self.supply.asked(now);
        self.talk.out.push_back((Lane::MAIN, request));
    }

    /// Asks for as much as will be needed before the answers are here.
    fn keep_supplied(&mut self, now: Instant) {
        if !self.talk.is_up() || self.pause_until.is_some_and(|until| now < until) {
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
        let settings = &self.talk.settings;
        let job = self.supply.stock(work, response, asked, settings, now);
        if let Some(job) = job {
            self.talk.tell_job(job);
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
            self.pause_until = Some(self.talk.rest(now));
            if self.talk.is_one_too_many() {
                self.talk.fail("getwork", error.problem.clone());
            }
            error
        })
    }

    /// Work has come: what the answer's headers offer is taken up.
    fn is_good(&mut self, response: &HttpResponse, now: Instant) {
        self.talk.is_good();
        if let Some(reference) = response.header("x-long-polling") {
            self.polling.offer(reference);
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
            self.talk
                .events
                .push_back(PoolEvent::Switch(url.to_owned()));
        }
    }

    /// Statuses that end the conversation, whatever the body is.
    fn refuse_by_status(&mut self, response: &HttpResponse) -> Result<(), SessionError> {
        let words = response.words();
        let reason = match response.status {
            200 | 500 => return Ok(()),
            401 => CloseReason::Refused {
                user: self.talk.settings.user.clone(),
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
        self.talk.close(reason);
        Err(error)
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
        self.talk.begin();
        self.pause_until = None;
        self.send_again(now);
        self.ask_for_work(now);
    }

    fn disconnected(&mut self, _now: Instant) {
        self.talk.end();
        self.supply.forget();
        self.shares.forget_requests();
    }

    fn submit(&mut self, share: &Share, now: Instant) -> SubmitId {
        self.submit_share(share, now)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let verdict = self.shares.next_expiry();
        if !self.talk.is_up() {
            return verdict;
        }
        let supply = self.pause_until.or_else(|| self.supply.next_look());
        let poll = self.talk.poll.next_try();
        supply.into_iter().chain(poll).chain(verdict).min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.expire_shares(now);
        if self.talk.is_up() {
            self.keep_polling(now);
            self.keep_supplied(now);
        }
    }

    fn poll_event(&mut self) -> Option<PoolEvent> {
        self.talk.events.pop_front()
    }

    fn poll_request(&mut self) -> Option<(Lane, HttpRequest)> {
        self.talk.out.pop_front()
    }

    fn receive_response(
        &mut self,
        lane: Lane,
        response: &HttpResponse,
        now: Instant,
    ) -> Result<(), SessionError> {
        if !self.talk.is_up() {
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
            self.talk.poll.failed(now);
        }
    }

    fn keeps_shares(&self) -> bool {
        true
    }

    fn successor(&self, at: &Endpoint) -> Option<Box<dyn Session>> {
        Some((at.protocol.session)(SessionSettings {
            endpoint: at.clone(),
            ..self.talk.settings.clone()
        }))
    }
}
