//! What the emulated pool answers, as a good pool would; and its seeds, as a bad one would.

use std::time::Instant;

use serde_json::{Value, json};

use super::TrueEmulator;
use crate::pool::stratum_v1::messages::Request;
use crate::pool::{ClientId, EmulatorEvent, FaultKind};
use crate::units::printable;

/// The longest text of a client that is kept, in bytes.
const MAX_TEXT: usize = 256;
const VERSION: &str = "TrueStratum/1.0.0";

impl TrueEmulator {
    pub(super) fn answer_request(&mut self, client: ClientId, request: &Request, now: Instant) {
        match request.method.as_str() {
            "mining.subscribe" => self.subscribe(client, request, now),
            "mining.authorize" => self.authorize(client, request, now),
            "mining.seedhash" => self.seedhash(client, request, now),
            "mining.submit" => self.judge(client, request, now),
            method => {
                let text = format!("Method '{}' not found", printable(method, 60));
                self.refuse(client, request, -3, &text, now);
            }
        }
    }

    pub(super) fn say(&mut self, to: ClientId, request: &Request, result: &Value, now: Instant) {
        if !request.id.is_null() {
            let line = json!({"id": request.id, "result": result, "error": null});
            self.outbox.answer(to, line.to_string(), now);
        }
    }

    /// An error as the protocol's document shows it: `NULL` in capitals, which is no JSON.
    pub(super) fn refuse(
        &mut self,
        to: ClientId,
        request: &Request,
        code: i32,
        text: &str,
        now: Instant,
    ) {
        if !request.id.is_null() {
            let (id, text) = (&request.id, Value::from(text));
            let line = format!(r#"{{"id":{id},"result":false,"error":[{code},{text},NULL]}}"#);
            self.outbox.answer(to, line, now);
        }
    }

    fn subscribe(&mut self, id: ClientId, request: &Request, now: Instant) {
        let next = self.next_extranonce;
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        let [_, bytes @ ..] = next.to_be_bytes();
        client.agent = printable(text(request, 0).unwrap_or_default(), MAX_TEXT);
        let extranonce = *client.extranonce.get_or_insert(bytes);
        self.next_extranonce = next.wrapping_add(1);
        let session = format!("t{next:08x}");
        let result = json!([
            ["mining.notify", session, VERSION],
            hex::encode(extranonce),
            5
        ]);
        self.say(id, request, &result, now);
    }

    fn authorize(&mut self, id: ClientId, request: &Request, now: Instant) {
        let worker = text(request, 0).unwrap_or_default();
        let pass = text(request, 1).unwrap_or_default();
        let known = match &self.settings.login {
            Some((user, secret)) => worker == user && pass == secret.expose(),
            None => true,
        };
        let fits = worker.len() <= MAX_TEXT && !self.faults.has(FaultKind::RefuseLogin, now);
        let client = self.clients.get_mut(&id);
        let Some(client) = client.filter(|client| client.extranonce.is_some() && known && fits)
        else {
            return self.refuse(id, request, 24, "Unauthorized worker", now);
        };
        client.worker = Some(worker.to_owned());
        let agent = client.agent.clone();
        self.say(id, request, &json!(true), now);
        self.events.push_back(EmulatorEvent::Login {
            client: id,
            worker: printable(worker, MAX_TEXT),
            agent,
        });
        let job = std::sync::Arc::clone(&self.job);
        self.serve(id, &job, now);
        self.greet(id, now);
    }

    /// The seeds of a job's dataset, and its name.
    fn seedhash(&mut self, id: ClientId, request: &Request, now: Instant) {
        let job = text(request, 1).unwrap_or_default();
        let client = self.clients.get(&id);
        let Some(given) = client.and_then(|client| client.job(job)) else {
            return self.refuse(id, request, -1, "Job not found", now);
        };
        let epoch = std::sync::Arc::clone(&given.job.epoch);
        let mut seeds: Vec<String> = epoch.seeds.iter().map(hex::encode).collect();
        let mut name = epoch.seedhash;
        if self.faults.has(FaultKind::SeedCount, now) {
            seeds.pop();
        }
        if self.faults.has(FaultKind::Seeds, now) {
            // The first byte of the first seed is the first row's offset.
            seeds[0] = hex::encode(epoch.seeds[0].map(|byte| byte ^ 1));
        }
        if self.faults.has(FaultKind::Seedhash, now) {
            name[0] ^= 1;
        }
        self.say(id, request, &json!([seeds, hex::encode(name)]), now);
    }
}

pub(super) fn text(request: &Request, at: usize) -> Option<&str> {
    request.params.get(at).and_then(Value::as_str)
}
