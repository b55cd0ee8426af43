//! The pool's side of Stratum V1, made of software: it makes jobs and verifies every share from the full header.
//!
//! Written from the protocol, not from the session: it assembles coinbase, merkle root and header by itself and shares only the
//! JSON envelope with it. `requests` answers, `judge` verifies, `vardiff` steers, what all pools do is
//! [`Serving`]'s.

mod client;
mod fixed;
mod judge;
mod notify;
mod requests;
mod vardiff;

pub use fixed::{FixedJob, FixedJobError};

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::messages::Incoming;
use crate::algorithm::Hasher;
use crate::pool::emulation::{Base, Chain, ChainJob, Lines, Serving};
use crate::pool::{ClientId, EmulatorSettings, FaultKind};
use client::Client;

/// How many sessions of clients that are gone can be resumed.
const KEPT_SESSIONS: usize = 64;

/// The pool's side of Stratum V1.
pub(super) struct StratumEmulator {
    base: Base<Client>,
    /// The algorithm's function; `None`: it needs a seed, and no share can be judged.
    hasher: Option<Arc<dyn Hasher>>,
    chain: Chain,
    /// Extranonce1 of clients that are gone, by session id, oldest first.
    sessions: VecDeque<(String, Vec<u8>)>,
    next_extranonce1: u32,
}

impl StratumEmulator {
    pub(super) fn new(settings: EmulatorSettings) -> Self {
        let chain = Chain::new(&settings);
        Self {
            hasher: settings.algorithm.hasher(None).ok(),
            next_extranonce1: chain.first_extranonce1(),
            chain,
            sessions: VecDeque::new(),
            base: Base::new(settings),
        }
    }

    fn broadcast(&mut self, job: &Arc<ChainJob>, now: Instant) {
        for id in self.base.clients_that(Client::is_served) {
            self.steer_at_job(id, now);
            self.serve(id, job);
        }
    }

    /// Sends a job, and before it the difficulty if that is news.
    fn serve(&mut self, id: ClientId, job: &Arc<ChainJob>) {
        let base = &mut self.base;
        let Some(client) = base.clients.get_mut(&id) else {
            return;
        };
        if base.faults.has(FaultKind::NoJobs) {
            return;
        }
        if let Some(difficulty) = client.news_of_difficulty() {
            let line =
                json!({"id": null, "method": "mining.set_difficulty", "params": [difficulty]});
            base.outbox.send(id, &line.to_string());
        }
        if base.faults.has(FaultKind::Garbage) {
            base.outbox.garble(id);
        }
        let line = client.take_job(job, base.settings.algorithm.difficulty_one());
        base.outbox.send(id, &line);
    }
}

impl Serving for StratumEmulator {
    type Client = Client;
    type Seal = Lines;

    fn base(&self) -> &Base<Client> {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base<Client> {
        &mut self.base
    }

    fn go_on(&mut self, elapsed: Duration, _now: Instant) {
        self.chain.set_time(elapsed);
    }

    fn welcome(&mut self) -> Client {
        Client::new(self.base.settings.difficulty)
    }

    /// Keeps of a client what a resumed session needs.
    fn part_with(&mut self, client: Client) {
        self.sessions.extend(client.into_session());
        if self.sessions.len() > KEPT_SESSIONS {
            self.sessions.pop_front();
        }
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
        let line = json!({"id": null, "method": "client.reconnect", "params": []});
        self.base.outbox.send(client, &line.to_string());
    }

    fn next_job(&mut self, now: Instant) {
        let job = self.chain.next_job();
        self.broadcast(&job, now);
    }

    fn next_block(&mut self, now: Instant) {
        let job = self.chain.next_block(None);
        self.broadcast(&job, now);
    }
}
