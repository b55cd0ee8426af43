//! The long poll: one request that is answered when the pool's work changes.

use std::time::{Duration, Instant};

use super::GetworkSession;
use crate::pool::getwork::messages::{Work, ask, wrong};
use crate::pool::{HttpRequest, HttpResponse, Lane, Method, PoolEvent, SessionError};

/// How long a poll's answer may take: pools keep it for as long as a block takes.
const PATIENCE: Duration = Duration::from_secs(2 * 3600);
/// A poll that ends sooner without news has failed; and the pause after that.
const TOO_SOON: Duration = Duration::from_secs(30);
/// The longest reference to a poll's place that is taken, in bytes.
const MAX_REFERENCE: usize = 1024;

/// Where the long poll stands.
#[derive(Debug, Default)]
pub(super) struct LongPoll {
    /// Where it is, as the pool says.
    reference: Option<String>,
    state: State,
    /// The pool takes polls by GET only.
    by_get: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    /// Asked, at this time.
    Asked(Instant),
    /// Failed; not again before this time.
    Resting(Instant),
}

impl LongPoll {
    /// The pool offers a poll at `reference`.
    pub(super) fn offer(&mut self, reference: &str) {
        let reference = reference.trim();
        let is_new = self.reference.as_deref() != Some(reference);
        if is_new && !reference.is_empty() && reference.len() <= MAX_REFERENCE {
            self.reference = Some(reference.to_owned());
        }
    }

    /// The connection is gone.
    pub(super) fn forget(&mut self) {
        self.state = State::Idle;
    }

    /// The poll has failed: a rest.
    pub(super) fn failed(&mut self, now: Instant) {
        self.state = State::Resting(now + TOO_SOON);
    }

    /// When the next poll may be asked.
    pub(super) fn next_try(&self) -> Option<Instant> {
        match self.state {
            State::Resting(until) => Some(until),
            State::Idle | State::Asked(_) => None,
        }
    }

    /// Where to poll now, if it is time.
    fn due(&mut self, now: Instant) -> Option<String> {
        match self.state {
            State::Asked(_) => return None,
            State::Resting(until) if now < until => return None,
            State::Idle | State::Resting(_) => {}
        }
        let reference = self.reference.clone()?;
        self.state = State::Asked(now);
        Some(reference)
    }

    /// The poll was answered; whether that was at once.
    fn answered(&mut self, now: Instant) -> bool {
        let state = std::mem::take(&mut self.state);
        matches!(state, State::Asked(at) if now.saturating_duration_since(at) < TOO_SOON)
    }
}

impl GetworkSession {
    /// Polls, if the pool offers that and it is time.
    pub(super) fn keep_polling(&mut self, now: Instant) {
        if let Some(reference) = self.poll.due(now) {
            let request = self.poll_request_to(reference);
            self.out.push_back((Lane::POLL, request));
        }
    }

    fn poll_request_to(&self, target: String) -> HttpRequest {
        let mut request = HttpRequest {
            target,
            patience: PATIENCE,
            fresh: true,
            ..self.request(ask())
        };
        // Else eloipool holds an answer back that is ready.
        let header = ("x-minimum-wait".to_owned(), "0".to_owned());
        request.headers.push(header);
        if self.poll.by_get {
            request.method = Method::Get;
            request.body.clear();
        }
        request
    }

    /// A poll's answer: everything before it is stale.
    pub(super) fn take_polled(
        &mut self,
        response: &HttpResponse,
        now: Instant,
    ) -> Result<(), SessionError> {
        let soon = self.poll.answered(now);
        if matches!(response.status, 405 | 501) && !self.poll.by_get {
            self.poll.by_get = true;
            self.keep_polling(now);
            return Ok(());
        }
        let work = self.polled_work(response, now)?;
        if soon && self.supply.is_same_block(&work) {
            self.poll.failed(now);
        }
        let wrong_midstate = work.wrong_midstate;
        let job = self.supply.replace(work, response, &self.settings, now);
        self.events.push_back(PoolEvent::Job(job));
        self.is_good(response, now);
        super::complain_of_midstate(wrong_midstate)
    }

    fn polled_work(&mut self, response: &HttpResponse, now: Instant) -> Result<Work, SessionError> {
        let work = if response.status == 200 {
            Work::parse(&response.body)
        } else {
            Err(wrong(format!("HTTP {} to the long poll", response.status)))
        };
        work.inspect_err(|_| self.poll.failed(now))
    }
}
