//! From a fresh connection to one that takes shares: configure, subscribe, authorize, and wishes.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::link::Asked;
use super::{CONFIGURE_PATIENCE, HANDSHAKE_PATIENCE, StratumSession};
use crate::pool::stratum_v1::messages::{Answer, Fields, Subscription};
use crate::pool::talk::{Stage, Waiting};
use crate::pool::{CloseReason, PoolEvent, SessionError};
use crate::units::Difficulty;

/// BIP310's smallest number of version bits that is worth its while.
const MIN_BIT_COUNT: u32 = 2;

/// A request of the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Configure,
    Subscribe {
        /// Whether it was sent without parameters.
        bare: bool,
    },
    Authorize,
}

impl Step {
    fn method(self) -> &'static str {
        match self {
            Step::Configure => "mining.configure",
            Step::Subscribe { .. } => "mining.subscribe",
            Step::Authorize => "mining.authorize",
        }
    }

    fn patience(self) -> Duration {
        match self {
            Step::Configure => CONFIGURE_PATIENCE,
            Step::Subscribe { .. } | Step::Authorize => HANDSHAKE_PATIENCE,
        }
    }
}

impl StratumSession {
    pub(super) fn begin_handshake(&mut self, now: Instant) {
        match self.configure_params() {
            Some(params) if !self.memory.configure.holds(now) => {
                self.ask(Step::Configure, &params, now);
            }
            _ => self.subscribe(now),
        }
    }

    /// BIP310's extensions that we want; `None` when there are none.
    fn configure_params(&self) -> Option<Value> {
        let mut wanted = Vec::new();
        let mut values = Map::new();
        let mask = self.settings.version_mask;
        if mask != 0 {
            wanted.push("version-rolling");
            values.insert("version-rolling.mask".into(), format!("{mask:08x}").into());
            let bits = MIN_BIT_COUNT.min(mask.count_ones());
            values.insert("version-rolling.min-bit-count".into(), bits.into());
        }
        if let Some(difficulty) = self.settings.suggest_difficulty {
            wanted.push("minimum-difficulty");
            values.insert("minimum-difficulty.value".into(), number(difficulty));
        }
        if self.settings.subscribe_extranonce {
            wanted.push("subscribe-extranonce");
        }
        (!wanted.is_empty()).then(|| json!([wanted, values]))
    }

    fn subscribe(&mut self, now: Instant) {
        let agent = &self.settings.agent;
        let params = match &self.memory.session_id {
            _ if self.memory.bare_subscribe => json!([]),
            Some(session_id) => json!([agent, session_id]),
            None => json!([agent]),
        };
        let bare = self.memory.bare_subscribe;
        self.ask(Step::Subscribe { bare }, &params, now);
    }

    pub(super) fn authorize(&mut self, now: Instant) -> Option<u64> {
        let params = json!([self.settings.user, self.settings.pass.expose()]);
        self.ask(Step::Authorize, &params, now)
    }

    /// Sends a request of the handshake and waits for its answer.
    fn ask(&mut self, step: Step, params: &Value, now: Instant) -> Option<u64> {
        let name = (step, step.method());
        self.talk.ask(name, params, step.patience(), now)
    }

    pub(super) fn handshake_timeout(&mut self, late: Waiting<Step>, now: Instant) {
        match late.step {
            Step::Configure => {
                self.memory.configure.clear();
                self.link.configure_late = Some(late.id);
                self.subscribe(now);
            }
            // Some pools never answer who wants to resume a session that they have forgotten.
            Step::Subscribe { bare: false } if self.memory.session_id.take().is_some() => {
                self.subscribe(now);
            }
            step => self.talk.close(CloseReason::Timeout {
                step: step.method(),
                after: late.patience,
            }),
        }
    }

