//! What an emulated pool answers, as a good pool would.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::StratumEmulator;
use super::client::{Client, Seat};
use crate::pool::stratum_v1::messages::Request;
use crate::pool::{ClientId, EmulatorEvent};
use crate::units::{Difficulty, Target, printable};

/// The longest text of a client that is kept, in bytes.
const MAX_TEXT: usize = 256;

impl StratumEmulator {
    pub(super) fn answer_request(&mut self, client: ClientId, request: &Request, now: Instant) {
        match request.method.as_str() {
            "mining.configure" => self.configure(client, request, now),
            "mining.subscribe" => self.subscribe(client, request, now),
            "mining.authorize" => self.authorize(client, request, now),
            "mining.submit" => self.judge(client, request, now),
            "mining.suggest_difficulty" | "mining.suggest_target" => {
                self.suggest(client, request, now);
            }
            "mining.extranonce.subscribe" => self.say(client, request, &json!(true), now),
            "mining.ping" => self.say(client, request, &json!("pong"), now),
            "mining.get_transactions" => {
                let text = "an invented block has no transactions";
                self.refuse(client, request, 20, text, now);
            }
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

    pub(super) fn refuse(
        &mut self,
        to: ClientId,
        request: &Request,
        code: i32,
        text: &str,
        now: Instant,
    ) {
        if !request.id.is_null() {
            let line = json!({"id": request.id, "result": null, "error": [code, text, null]});
            self.outbox.answer(to, line.to_string(), now);
        }
    }

    /// BIP310: one entry an extension.
    fn configure(&mut self, id: ClientId, request: &Request, now: Instant) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        let ours = self.settings.version_mask;
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
        self.say(id, request, &Value::Object(granted), now);
    }

    fn subscribe(&mut self, id: ClientId, request: &Request, now: Instant) {
        let resumed = text(request, 1).and_then(|session| self.take_session(session));
        let seat = resumed.unwrap_or_else(|| self.fresh_seat());
        let Some(client) = self.clients.get_mut(&id) else {
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
            self.settings.extranonce2_size
        ]);
        self.say(id, request, &result, now);
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
        let fixed = self.settings.fixed_job.as_ref();
        Seat {
            session_id: format!("s{number:08x}"),
            extranonce1: fixed.map_or_else(
                || number.to_be_bytes().to_vec(),
                |fixed| fixed.extranonce1.clone(),
            ),
        }
    }

    fn authorize(&mut self, id: ClientId, request: &Request, now: Instant) {
        let worker = text(request, 0).unwrap_or_default();
        let pass = text(request, 1).unwrap_or_default();
        let known = match &self.settings.login {
            Some((user, secret)) => worker == user && pass == secret.expose(),
            None => true,
        };
        let fits = worker.len() <= MAX_TEXT && !self.faults.refuses_logins(now);
        let client = self.clients.get_mut(&id).filter(|_| known && fits);
        let Some(client) = client else {
            return self.refuse(id, request, 24, "Unauthorized worker", now);
        };
        let first = client.workers.is_empty();
        let welcome = client.log_in(worker);
        let agent = client.agent.clone();
        self.say(id, request, &json!(welcome), now);
        if welcome {
            self.events.push_back(EmulatorEvent::Login {
                client: id,
                worker: printable(worker, MAX_TEXT),
                agent,
            });
        }
        if first && welcome {
            self.serve_first_job(id, now);
        }
    }

    /// The job of the moment, with a fresh time; then what lasting faults have for newcomers.
    fn serve_first_job(&mut self, id: ClientId, now: Instant) {
        let served = self.clients.get(&id).is_some_and(Client::is_served);
        if served {
            let job = self.chain.refreshed();
            self.serve(id, &job, now);
        }
        self.greet(id, now);
    }

    /// A client's wish for a difficulty is granted up to the network's.
    fn suggest(&mut self, id: ClientId, request: &Request, now: Instant) {
        let hardest = self.chain.network_difficulty().get();
        let wish = wished_difficulty(request, self.settings.algorithm.difficulty_one())
            .filter(|wish| wish.get() <= hardest);
        let Some((client, wish)) = self.clients.get_mut(&id).zip(wish) else {
            return self.refuse(id, request, 20, "Difficulty out of range", now);
        };
        client.difficulty = wish;
        let served = client.is_served();
        self.say(id, request, &json!(true), now);
        if served {
            let job = self.chain.refreshed();
            self.serve(id, &job, now);
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
