//! What the emulated pool answers, as a good pool would.

use std::time::Instant;

use serde_json::{Value, json};

use super::CryptoNoteEmulator;
use crate::pool::ClientId;
use crate::pool::cryptonote::messages::{Request, answer_line, error_line};
use crate::pool::emulation::Serving as _;
use crate::units::printable;

/// The longest text of a client that is kept, in bytes.
const MAX_TEXT: usize = 256;

impl CryptoNoteEmulator {
    pub(super) fn answer_request(&mut self, client: ClientId, request: &Request, now: Instant) {
        match request.method.as_str() {
            "login" => self.log_in(client, request, now),
            "submit" => self.judge(client, request, now),
            "keepalived" => self.keep_alive(client, request),
            _ => self.refuse(client, request, "Method not found"),
        }
    }

    pub(super) fn say(&mut self, to: ClientId, request: &Request, result: &Value) {
        self.base
            .outbox
            .answer(to, answer_line(&request.id, result));
    }

    pub(super) fn refuse(&mut self, to: ClientId, request: &Request, text: &str) {
        self.base.outbox.answer(to, error_line(&request.id, text));
    }

    fn log_in(&mut self, id: ClientId, request: &Request, now: Instant) {
        let worker = text(request, "login");
        let pass = text(request, "pass");
        let named = self.base.settings.login.is_some() || !worker.is_empty();
        let admitted = named && self.base.admits(worker, pass);
        let client = self.base.clients.get_mut(&id).filter(|_| admitted);
        let Some(client) = client else {
            return self.refuse(id, request, "Invalid payment address provided");
        };
        client.worker = Some(worker.to_owned());
        client.agent = printable(text(request, "agent"), MAX_TEXT);
        let (agent, session) = (client.agent.clone(), client.session.clone());
        self.base.tell_login(id, worker, &agent);
        let mut result = json!({
            "id": session,
            "status": "OK",
            "extensions": ["algo", "nicehash", "keepalive"],
        });
        if let Some(job) = self.job_for(id, now) {
            result["job"] = job;
        }
        self.say(id, request, &result);
        self.greet(id);
    }

    fn keep_alive(&mut self, id: ClientId, request: &Request) {
        let client = self.base.clients.get(&id);
        let known = client.is_some_and(|client| client.is_session(text(request, "id")));
        if known {
            self.say(id, request, &json!({"status": "KEEPALIVED"}));
        } else {
            self.refuse(id, request, "Unauthenticated");
        }
    }
}

impl super::client::Client {
    /// Whether it has logged in and calls itself what it was told.
    pub(super) fn is_session(&self, id: &str) -> bool {
        self.worker.is_some() && self.session == id
    }
}

/// A text of the request's parameters; empty when it is missing.
pub(super) fn text<'a>(request: &'a Request, field: &str) -> &'a str {
    let value = request.params.get(field).and_then(Value::as_str);
    value.unwrap_or_default()
}
