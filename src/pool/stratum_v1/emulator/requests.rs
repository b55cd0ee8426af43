//! What an emulated pool answers, as a good pool would.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::StratumEmulator;
use super::client::{Client, Seat};
use crate::pool::ClientId;
use crate::pool::emulation::Serving as _;
use crate::pool::stratum_v1::messages::Request;
use crate::units::{Difficulty, Target, printable};

/// The longest text of a client that is kept, in bytes.
const MAX_TEXT: usize = 256;

impl StratumEmulator {
    pub(super) fn answer_request(&mut self, client: ClientId, request: &Request, now: Instant) {
        match request.method.as_str() {
            "mining.configure" => self.configure(client, request),
            "mining.subscribe" => self.subscribe(client, request),
            "mining.authorize" => self.authorize(client, request),
            "mining.submit" => self.judge(client, request, now),
            "mining.suggest_difficulty" | "mining.suggest_target" => {
                self.suggest(client, request);
            }
            "mining.extranonce.subscribe" => self.base.say(client, &request.id, &json!(true)),
            "mining.ping" => self.base.say(client, &request.id, &json!("pong")),
            "mining.get_transactions" => {
                let text = "an invented block has no transactions";
                self.refuse(client, request, 20, text);
            }
            method => {
                let text = format!("Method '{}' not found", printable(method, 60));
                self.refuse(client, request, -3, &text);
            }
        }
    }

    pub(super) fn refuse(&mut self, to: ClientId, request: &Request, code: i32, text: &str) {
        if !request.id.is_null() {
            let line = json!({"id": request.id, "result": null, "error": [code, text, null]});
            self.base.outbox.answer(to, line.to_string());
        }
    }

    /// BIP310: one entry an extension.
    fn configure(&mut self, id: ClientId, request: &Request) {
        let Some(client) = self.base.clients.get_mut(&id) else {
            return;
        };
        let ours = self.base.settings.version_mask;
        let wanted = request.params.first().and_then(Value::as_array);
        let values = request.params.get(1).unwrap_or(&Value::Null);
        let mut granted = Map::new();
        for extension in wanted
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .take(16)
        {
            let answer = match extension {
                "version-rolling" => grant_rolling(client, ours, values, &mut granted),
                "minimum-difficulty" => grant_minimum(client, values),
                "subscribe-extranonce" | "info" => true,
                _ => false,
            };
            granted.insert(extension.to_owned(), answer.into());
        }
        self.base.say(id, &request.id, &Value::Object(granted));
    }

    fn subscribe(&mut self, id: ClientId, request: &Request) {
        let resumed = text(request, 1).and_then(|session| self.take_session(session));
        let seat = resumed.unwrap_or_else(|| self.fresh_seat());
        let Some(client) = self.base.clients.get_mut(&id) else {
            return;
        };
        client.agent = printable(text(request, 0).unwrap_or_default(), MAX_TEXT);
        let seat = client.seat.get_or_insert(seat).clone();
        let session = &seat.session_id;
        let result = json!([
            [
                ["mining.set_difficulty", session],
                ["mining.notify", session]
            ],
            hex::encode(seat.extranonce1),
            self.base.settings.extranonce2_size
        ]);
        self.base.say(id, &request.id, &result);
    }

    /// The seat of a client that is gone and comes back.
    fn take_session(&mut self, session_id: &str) -> Option<Seat> {
        let at = self.sessions.iter().position(|(id, _)| id == session_id)?;
        let (session_id, extranonce1) = self.sessions.remove(at)?;
        Some(Seat {
            session_id,
            extranonce1,
        })
    }

    fn fresh_seat(&mut self) -> Seat {
        let number = self.next_extranonce1;
        self.next_extranonce1 = number.wrapping_add(1);
        let fixed = self.base.settings.fixed_job.as_ref();
        Seat {
            session_id: format!("s{number:08x}"),
            extranonce1: fixed.map_or_else(
                || number.to_be_bytes().to_vec(),
                |fixed| fixed.extranonce1.clone(),
            ),
        }
    }

    fn authorize(&mut self, id: ClientId, request: &Request) {
        let worker = text(request, 0).unwrap_or_default();
        let pass = text(request, 1).unwrap_or_default();
        let admitted = self.base.admits(worker, pass);
        let client = self.base.clients.get_mut(&id).filter(|_| admitted);
        let Some(client) = client else {
            return self.refuse(id, request, 24, "Unauthorized worker");
        };
        let first = client.workers.is_empty();
        let welcome = client.log_in(worker);
        let agent = client.agent.clone();
        self.base.say(id, &request.id, &json!(welcome));
        if welcome {
            self.base.tell_login(id, worker, &agent);
        }
        if first && welcome {
            self.serve_first_job(id);
        }
    }

    /// The job of the moment, with a fresh time; then what lasting faults have for newcomers.
    fn serve_first_job(&mut self, id: ClientId) {
        let served = self.base.clients.get(&id).is_some_and(Client::is_served);
        if served {
            let job = self.chain.refreshed();
            self.serve(id, &job);
        }
        self.greet(id);
    }

    /// A client's wish for a difficulty is granted up to the network's.
    fn suggest(&mut self, id: ClientId, request: &Request) {
        let hardest = self.chain.network_difficulty().get();
        let wish = wished_difficulty(request, self.base.settings.algorithm.difficulty_one())
            .filter(|wish| wish.get() <= hardest);
        let Some((client, wish)) = self.base.clients.get_mut(&id).zip(wish) else {
            return self.refuse(id, request, 20, "Difficulty out of range");
        };
        client.vardiff.difficulty = wish;
        let served = client.is_served();
        self.base.say(id, &request.id, &json!(true));
        if served {
            let job = self.chain.refreshed();
            self.serve(id, &job);
        }
    }
}

fn grant_rolling(
    client: &mut Client,
    ours: u32,
    values: &Value,
    granted: &mut Map<String, Value>,
) -> bool {
    let asked = values["version-rolling.mask"].as_str();
    let asked = asked.and_then(|mask| u32::from_str_radix(mask, 16).ok());
    let mask = asked.unwrap_or(u32::MAX) & ours;
    if mask == 0 {
        return false;
    }
    client.version_mask = Some(mask);
    let mask = format!("{mask:08x}");
    granted.insert("version-rolling.mask".to_owned(), mask.into());
    true
}

fn grant_minimum(client: &mut Client, values: &Value) -> bool {
    let minimum = values["minimum-difficulty.value"].as_f64();
    client.minimum = minimum.and_then(|value| Difficulty::new(value).ok());
    client.minimum.is_some()
}

fn wished_difficulty(request: &Request, one: Target) -> Option<Difficulty> {
    match request.params.first()? {
        Value::String(target) => {
            let target: Target = target.parse().ok()?;
            (target != Target::ZERO).then(|| target.to_difficulty_of_lossy(one))
        }
        number => Difficulty::new(number.as_f64()?).ok(),
    }
}

pub(super) fn text(request: &Request, at: usize) -> Option<&str> {
    request.params.get(at).and_then(Value::as_str)
}
