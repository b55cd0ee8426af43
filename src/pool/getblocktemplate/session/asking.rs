//! What is asked of the node, and when: its chain, a template every half minute, and a long poll beside that.

use std::time::Instant;

use serde_json::{Value, json};

use super::{DOUBT_EVERY, PATIENCE, Question, TemplateSession};
use crate::pool::http::{POLL_PATIENCE, Poll, Stage, request_body};
use crate::pool::{HttpRequest, HttpResponse, Lane, SessionError};
use crate::units::Hash256;

impl TemplateSession {
    pub(super) fn ask(&mut self, question: Question, now: Instant) {
        let id = self.next_id();
        let body = match question {
            Question::Chain => request_body(id, "getblockchaininfo", &json!([])),
            Question::Template => request_body(id, "getblocktemplate", &self.template_params(None)),
        };
        let request = self.talk.request(body, PATIENCE);
        self.asked.push_back((question, now));
        self.last_asked = Some(now);
        self.talk.out.push_back((Lane::MAIN, request));
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
        if !self.talk.is_up() {
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

    /// A share on this block comes too late, says the node: if that is what is worked on, a template is asked for soon.
    pub(super) fn doubt(&mut self, previous: Option<Hash256>, now: Instant) {
        if previous.is_some() && previous == self.jobs.previous() {
            let soonest = self.last_asked.map_or(now, |at| at + DOUBT_EVERY).max(now);
            self.ask_at = Some(self.ask_at.map_or(soonest, |at| at.min(soonest)));
        }
    }

    /// Whether the node has told its chain, or has said that it does not tell.
    pub(super) fn chain_is_settled(&self) -> bool {
        self.chain.is_some() || self.talk.stage == Stage::Ready || self.jobs.chain_is_untold()
    }

    pub(super) fn keep_polling(&mut self, now: Instant) {
        if !self.talk.poll.is_due(now) {
            return;
        }
        let Some((id, target)) = self.jobs.long_poll() else {
            return;
        };
        let (params, target) = (self.template_params(Some(id)), target.to_owned());
        let number = self.next_id();
        let body = request_body(number, "getblocktemplate", &params);
        let request = HttpRequest {
            target,
            fresh: true,
            ..self.talk.request(body, POLL_PATIENCE)
        };
        self.talk.poll = Poll::Asked(now);
        self.talk.out.push_back((Lane::POLL, request));
    }

    pub(super) fn take_polled(
        &mut self,
        response: &HttpResponse,
        now: Instant,
    ) -> Result<(), SessionError> {
        let before = self.jobs.previous();
        // A poll's answer is as new as it is late: it was made now.
        let result = self.learn_template(response, None, now);
        if result.is_ok() {
            let has_news = self.jobs.previous() != before;
            self.talk.poll.answered(has_news, now);
            self.keep_polling(now);
        } else {
            self.talk.poll.failed(now);
        }
        result
    }
}
