//! What sessions of Stratum V1, and of what grew from it, say in the same words: requests, and what they do for a pool that sends them
//! elsewhere, has words for the person, or asks something itself.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::messages::{Fields, Redirect, answer_line, error_line, request_line, wrong};
use crate::pool::talk::Talk;
use crate::pool::{PoolEvent, SessionError};
use crate::units::printable;

/// How many redirects are followed within [`REDIRECT_WINDOW`].
const MAX_REDIRECTS: usize = 3;
const REDIRECT_WINDOW: Duration = Duration::from_secs(3600);

/// The longest id of a pool's request that is echoed, in bytes.
const MAX_ECHOED_ID: usize = 64;

/// When the pool last sent us elsewhere, oldest first; over all connections.
#[derive(Debug, Default)]
pub(in crate::pool) struct Redirects(VecDeque<Instant>);

impl Redirects {
    /// Where `client.reconnect` sends us, unless it does so too often.
    pub(in crate::pool) fn follow(
        &mut self,
        params: &[Value],
        now: Instant,
    ) -> Result<PoolEvent, SessionError> {
        let redirect = Redirect::parse(params)?;
        let recent = |at: &Instant| now.saturating_duration_since(*at) < REDIRECT_WINDOW;
        self.0.retain(recent);
        if self.0.len() >= MAX_REDIRECTS {
            let problem = "ignored: more than three redirects within an hour";
            return Err(wrong("client.reconnect", problem));
        }
        self.0.push_back(now);
        Ok(PoolEvent::Redirect {
            host: redirect.host,
            port: redirect.port,
            wait: redirect.wait,
        })
    }
}

impl<S: Copy, T> Talk<S, T> {
    /// Sends a request; `None` when it does not fit a line.
    pub(in crate::pool) fn request(&mut self, method: &str, params: &Value) -> Option<u64> {
        let id = self.next_id();
        self.out.push_back(request_line(id, method, params)?);
        Some(id)
    }

    /// Sends a request of the handshake and waits for its answer; `None` when it does not fit a line, which ends the connection.
    pub(in crate::pool) fn ask(
        &mut self,
        (step, method): (S, &'static str),
        params: &Value,
        patience: Duration,
        now: Instant,
    ) -> Option<u64> {
        let id = self.request(method, params);
        match id {
            Some(id) => self.wait_for(step, id, patience, now),
            None => self.fail(
                method,
                "a line may have 1024 bytes: shorten user, password or agent",
            ),
        }
        id
    }

    /// Passes on the words of `client.show_message`.
    pub(in crate::pool) fn show_message(
        &mut self,
        id: &Value,
        params: &[Value],
    ) -> Result<(), SessionError> {
        let text = Fields::new("client.show_message", params).text(0, "message")?;
        let text = printable(text, 200);
        self.events.push_back(PoolEvent::Message(text));
        self.answer(id, &Value::Bool(true));
        Ok(())
    }

    /// Requests without parameters. A method that we do not know is refused when it wants an answer, else ignored.
    pub(in crate::pool) fn oblige(&mut self, method: &str, id: &Value, agent: &str) {
        match method {
            "client.get_version" => self.answer(id, &Value::from(agent)),
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
