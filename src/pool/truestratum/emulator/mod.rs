//! The pool's side of TrueStratum, made of software: it invents seeds and jobs and verifies every share bit by bit.
//!
//! Written from the protocol's sheet, not from the session; the JSON envelope is all they share. `epoch` has the datasets, `requests`
//! answers, `judge` verifies. Targets are sent in both forms by turns. A new epoch comes with the fault of that name, as a clean job or not,
//! as it falls.

mod client;
mod epoch;
mod judge;
mod requests;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::pool::stratum_v1::emulator::{Faults, Outbox};
use crate::pool::stratum_v1::messages::Incoming;
use crate::pool::{ClientId, EmulatorEvent, EmulatorSettings, FaultKind, PoolEmulator, Transmit};
use crate::units::{Difficulty, printable};
use client::{Client, TrueJob};
use epoch::Epoch;

/// The longest line taken from a client, in bytes.
const MAX_CLIENT_LINE: usize = 1024;
/// Unusable lines after which a client is dropped.
const MAX_BAD_LINES: u32 = 3;
/// The shortest time between jobs.
const MIN_JOB_INTERVAL: Duration = Duration::from_millis(10);
/// The hardest difficulty that is steered to.
const HARDEST: f64 = 1e18;
/// One block is worth this many shares.
const SHARES_A_BLOCK: u128 = 128;

