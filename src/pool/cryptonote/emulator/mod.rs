//! The pool's side of CryptoNote's protocol, made of software: it invents blobs and verifies every share by hashing it again.
//!
//! Written from the protocol's sheet, not from the session; the JSON envelope is all they share. Each client gets blobs of its own and
//! keeps a top byte of the nonce ("nicehash"). Targets are sent in both forms by turns.

mod chain;
mod client;
mod judge;
mod requests;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use super::MAX_LINE_OUT;
use super::messages::{Incoming, error_line};
use crate::pool::stratum_v1::emulator::{Faults, Outbox};
use crate::pool::{ClientId, EmulatorEvent, EmulatorSettings, FaultKind, PoolEmulator, Transmit};
use crate::units::{Difficulty, printable};
use chain::{Coin, Tip};
use client::{Client, ClientJob};

/// Unusable lines after which a client is dropped.
const MAX_BAD_LINES: u32 = 3;
/// The hardest difficulty that is steered to.
const HARDEST: f64 = 1e15;
/// The shortest time between jobs.
const MIN_JOB_INTERVAL: Duration = Duration::from_millis(10);

/// The pool's side of CryptoNote's protocol.
#[derive(Debug)]
pub(super) struct CryptoNoteEmulator {
    settings: EmulatorSettings,
    random: StdRng,
    tip: Tip,
    jobs: u64,
    clients: BTreeMap<ClientId, Client>,
    seats: u32,
    next_job: Option<Instant>,
    faults: Faults,
    outbox: Outbox,
    events: VecDeque<EmulatorEvent>,
}

impl CryptoNoteEmulator {
    pub(super) fn new(settings: EmulatorSettings) -> Self {
        let mut random = StdRng::seed_from_u64(settings.seed);
        Self {
            tip: Tip::new(Coin::of(settings.algorithm.name()), &mut random),
            random,
            jobs: 0,
            clients: BTreeMap::new(),
            seats: 0,
            next_job: None,
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
        for client in clients {
            match kind {
                FaultKind::Disconnect => self.close(client),
                FaultKind::Reconnect => self.send_away(client),
                FaultKind::HugeLine => self.outbox.flood(client),
                _ => {}
            }
        }
        if kind == FaultKind::NewEpoch {
            self.tip.seed_hash = self.random.random();
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

    /// The protocol has no redirects; these words make a miner connect again.
    fn send_away(&mut self, client: ClientId) {
        self.outbox
            .send(client, &error_line(&Value::Null, "Unauthenticated"));
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
        if self.jobs.is_multiple_of(every) {
            self.tip.grow(&mut self.random);
        }
        self.broadcast(now);
    }

    fn next_block(&mut self, now: Instant) {
        self.tip.grow(&mut self.random);
        self.broadcast(now);
    }

    /// Everybody gets a new job.
    fn broadcast(&mut self, now: Instant) {
        let served = |client: &Client| client.worker.is_some();
        let all = self.clients.iter();
        let clients: Vec<ClientId> = all.filter(|(_, c)| served(c)).map(|(id, _)| *id).collect();
        for id in clients {
            self.steer(id, now);
            self.serve(id, now);
        }
    }

    /// Sends a client a new job.
    fn serve(&mut self, id: ClientId, now: Instant) {
        if self.faults.has_garbage(now) {
            self.outbox.send(id, "}{ this is no JSON \u{fffd}");
        }
        if let Some(job) = self.job_for(id, now) {
            let line = json!({"jsonrpc": "2.0", "method": "job", "params": job});
            self.outbox.send(id, &line.to_string());
        }
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
            self.serve(id, now);
        }
    }

    /// A new job for a client, as the protocol writes it.
    fn job_for(&mut self, id: ClientId, now: Instant) -> Option<Value> {
        let client = self.clients.get_mut(&id)?;
        if self.faults.has_no_jobs(now) {
            return None;
        }
        self.jobs += 1;
        let elapsed = self.faults.elapsed(now).as_secs();
        let unix_time = u64::from(self.settings.unix_time) + elapsed;
        let blob = self.tip.blob(unix_time, client.nonce_top, &mut self.random);
        let (target, limit) = target(client.difficulty, self.jobs);
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

impl PoolEmulator for CryptoNoteEmulator {
    fn connected(&mut self, client: ClientId, now: Instant) {
        self.advance(now);
        if self.faults.disconnects(now) {
            return self.outbox.close(client);
        }
        self.seats += 1;
        let session = format!("{:08x}", self.random.random::<u32>());
        let fresh = Client::new(session, self.seats as u8, self.settings.difficulty);
        self.clients.insert(client, fresh);
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
        if frame.len() >= MAX_LINE_OUT {
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
        self.next_block(now);
    }
}
