//! The pool's side of Stratum V1, made of software: it makes jobs and verifies every share from the full header.
//!
//! Written from the protocol, not from the session: it assembles coinbase, merkle root and header by itself and shares only the
//! JSON envelope with it. `chain` invents blocks, `requests` answers, `judge` verifies, `vardiff` steers, `faults` misbehaves.
//! Its own time begins with the first call.

mod chain;
mod client;
mod faults;
mod fixed;
mod job;
mod judge;
mod outbox;
mod requests;
mod vardiff;

pub(in crate::pool) use chain::nbits_for;
pub use fixed::{FixedJob, FixedJobError};

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::messages::Incoming;
use crate::algorithm::Hasher;
use crate::pool::{ClientId, EmulatorEvent, EmulatorSettings, PoolEmulator, Transmit};
use crate::units::printable;
use chain::Chain;
use client::Client;
pub(in crate::pool) use faults::Faults;
use job::ChainJob;
pub(in crate::pool) use outbox::Outbox;
pub(in crate::pool) use vardiff::Vardiff;

/// The longest line taken from a client, in bytes: ckpool drops clients that send more.
const MAX_CLIENT_LINE: usize = 1024;
/// Unusable lines after which a client is dropped.
const MAX_BAD_LINES: u32 = 3;
/// The shortest time between jobs.
const MIN_JOB_INTERVAL: Duration = Duration::from_millis(10);
/// How many sessions of clients that are gone can be resumed.
const KEPT_SESSIONS: usize = 64;

/// The pool's side of Stratum V1.
#[derive(Debug)]
pub(super) struct StratumEmulator {
    settings: EmulatorSettings,
    /// The algorithm's function; `None`: it needs a seed, and no share can be judged.
    hasher: Option<Arc<dyn Hasher>>,
    chain: Chain,
    clients: BTreeMap<ClientId, Client>,
    /// Extranonce1 of clients that are gone, by session id, oldest first.
    sessions: VecDeque<(String, Vec<u8>)>,
    next_extranonce1: u32,
    next_job: Option<Instant>,
    faults: Faults,
    outbox: Outbox,
    events: VecDeque<EmulatorEvent>,
}

impl StratumEmulator {
    pub(super) fn new(settings: EmulatorSettings) -> Self {
        let chain = Chain::new(&settings);
        Self {
            hasher: settings.algorithm.hasher(None).ok(),
            next_extranonce1: chain.first_extranonce1(),
            chain,
            clients: BTreeMap::new(),
            sessions: VecDeque::new(),
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
        self.chain.set_time(self.faults.elapsed(now));
        self.outbox.set_manner(self.faults.manner(now));
        self.outbox.release(now);
        for kind in begun {
            self.begin_fault(kind);
        }
        self.make_due_job(now);
    }

    fn make_due_job(&mut self, now: Instant) {
        let interval = self.settings.job_interval.max(MIN_JOB_INTERVAL);
        let due = *self.next_job.get_or_insert(now + interval);
        if now < due {
            return;
        }
        let next = due + interval;
        self.next_job = Some(if next <= now { now + interval } else { next });
        let job = self.chain.next_job();
        self.broadcast(&job, now);
    }

    fn broadcast(&mut self, job: &Arc<ChainJob>, now: Instant) {
        let ready: Vec<ClientId> = self
            .clients
            .iter()
            .filter(|(_, client)| client.is_served())
            .map(|(id, _)| *id)
            .collect();
        for id in ready {
            self.steer_at_job(id, now);
            self.serve(id, job, now);
        }
    }

    /// Sends a job, and before it the difficulty if that is news.
    fn serve(&mut self, id: ClientId, job: &Arc<ChainJob>, now: Instant) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        if self.faults.has_no_jobs(now) {
            return;
        }
        if let Some(difficulty) = client.news_of_difficulty() {
            let line =
                json!({"id": null, "method": "mining.set_difficulty", "params": [difficulty]});
            self.outbox.send(id, &line.to_string());
        }
        if self.faults.has_garbage(now) {
            self.outbox.send(id, "}{ this is no JSON \u{fffd}");
        }
        let line = client.take_job(job, self.settings.algorithm.difficulty_one());
        self.outbox.send(id, &line);
    }

    /// Drops a client.
    fn close(&mut self, id: ClientId) {
        self.forget(id);
        self.outbox.close(id);
    }

    /// Keeps of a client what a resumed session needs.
    fn forget(&mut self, id: ClientId) {
        self.outbox.forget(id);
        let Some(client) = self.clients.remove(&id) else {
            return;
        };
        if let Some(session) = client.into_session() {
            self.sessions.push_back(session);
        }
        if self.sessions.len() > KEPT_SESSIONS {
            self.sessions.pop_front();
        }
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

impl PoolEmulator for StratumEmulator {
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
        let job = self.chain.next_block(None);
        self.broadcast(&job, now);
    }
}