/// The pool's side of TrueStratum.
#[derive(Debug)]
pub(super) struct TrueEmulator {
    settings: EmulatorSettings,
    random: StdRng,
    epoch: Arc<Epoch>,
    epochs: u32,
    job: Arc<TrueJob>,
    jobs: u64,
    clients: BTreeMap<ClientId, Client>,
    next_extranonce: u32,
    next_job: Option<Instant>,
    /// How often a target was told: the forms take turns.
    targets: u64,
    faults: Faults,
    outbox: Outbox,
    events: VecDeque<EmulatorEvent>,
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
            clients: BTreeMap::new(),
            next_job: None,
            targets: 0,
            faults: Faults::new(settings.faults.clone()),
            outbox: Outbox::default(),
            events: VecDeque::new(),
            settings,
        }
    }

    /// Brings everything that depends on time up to `now`; every entry begins with it.
    fn advance(&mut self, now: Instant) {
        let begun = self.faults.advance(now);
        self.outbox.set_manner(self.faults.manner(now));
        self.outbox.release(now);
        for kind in begun {
            self.begin_fault(kind);
        }
        self.make_due_job(now);
    }

    /// What a fault does at the moment when it begins.
    fn begin_fault(&mut self, kind: FaultKind) {
        let clients: Vec<ClientId> = self.clients.keys().copied().collect();
        match kind {
            FaultKind::NewEpoch => {
                self.epoch = Epoch::new(self.epochs);
                self.epochs += 1;
            }
            FaultKind::Disconnect => clients.into_iter().for_each(|client| self.close(client)),
            FaultKind::Reconnect => clients
                .into_iter()
                .for_each(|client| self.send_away(client)),
            FaultKind::HugeLine => clients
                .into_iter()
                .for_each(|client| self.outbox.flood(client)),
            _ => {}
        }
    }

    /// What lasting faults do to a client that has just logged in.
    fn greet(&mut self, client: ClientId, now: Instant) {
        let (reconnect, huge) = self.faults.greetings(now);
        if reconnect {
            self.send_away(client);
        }
        if huge {
            self.outbox.flood(client);
        }
    }

    /// `client.reconnect` without a place: to the same address.
    fn send_away(&mut self, client: ClientId) {
        let line = json!({"id": null, "method": "client.reconnect", "params": []});
        self.outbox.send(client, &line.to_string());
    }

    fn make_due_job(&mut self, now: Instant) {
        let interval = self.settings.job_interval.max(MIN_JOB_INTERVAL);
        let due = *self.next_job.get_or_insert(now + interval);
        if now < due {
            return;
        }
        let next = due + interval;
        self.next_job = Some(if next <= now { now + interval } else { next });
        let every = u64::from(self.settings.clean_every.max(1));
        self.next_job(self.jobs.is_multiple_of(every), now);
    }

    /// Everybody gets a new job.
    fn next_job(&mut self, clean: bool, now: Instant) {
        let job = self.invent(clean);
        self.job = Arc::clone(&job);
        let served = |client: &Client| client.worker.is_some();
        let all = self.clients.iter();
        let clients: Vec<ClientId> = all.filter(|(_, c)| served(c)).map(|(id, _)| *id).collect();
        for client in clients {
            self.steer(client, now);
            self.serve(client, &job, now);
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
        let (Some(wanted), Some(client)) = (self.settings.vardiff, self.clients.get_mut(&id))
        else {
            return false;
        };
        let hardest = Difficulty::new(HARDEST).unwrap_or(Difficulty::ONE);
        let least = Some(Difficulty::ONE);
        let steered = client
            .vardiff
            .steered(wanted, client.difficulty, least, hardest, now);
        client.difficulty = steered.unwrap_or(client.difficulty);
        steered.is_some()
    }

    /// Steers after a share: a new difficulty needs a new job.
    fn steer_at_share(&mut self, id: ClientId, now: Instant) {
        if let Some(client) = self.clients.get_mut(&id) {
            client.vardiff.count_share();
        }
        if self.steer(id, now) {
            let job = self.invent(false);
            self.serve(id, &job, now);
        }
    }

    /// Sends a job, and before it the target if that is news.
    fn serve(&mut self, id: ClientId, job: &Arc<TrueJob>, now: Instant) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        if self.faults.has_no_jobs(now) {
            return;
        }
        let goal = goal_of(client.difficulty);
        let news = client.told.is_none_or(|told| told >> 64 != goal >> 64);
        if news {
            let (text, goal) = goal_text(goal, self.targets);
            self.targets += 1;
            client.told = Some(goal);
            self.outbox
                .send(id, &notification("mining.set_difficulty", &json!([text])));
        }
        if self.faults.has_garbage(now) {
            self.outbox.send(id, "}{ this is no JSON \u{fffd}");
        }
        let clean = client.take_job(job, client.told.unwrap_or(goal));
        let names = [job.epoch.seedhash, job.header_hash].map(hex::encode);
        let params = json!([job.id, names[0], names[1], clean]);
        self.outbox
            .send(id, &notification("mining.notify", &params));
    }

    /// Drops a client.
    fn close(&mut self, id: ClientId) {
        self.forget(id);
        self.outbox.close(id);
    }

    fn forget(&mut self, id: ClientId) {
        self.outbox.forget(id);
        self.clients.remove(&id);
    }

    fn bad_line(&mut self, id: ClientId, problem: &str) {
        self.events.push_back(EmulatorEvent::BadLine {
            client: id,
            problem: printable(problem, 200),
        });
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        client.bad_lines += 1;
        if client.bad_lines >= MAX_BAD_LINES {
            self.close(id);
        }
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

impl PoolEmulator for TrueEmulator {
    fn connected(&mut self, client: ClientId, now: Instant) {
        self.advance(now);
        if self.faults.disconnects(now) {
            self.outbox.close(client);
        } else {
            let fresh = Client::new(self.settings.difficulty);
            self.clients.insert(client, fresh);
        }
    }

    fn disconnected(&mut self, client: ClientId, now: Instant) {
        self.advance(now);
        self.forget(client);
    }

    fn receive(&mut self, client: ClientId, frame: &[u8], now: Instant) {
        self.advance(now);
        if !self.clients.contains_key(&client) {
            return;
        }
        if frame.len() >= MAX_CLIENT_LINE {
            let problem = format!("a line of {} bytes; 1024 are allowed", frame.len() + 1);
            self.bad_line(client, &problem);
            return self.close(client);
        }
        match Incoming::parse(frame) {
            Ok(Incoming::Request(request)) => self.answer_request(client, &request, now),
            Ok(Incoming::Answer(_)) => {}
            Err(error) => self.bad_line(client, &error.to_string()),
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let job = self.next_job.filter(|_| !self.clients.is_empty());
        let fault = self.faults.next_change();
        let late = self.outbox.next_release();
        job.into_iter().chain(fault).chain(late).min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
    }

    fn poll_transmit(&mut self) -> Option<(ClientId, Transmit)> {
        self.outbox.next()
    }

    fn poll_event(&mut self) -> Option<EmulatorEvent> {
        self.events.pop_front()
    }

    fn new_block(&mut self, now: Instant) {
        self.advance(now);
        self.next_job(true, now);
    }
}
