//! The pool's side of CryptoNote's protocol, made of software: it invents blobs and verifies every share by hashing it again.
//!
//! Written from the protocol's sheet, not from the session; the JSON envelope is all they share. Each client gets blobs of its own and
//! keeps a top byte of the nonce ("nicehash"). Targets are sent in both forms by turns.

mod chain;
mod client;
mod judge;
mod requests;

use std::time::Instant;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use super::messages::{Incoming, error_line};
use crate::pool::emulation::{Base, Lines, Serving};
use crate::pool::{ClientId, EmulatorSettings, FaultKind};
use crate::units::Difficulty;
use chain::{Coin, Tip};
use client::{Client, ClientJob};

/// The hardest difficulty that is steered to.
const HARDEST: f64 = 1e15;

/// The pool's side of CryptoNote's protocol.
pub(super) struct CryptoNoteEmulator {
    base: Base<Client>,
    random: StdRng,
    tip: Tip,
    jobs: u64,
    seats: u32,
}

impl CryptoNoteEmulator {
    pub(super) fn new(settings: EmulatorSettings) -> Self {
        let mut random = StdRng::seed_from_u64(settings.seed);
        Self {
            tip: Tip::new(Coin::of(settings.algorithm.name()), &mut random),
            random,
            jobs: 0,
            seats: 0,
            base: Base::new(settings),
        }
    }

    /// Everybody gets a new job.
    fn broadcast(&mut self, now: Instant) {
        for id in self.base.clients_that(|client| client.worker.is_some()) {
            self.steer(id, now);
            self.serve(id, now);
        }
    }

    /// Sends a client a new job.
    fn serve(&mut self, id: ClientId, now: Instant) {
        if self.base.faults.has(FaultKind::Garbage) {
            self.base.outbox.garble(id);
        }
        if let Some(job) = self.job_for(id, now) {
            let line = json!({"jsonrpc": "2.0", "method": "job", "params": job});
            self.base.outbox.send(id, &line.to_string());
        }
    }

    /// Steers a client's difficulty to the pace that is wanted; whether it changed.
    fn steer(&mut self, id: ClientId, now: Instant) -> bool {
        let wanted = self.base.settings.vardiff;
        let hardest = Difficulty::new(HARDEST).unwrap_or(Difficulty::ONE);
        let client = self.base.clients.get_mut(&id);
        client.is_some_and(|client| {
            let least = Some(Difficulty::ONE);
            client.vardiff.steer(wanted, least, hardest, now)
        })
    }

    /// Steers after a share: a new difficulty needs a new job.
    fn steer_at_share(&mut self, id: ClientId, now: Instant) {
        if let Some(client) = self.base.clients.get_mut(&id) {
            client.vardiff.count_share();
        }
        if self.steer(id, now) {
            self.serve(id, now);
        }
    }

    /// A new job for a client, as the protocol writes it.
    fn job_for(&mut self, id: ClientId, now: Instant) -> Option<Value> {
        let client = self.base.clients.get_mut(&id)?;
        if self.base.faults.has(FaultKind::NoJobs) {
            return None;
        }
        self.jobs += 1;
        let elapsed = self.base.faults.elapsed().as_secs();
        let unix_time = u64::from(self.base.settings.unix_time) + elapsed;
        let blob = self.tip.blob(unix_time, client.nonce_top, &mut self.random);
        let (target, limit) = target(client.vardiff.difficulty, self.jobs);
        let job_id = format!("{:x}/+{}", self.jobs, client.session);
        let mut job = json!({
            "blob": hex::encode(&blob),
            "job_id": job_id,
            "target": target,
            "id": client.session,
            "height": self.tip.height,
        });
        if self.tip.coin == Coin::RandomX {
            job["seed_hash"] = hex::encode(self.tip.seed_hash).into();
        }
        let given = ClientJob {
            id: job_id,
            blob,
            limit,
            replaced: None,
        };
        client.take_job(given, now);
        Some(job)
    }
}

/// A difficulty's target in the form whose turn it is (four bytes where they suffice, else eight), and what that says.
fn target(difficulty: Difficulty, turn: u64) -> (String, u64) {
    let wanted = difficulty.get().max(1.0);
    let short = (f64::from(u32::MAX) / wanted) as u32;
    if short > 0 && turn.is_multiple_of(2) {
        let limit = u64::MAX / (u64::from(u32::MAX) / u64::from(short));
        (hex::encode(short.to_le_bytes()), limit)
    } else {
        let limit = ((u64::MAX as f64 / wanted) as u64).max(1);
        (hex::encode(limit.to_le_bytes()), limit)
    }
}

impl Serving for CryptoNoteEmulator {
    type Client = Client;
    type Seal = Lines;

    fn base(&self) -> &Base<Client> {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base<Client> {
        &mut self.base
    }

    fn welcome(&mut self) -> Client {
        self.seats += 1;
        let session = format!("{:08x}", self.random.random::<u32>());
        Client::new(session, self.seats as u8, self.base.settings.difficulty)
    }

    fn hear(&mut self, client: ClientId, line: &[u8], now: Instant) {
        if !self.fits(client, line) {
            return;
        }
        match Incoming::parse(line) {
            Ok(Incoming::Request(request)) => self.answer_request(client, &request, now),
            Ok(Incoming::Answer(_)) => {}
            Err(error) => self.bad_frame(client, &error.to_string()),
        }
    }

    /// The protocol has no redirects; these words make a miner connect again.
    fn send_elsewhere(&mut self, client: ClientId) {
        let line = error_line(&Value::Null, "Unauthenticated");
        self.base.outbox.send(client, &line);
    }

    fn next_job(&mut self, now: Instant) {
        let every = u64::from(self.base.settings.clean_every.max(1));
        if self.jobs.is_multiple_of(every) {
            self.tip.grow(&mut self.random);
        }
        self.broadcast(now);
    }

    fn next_block(&mut self, now: Instant) {
        self.tip.grow(&mut self.random);
        self.broadcast(now);
    }

    fn new_epoch(&mut self) {
        self.tip.seed_hash = self.random.random();
    }
}
