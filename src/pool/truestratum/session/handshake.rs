//! From a fresh connection to one that takes shares: subscribe, then authorize at once.

use std::time::Instant;

use serde_json::{Value, json};

use super::{HANDSHAKE_PATIENCE, TrueSession};
use crate::pool::PoolEvent;
use crate::pool::stratum_v1::messages::Answer;
use crate::pool::talk::Stage;
use crate::pool::truestratum::messages::Subscription;

/// The version of the protocol that is spoken.
const VERSION: &str = "TrueStratum/1.0.0";

/// A request of the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Subscribe,
    Authorize,
}

impl Step {
    pub(super) fn method(self) -> &'static str {
        match self {
            Step::Subscribe => "mining.subscribe",
            Step::Authorize => "mining.authorize",
        }
    }
}

impl TrueSession {
    pub(super) fn subscribe(&mut self, now: Instant) {
        let agent = &self.settings.agent;
        let params = match &self.session_id {
            Some(session_id) => json!([agent, VERSION, session_id]),
            None => json!([agent, VERSION]),
        };
        self.ask(Step::Subscribe, &params, now);
    }

    fn authorize(&mut self, now: Instant) {
        let params = json!([self.settings.user, self.settings.pass.expose()]);
        self.ask(Step::Authorize, &params, now);
    }

    fn ask(&mut self, step: Step, params: &Value, now: Instant) {
        let name = (step, step.method());
        self.talk.ask(name, params, HANDSHAKE_PATIENCE, now);
    }

    pub(super) fn handshake_answer(&mut self, step: Step, answer: &Answer, now: Instant) {
        match step {
            Step::Subscribe => self.subscribed(answer, now),
            Step::Authorize => self.authorized(answer, now),
        }
    }

    /// A refused session id is not offered again: the next connection begins without.
    fn subscribed(&mut self, answer: &Answer, now: Instant) {
        self.session_id = None;
        let subscription = match answer.failure() {
            Some(text) => Err(text),
            None => Subscription::parse(&answer.result).map_err(|error| error.problem),
        };
        match subscription {
            Ok(subscription) => {
                self.session_id.clone_from(&subscription.session_id);
                self.link.subscription = Some(subscription);
                self.authorize(now);
            }
            Err(text) => self.talk.fail(Step::Subscribe.method(), text),
        }
    }

    fn authorized(&mut self, answer: &Answer, now: Instant) {
        if let Some(text) = answer.failure() {
            return self.talk.refused(&self.settings.user, text);
        }
        self.talk.stage = Stage::Ready;
        self.talk.events.push_back(PoolEvent::Ready);
        self.talk.events.push_back(PoolEvent::JobsByBlock);
        self.go_on_with_order(now);
    }
}
