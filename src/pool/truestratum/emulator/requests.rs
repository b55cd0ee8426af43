//! What the emulated pool answers, as a good pool would; and its seeds, as a bad one would.

use std::time::Instant;

use serde_json::{Value, json};

use super::TrueEmulator;
use crate::pool::emulation::Serving as _;
use crate::pool::stratum_v1::messages::Request;
use crate::pool::{ClientId, FaultKind};
use crate::units::printable;

/// The longest text of a client that is kept, in bytes.
const MAX_TEXT: usize = 256;
const VERSION: &str = "TrueStratum/1.0.0";

impl TrueEmulator {
    pub(super) fn answer_request(&mut self, client: ClientId, request: &Request, now: Instant) {
        match request.method.as_str() {
            "mining.subscribe" => self.subscribe(client, request),
            "mining.authorize" => self.authorize(client, request),
            "mining.seedhash" => self.seedhash(client, request),
            "mining.submit" => self.judge(client, request, now),
            method => {
                let text = format!("Method '{}' not found", printable(method, 60));
                self.refuse(client, request, -3, &text);
            }
        }
    }

    /// An error as the protocol's document shows it: `NULL` in capitals, which is no JSON.
    pub(super) fn refuse(&mut self, to: ClientId, request: &Request, code: i32, text: &str) {
        if !request.id.is_null() {
            let (id, text) = (&request.id, Value::from(text));
            let line = format!(r#"{{"id":{id},"result":false,"error":[{code},{text},NULL]}}"#);
            self.base.outbox.answer(to, line);
        }
    }

    fn subscribe(&mut self, id: ClientId, request: &Request) {
        let next = self.next_extranonce;
        let Some(client) = self.base.clients.get_mut(&id) else {
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
        self.base.say(id, &request.id, &result);
    }

    fn authorize(&mut self, id: ClientId, request: &Request) {
        let worker = text(request, 0).unwrap_or_default();
        let pass = text(request, 1).unwrap_or_default();
        let admitted = self.base.admits(worker, pass);
        let client = self.base.clients.get_mut(&id);
        let Some(client) = client.filter(|client| client.extranonce.is_some() && admitted) else {
            return self.refuse(id, request, 24, "Unauthorized worker");
        };
        client.worker = Some(worker.to_owned());
        let agent = client.agent.clone();
        self.base.say(id, &request.id, &json!(true));
        self.base.tell_login(id, worker, &agent);
        let job = std::sync::Arc::clone(&self.job);
        self.serve(id, &job);
        self.greet(id);
    }

    /// The seeds of a job's dataset, and its name.
    fn seedhash(&mut self, id: ClientId, request: &Request) {
        let job = text(request, 1).unwrap_or_default();
        let client = self.base.clients.get(&id);
        let Some(given) = client.and_then(|client| client.job(job)) else {
            return self.refuse(id, request, -1, "Job not found");
        };
        let epoch = std::sync::Arc::clone(&given.job.epoch);
        let mut seeds: Vec<String> = epoch.seeds.iter().map(hex::encode).collect();
        let mut name = epoch.seedhash;
        if self.base.faults.has(FaultKind::SeedCount) {
            seeds.pop();
        }
        if self.base.faults.has(FaultKind::Seeds) {
            // The first byte of the first seed is the first row's offset.
            seeds[0] = hex::encode(epoch.seeds[0].map(|byte| byte ^ 1));
        }
        if self.base.faults.has(FaultKind::Seedhash) {
            name[0] ^= 1;
        }
        self.base
            .say(id, &request.id, &json!([seeds, hex::encode(name)]));
    }
}

pub(super) fn text(request: &Request, at: usize) -> Option<&str> {
    request.params.get(at).and_then(Value::as_str)
}
