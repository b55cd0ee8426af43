//! The pool's side of TrueStratum, made of software: it invents seeds and jobs and verifies every share bit by bit.
//!
//! Written from the protocol's sheet, not from the session; the JSON envelope is all they share. `epoch` has the datasets, `requests`
//! answers, `judge` verifies. Targets are sent in both forms by turns. A new epoch comes with the fault of that name, as a clean job or not,
//! as it falls.

mod client;
mod epoch;
mod judge;
mod requests;

use std::sync::Arc;
use std::time::Instant;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::pool::emulation::{Base, Lines, Serving};
use crate::pool::stratum_v1::messages::Incoming;
use crate::pool::{ClientId, EmulatorSettings, FaultKind};
use crate::units::Difficulty;
use client::{Client, TrueJob};
use epoch::Epoch;

/// The hardest difficulty that is steered to.
const HARDEST: f64 = 1e18;
/// One block is worth this many shares.
const SHARES_A_BLOCK: u128 = 128;

/// The pool's side of TrueStratum.
pub(super) struct TrueEmulator {
    base: Base<Client>,
    random: StdRng,
    epoch: Arc<Epoch>,
    epochs: u32,
    job: Arc<TrueJob>,
    jobs: u64,
    next_extranonce: u32,
    /// How often a target was told: the forms take turns.
    targets: u64,
}

impl TrueEmulator {
    pub(super) fn new(settings: EmulatorSettings) -> Self {
        let mut random = StdRng::seed_from_u64(settings.seed);
        let epoch = Epoch::new(0);
        Self {
            job: Arc::new(TrueJob {
                id: "1".to_owned(),
                header_hash: random.random(),
                epoch: Arc::clone(&epoch),
                clean: true,
            }),
            next_extranonce: random.random_range(0..1 << 23),
            random,
            epoch,
            epochs: 1,
            jobs: 1,
            targets: 0,
            base: Base::new(settings),
        }
    }

    /// Everybody gets a new job.
    fn give_job(&mut self, clean: bool, now: Instant) {
        let job = self.invent(clean);
        self.job = Arc::clone(&job);
        for client in self.base.clients_that(|client| client.worker.is_some()) {
            self.steer(client, now);
            self.serve(client, &job);
        }
    }

    fn invent(&mut self, clean: bool) -> Arc<TrueJob> {
        self.jobs += 1;
        Arc::new(TrueJob {
            id: format!("{:x}", self.jobs),
            header_hash: self.random.random(),
            epoch: Arc::clone(&self.epoch),
            clean,
        })
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
            let job = self.invent(false);
            self.serve(id, &job);
        }
    }

    /// Sends a job, and before it the target if that is news.
    fn serve(&mut self, id: ClientId, job: &Arc<TrueJob>) {
        let Some(client) = self.base.clients.get_mut(&id) else {
            return;
        };
        if self.base.faults.has(FaultKind::NoJobs) {
            return;
        }
        let goal = goal_of(client.vardiff.difficulty);
        let news = client.told.is_none_or(|told| told >> 64 != goal >> 64);
        if news {
            let (text, goal) = goal_text(goal, self.targets);
            self.targets += 1;
            client.told = Some(goal);
            self.base
                .outbox
                .send(id, &notification("mining.set_difficulty", &json!([text])));
        }
        if self.base.faults.has(FaultKind::Garbage) {
            self.base.outbox.garble(id);
        }
        let clean = client.take_job(job, client.told.unwrap_or(goal));
        let names = [job.epoch.seedhash, job.header_hash].map(hex::encode);
        let params = json!([job.id, names[0], names[1], clean]);
        self.base
            .outbox
            .send(id, &notification("mining.notify", &params));
    }
}

fn notification(method: &str, params: &Value) -> String {
    json!({"id": null, "method": method, "params": params}).to_string()
}

/// What one half of a digest must be below, on average once in `difficulty` hashes (of two halves each).
fn goal_of(difficulty: Difficulty) -> u128 {
    const FINE: f64 = 65536.0;
    let chances = (2.0 * FINE * difficulty.get().max(0.5)) as u128;
    u128::MAX / chances.max(1) * FINE as u128
}

/// A goal in the form whose turn it is, and what that form says: 16 digits leave the lower half out.
fn goal_text(goal: u128, turn: u64) -> (String, u128) {
    if turn.is_multiple_of(2) {
        (format!("{goal:032x}"), goal)
    } else {
        let upper = (goal >> 64).max(1);
        (format!("{upper:016x}"), upper << 64)
    }
}

impl Serving for TrueEmulator {
    type Client = Client;
    type Seal = Lines;

    fn base(&self) -> &Base<Client> {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base<Client> {
        &mut self.base
    }

    fn welcome(&mut self) -> Client {
        Client::new(self.base.settings.difficulty)
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

    /// `client.reconnect` without a place: to the same address.
    fn send_elsewhere(&mut self, client: ClientId) {
        let line = notification("client.reconnect", &json!([]));
        self.base.outbox.send(client, &line);
    }

    fn next_job(&mut self, now: Instant) {
        let every = u64::from(self.base.settings.clean_every.max(1));
        self.give_job(self.jobs.is_multiple_of(every), now);
    }

    fn next_block(&mut self, now: Instant) {
        self.give_job(true, now);
    }

    fn new_epoch(&mut self) {
        self.epoch = Epoch::new(self.epochs);
        self.epochs += 1;
    }
}
