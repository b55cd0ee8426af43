//! The pool's other wishes: redirects, words and questions.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::TrueSession;
use crate::pool::stratum_v1::messages::{Fields, Redirect, answer_line, error_line, wrong};
use crate::pool::{PoolEvent, SessionError};
use crate::units::printable;

/// How many redirects are followed within [`REDIRECT_WINDOW`].
const MAX_REDIRECTS: usize = 3;
const REDIRECT_WINDOW: Duration = Duration::from_secs(3600);

/// The longest id of a pool's request that is echoed, in bytes.
const MAX_ECHOED_ID: usize = 64;

impl TrueSession {
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
        let text = Fields::new("client.show_message", params).text(0, "message")?;
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