    pub(super) fn handshake_answer(
        &mut self,
        step: Step,
        answer: &Answer,
        now: Instant,
    ) -> Result<(), SessionError> {
        match step {
            Step::Configure => {
                self.memory.configure.clear();
                self.configured(answer);
                self.subscribe(now);
                Ok(())
            }
            Step::Subscribe { bare } => self.subscribed(bare, answer, now),
            Step::Authorize => {
                self.authorized(answer, now);
                Ok(())
            }
        }
    }

    /// Takes what the pool grants; an answer that makes no sense grants nothing.
    fn configured(&mut self, answer: &Answer) {
        let granted = |extension: &str| answer.result.get(extension) == Some(&Value::Bool(true));
        if granted("version-rolling") {
            let mask = [answer.result["version-rolling.mask"].clone()];
            match Fields::new("mining.configure", &mask).word(0, "version-rolling.mask") {
                Ok(mask) => self.link.pool_mask = Some(mask),
                Err(error) => self.talk.events.push_back(PoolEvent::Message(format!(
                    "version rolling stays off: {error}"
                ))),
            }
        }
        self.link.extranonce_granted = granted("subscribe-extranonce");
    }

    /// From its answer on the pool expects version bits in every share (BIP310), however late it came.
    pub(super) fn configured_late(&mut self, answer: &Answer) {
        self.configured(answer);
        self.renew_running_job();
    }

    fn subscribed(
        &mut self,
        bare: bool,
        answer: &Answer,
        now: Instant,
    ) -> Result<(), SessionError> {
        let subscription = match answer.failure() {
            Some(text) => Err(text),
            None => Subscription::parse(&answer.result).map_err(|error| error.problem),
        };
        match subscription {
            Ok(subscription) => self.accept_subscription(bare, subscription, now),
            Err(text) => {
                self.retry_subscribe(bare, &answer.result, &text, now);
                Ok(())
            }
        }
    }

    fn accept_subscription(
        &mut self,
        bare: bool,
        subscription: Subscription,
        now: Instant,
    ) -> Result<(), SessionError> {
        self.memory.bare_subscribe = bare;
        self.memory.session_id = subscription.session_id;
        self.link.extranonce = Some(subscription.extranonce);
        self.authorize(now);
        match self.link.early.take() {
            Some(order) => self.accept_order(&order),
            None => Ok(()),
        }
    }

    /// Some pools take no parameters, or not this session id; a subscription that is out of bounds stays so.
    fn retry_subscribe(&mut self, bare: bool, result: &Value, text: &str, now: Instant) {
        self.memory.session_id = None;
        if bare || result.is_array() {
            self.memory.bare_subscribe = false;
            return self.talk.fail(Step::Subscribe { bare }.method(), text);
        }
        self.ask(Step::Subscribe { bare: true }, &json!([]), now);
    }

    fn authorized(&mut self, answer: &Answer, now: Instant) {
        if let Some(text) = answer.failure() {
            return self.talk.refused(&self.settings.user, text);
        }
        if self.talk.stage == Stage::Handshake {
            self.talk.stage = Stage::Ready;
            self.talk.events.push_back(PoolEvent::Ready);
            self.tell_held_job();
            self.make_wishes(now);
        }
    }

    /// What is asked for once the pool knows us; ckpool wants the authorisation first and a whole number.
    fn make_wishes(&mut self, now: Instant) {
        if let Some(difficulty) = self.settings.suggest_difficulty {
            self.talk
                .request("mining.suggest_difficulty", &json!([number(difficulty)]));
        }
        let asks = self.settings.subscribe_extranonce
            && !self.link.extranonce_granted
            && !self.memory.extranonce.holds(now);
        if asks {
            let id = self.talk.request("mining.extranonce.subscribe", &json!([]));
            self.link.extranonce_asked = id.map(|id| Asked { id, at: now });
        }
    }
}

/// A difficulty as JSON: an integer when it is whole.
fn number(difficulty: Difficulty) -> Value {
    let value = difficulty.get();
    if value.fract() == 0.0 && value < 9e15 {
        json!(value as u64)
    } else {
        json!(value)
    }
}
