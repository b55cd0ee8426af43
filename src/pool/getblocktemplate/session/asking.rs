//! What is asked of the node, and when: its chain, a template every half minute, and a long poll beside that.

use std::time::Instant;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{PATIENCE, POLL_PATIENCE, POLL_REST, Poll, Question, Stage, TemplateSession};
use crate::pool::http::request_body;
use crate::pool::{HttpRequest, HttpResponse, Lane, Method, SessionError};

impl TemplateSession {
    pub(super) fn request(&self, body: Bytes) -> HttpRequest {
        HttpRequest {
            method: Method::Post,
            target: String::new(),
            login: Some((self.settings.user.clone(), self.settings.pass.clone())),
            headers: vec![
                ("content-type".to_owned(), "application/json".to_owned()),
                ("user-agent".to_owned(), self.settings.agent.clone()),
            ],
            body,
            patience: PATIENCE,
            fresh: false,
        }
    }

    pub(super) fn ask(&mut self, question: Question, now: Instant) {
        let id = self.next_id();
        let body = match question {
            Question::Chain => request_body(id, "getblockchaininfo", &json!([])),
            Question::Template => request_body(id, "getblocktemplate", &self.template_params(None)),
        };
        let request = self.request(body);
        self.asked.push_back((question, now));
        self.out.push_back((Lane::MAIN, request));
    }

    pub(super) fn template_params(&self, long_poll: Option<&str>) -> Value {
        let mut rules = vec!["segwit"];
        if self.chain.as_deref() == Some("signet") {
            rules.push("signet");
        }
        let mut params = json!({
            "capabilities": ["coinbasetxn", "coinbasevalue", "longpoll", "workid"],
            "rules": rules,
        });
        if let Some(id) = long_poll {
            params["longpollid"] = json!(id);
        }
        json!([params])
    }

    /// Asks for what is due: a template every half minute, and a poll if there is none.
    pub(super) fn keep_asking(&mut self, now: Instant) {
        if !self.is_up() {
            return;
        }
        if self.ask_at.is_some_and(|at| at <= now) && self.asked.is_empty() {
            self.ask_at = None;
            let question = if self.chain_is_settled() {
                Question::Template
            } else {
                Question::Chain
            };
            self.ask(question, now);
        }
        self.keep_polling(now);
    }

    /// Whether the node has told its chain, or has said that it does not tell.
    pub(super) fn chain_is_settled(&self) -> bool {
        self.chain.is_some() || self.stage == Stage::Ready || self.jobs.chain_is_untold()
    }

    pub(super) fn keep_polling(&mut self, now: Instant) {
        match self.poll {
            Poll::Asked(_) => return,
            Poll::Resting(until) if now < until => return,
            Poll::Resting(_) | Poll::Idle => {}
        }
        let Some((id, target)) = self.jobs.long_poll() else {
            return;
        };
        let (params, target) = (self.template_params(Some(id)), target.to_owned());
        let number = self.next_id();
        let request = HttpRequest {
            target,
            patience: POLL_PATIENCE,
            fresh: true,
            ..self.request(request_body(number, "getblocktemplate", &params))
        };
        self.poll = Poll::Asked(now);
        self.out.push_back((Lane::POLL, request));
    }

    pub(super) fn take_polled(
        &mut self,
        response: &HttpResponse,
        now: Instant,
    ) -> Result<(), SessionError> {
        let asked = match std::mem::take(&mut self.poll) {
            Poll::Asked(at) => at,
            Poll::Idle | Poll::Resting(_) => now,
        };
        let before = self.jobs.previous();
        // A poll's answer is as new as it is late: it was made now.
        let result = self.take_template(response, None, now);
        let soon = now.saturating_duration_since(asked) < POLL_REST;
        if result.is_err() || (soon && self.jobs.previous() == before) {
            self.rest_poll(now);
        }
        result
    }

    pub(super) fn rest_poll(&mut self, now: Instant) {
        // What was asked in the meantime was asked too soon.
        self.out.retain(|(lane, _)| *lane != Lane::POLL);
        self.poll = Poll::Resting(now + POLL_REST);
    }
}
