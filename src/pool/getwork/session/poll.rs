//! The long poll: one request that is answered when the pool's work changes.

use std::time::Instant;

use super::GetworkSession;
use crate::pool::getwork::messages::{Work, ask, wrong};
use crate::pool::http::{POLL_PATIENCE, Poll};
use crate::pool::{HttpRequest, HttpResponse, Lane, Method, SessionError};

/// The longest reference to a poll's place that is taken, in bytes.
const MAX_REFERENCE: usize = 1024;

/// What is known of the pool's long polls; it outlives connections.
#[derive(Debug, Default)]
pub(super) struct Polling {
    /// Where they are, as the pool says.
    reference: Option<String>,
    /// The pool takes them by GET only.
    by_get: bool,
}

impl Polling {
    /// The pool offers polls at `reference`.
    pub(super) fn offer(&mut self, reference: &str) {
        let reference = reference.trim();
        let is_new = self.reference.as_deref() != Some(reference);
        if is_new && !reference.is_empty() && reference.len() <= MAX_REFERENCE {
            self.reference = Some(reference.to_owned());
        }
    }
}

impl GetworkSession {
    /// Polls, if the pool offers that and it is time.
    pub(super) fn keep_polling(&mut self, now: Instant) {
        let reference = self.polling.reference.clone();
        if let Some(reference) = reference.filter(|_| self.talk.poll.is_due(now)) {
            self.talk.poll = Poll::Asked(now);
            let request = self.poll_request_to(reference);
            self.talk.out.push_back((Lane::POLL, request));
        }
    }

    fn poll_request_to(&self, target: String) -> HttpRequest {
        let mut request = HttpRequest {
            target,
            patience: POLL_PATIENCE,
            fresh: true,
            ..self.request(ask())
        };
        // Else eloipool holds an answer back that is ready.
        let header = ("x-minimum-wait".to_owned(), "0".to_owned());
        request.headers.push(header);
        if self.polling.by_get {
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
        if matches!(response.status, 405 | 501) && !self.polling.by_get {
            self.polling.by_get = true;
            self.talk.poll = Poll::Idle;
            self.keep_polling(now);
            return Ok(());
        }
        let work = self.polled_work(response, now)?;
        let has_news = !self.supply.is_same_block(&work);
        self.talk.poll.answered(has_news, now);
        let wrong_midstate = work.wrong_midstate;
        let settings = &self.talk.settings;
        let job = self.supply.replace(work, response, settings, now);
        self.talk.tell_job(job);
        self.is_good(response, now);
        super::complain_of_midstate(wrong_midstate)
    }

    fn polled_work(&mut self, response: &HttpResponse, now: Instant) -> Result<Work, SessionError> {
        let work = if response.status == 200 {
            Work::parse(&response.body)
        } else {
            Err(wrong(format!("HTTP {} to the long poll", response.status)))
        };
        work.inspect_err(|_| self.talk.poll.failed(now))
    }
}
