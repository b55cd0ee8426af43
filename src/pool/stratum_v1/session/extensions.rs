//! The pool's other wishes: difficulty, extranonce, version mask, redirects, words and pings.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{StratumSession, fields};
use crate::pool::stratum_v1::messages::{
    Redirect, answer_line, check_extranonce1, check_extranonce2_size, error_line, wrong,
};
use crate::pool::{PoolEvent, SessionError};
use crate::units::{Target, printable};

/// How many redirects are followed within [`REDIRECT_WINDOW`].
const MAX_REDIRECTS: usize = 3;
const REDIRECT_WINDOW: Duration = Duration::from_secs(3600);

/// The longest id of a pool's request that is echoed, in bytes.
const MAX_ECHOED_ID: usize = 64;

impl StratumSession {
    pub(super) fn set_difficulty(&mut self, params: &[Value]) -> Result<(), SessionError> {
        let (difficulty, target) =
            fields("mining.set_difficulty", params).difficulty(0, self.one())?;
        self.link.target = target;
        if self.link.told_target != Some(target) {
            self.link.told_target = Some(target);
            self.events.push_back(PoolEvent::Difficulty(difficulty));
        }
        Ok(())
    }

    pub(super) fn set_target(&mut self, params: &[Value]) -> Result<(), SessionError> {
        let fields = fields("mining.set_target", params);
        let target = Target::from_be_bytes(fields.bytes32(0, "target")?);
        if target == Target::ZERO {
            return Err(fields.wrong(0, "target", "above zero"));
        }
        self.link.target = target;
        self.tell_difficulty(target);
        Ok(())
    }

    /// Either item may be null: it stays as it is. Holds from the next notify on; jobs keep the one that they were made with.
    pub(super) fn set_extranonce(&mut self, params: &[Value]) -> Result<(), SessionError> {
        let fields = fields("mining.set_extranonce", params);
        let Some(mut next) = self.link.extranonce.clone() else {
            let problem = "came before the answer to mining.subscribe";
            return Err(wrong("mining.set_extranonce", problem));
        };
        if !fields.get(0).is_null() {
            next.first = check_extranonce1(&fields, 0)?;
        }
        if !fields.get(1).is_null() {
            next.second_size = check_extranonce2_size(&fields, 1)?;
        }
        self.link.extranonce = Some(next);
        Ok(())
    }

    /// Holds at once, for the running job too (BIP310). Without version rolling there is nothing to change.
    pub(super) fn set_version_mask(&mut self, params: &[Value]) -> Result<(), SessionError> {
        let mask = fields("mining.set_version_mask", params).word(0, "mask")?;
        if self.link.pool_mask.is_some() {
            self.link.pool_mask = Some(mask);
            self.renew_running_job();
        }
        Ok(())
    }

    pub(super) fn reconnect(&mut self, params: &[Value], now: Instant) -> Result<(), SessionError> {
        let redirect = Redirect::parse(params)?;
        let recent = |at: &Instant| now.saturating_duration_since(*at) < REDIRECT_WINDOW;
        self.redirects.retain(recent);
        if self.redirects.len() >= MAX_REDIRECTS {
            let problem = "ignored: more than three redirects within an hour";
            return Err(wrong("client.reconnect", problem));
        }
        self.redirects.push_back(now);
        self.events.push_back(PoolEvent::Redirect {
            host: redirect.host,
            port: redirect.port,
            wait: redirect.wait,
        });
        Ok(())
    }

    pub(super) fn show_message(
        &mut self,
        id: &Value,
        params: &[Value],
    ) -> Result<(), SessionError> {
        let text = fields("client.show_message", params).text(0, "message")?;
        self.events
            .push_back(PoolEvent::Message(printable(text, 200)));
        self.answer(id, &Value::Bool(true));
        Ok(())
    }

    /// Requests without parameters. A method that we do not know is refused when it wants an answer, else ignored.
    pub(super) fn oblige(&mut self, method: &str, id: &Value) {
        match method {
            "client.get_version" => {
                let agent = Value::from(self.settings.agent.as_str());
                self.answer(id, &agent);
            }
            "mining.ping" => self.answer(id, &Value::from("pong")),
            _ if is_answerable(id) => self.out.extend(error_line(id, -3, "method not found")),
            _ => {}
        }
    }

    fn answer(&mut self, id: &Value, result: &Value) {
        if is_answerable(id) {
            self.out.extend(answer_line(id, result));
        }
    }
}

/// Whether a request wants an answer, under an id that is worth echoing.
fn is_answerable(id: &Value) -> bool {
    match id {
        Value::Number(_) => true,
        Value::String(text) => text.len() <= MAX_ECHOED_ID,
        _ => false,
    }
}
