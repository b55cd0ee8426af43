//! The pool's side of Stratum V2, made of software: it makes jobs and verifies every share from the full header.
//!
//! Written from the specification, not from the session: it assembles coinbase, merkle root and header by itself and shares with it
//! only frames and message types. `client` is one connection, `requests` opens channels, `jobs` sends jobs, `judge` verifies,
//! `faults` misbehaves, `outbox` encrypts what goes out in its order. Its own time begins with the first call.
//!
//! Its authority's key comes from the seed, so that tests know it and a restarted pool keeps its URL: it protects nothing.

mod channel;
mod client;
mod faults;
mod jobs;
mod judge;
mod outbox;
mod requests;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use rand_08::SeedableRng as _;
use rand_08::rngs::StdRng;

use super::messages::Message;
use super::noise;
use super::route::key_text;
use crate::algorithm::sha256d::SHA256D;
use crate::pool::emulation::{Chain, Faults};
use crate::pool::{ClientId, EmulatorEvent, EmulatorSettings, PoolEmulator, Transmit};
use crate::units::printable;
use client::Client;
use outbox::Outbox;

/// The shortest time between jobs.
const MIN_JOB_INTERVAL: Duration = Duration::from_millis(10);
/// Unusable messages after which a client is dropped.
const MAX_BAD_MESSAGES: u32 = 3;
/// The longest payload taken from a client, in bytes; `SetupConnection` with all its texts is the longest that a miner sends.
const MAX_CLIENT_PAYLOAD: usize = 2048;

/// The pool's side of Stratum V2.
pub(in crate::pool) struct Sv2Emulator {
    settings: EmulatorSettings,
    chain: Chain,
    authority: Authority,
    random: StdRng,
    clients: BTreeMap<ClientId, Client>,
    /// The next channel's part of the extranonce.
    next_prefix: u32,
    /// Jobs sent, for their numbers.
    jobs: u32,
    next_job: Option<Instant>,
    faults: Faults,
    outbox: Outbox,
    events: VecDeque<EmulatorEvent>,
}

/// The key pair that signs the pool's certificates.
#[derive(Clone, Copy)]
pub(super) struct Authority {
    pub(super) secret: [u8; 32],
    pub(super) public: [u8; 32],
}

impl Authority {
    /// A key pair that belongs to a seed.
    fn of_seed(seed: u64) -> Self {
        let mut secret = *SHA256D.hash(&seed.to_le_bytes()).as_internal();
        loop {
            if let Some(public) = noise::public_key(&secret) {
                return Self { secret, public };
            }
            secret = *SHA256D.hash(&secret).as_internal();
        }
    }
}

impl Sv2Emulator {
    pub(in crate::pool) fn new(settings: EmulatorSettings) -> Self {
        let chain = Chain::new(&settings);
        Self {
            authority: Authority::of_seed(settings.seed),
            random: StdRng::seed_from_u64(settings.seed),
            next_prefix: chain.first_extranonce1(),
            chain,
            clients: BTreeMap::new(),
            jobs: 0,
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
        self.acknowledge_due(now);
        self.make_due_job(now);
    }

    /// Unix time by the emulator's own clock.
    fn unix_time(&self, now: Instant) -> u32 {
        let elapsed = self.faults.elapsed(now).as_secs();
        let elapsed = u32::try_from(elapsed).unwrap_or(u32::MAX);
        self.settings.unix_time.saturating_add(elapsed)
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

    fn send(&mut self, client: ClientId, message: impl Into<Message>) {
        self.outbox.send(client, message.into().into_frame());
    }

    fn close(&mut self, client: ClientId) {
        self.clients.remove(&client);
        self.outbox.close(client);
    }

    fn take(&mut self, id: ClientId, bytes: &[u8], now: Instant) {
        let unix_time = self.unix_time(now);
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        match client.take(bytes, &self.authority, unix_time, &mut self.random) {
            Ok(Some((answer, sealer))) => self.outbox.open(id, &answer, sealer),
            Ok(None) => {}
            Err(problem) => return self.drop_for(id, &problem),
        }
        self.take_frames(id, now);
    }

    fn take_frames(&mut self, id: ClientId, now: Instant) {
        loop {
            let Some(client) = self.clients.get_mut(&id) else {
                return;
            };
            match client.next_frame() {
                Ok(Some(mut frame)) => match Message::read(&mut frame) {
                    Ok(Some(message)) => self.hear(id, message, now),
                    Ok(None) => {}
                    Err(error) => self.bad_message(id, &error.to_string()),
                },
                Ok(None) => return,
                Err(error) => return self.drop_for(id, &error.to_string()),
            }
        }
    }

    fn drop_for(&mut self, id: ClientId, problem: &str) {
        self.tell_problem(id, problem);
        self.close(id);
    }

    fn bad_message(&mut self, id: ClientId, problem: &str) {
        self.tell_problem(id, problem);
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        client.bad_messages += 1;
        if client.bad_messages >= MAX_BAD_MESSAGES {
            self.close(id);
        }
    }

    fn tell_problem(&mut self, client: ClientId, problem: &str) {
        self.events.push_back(EmulatorEvent::BadLine {
            client,
            problem: printable(problem, 200),
        });
    }
}

impl PoolEmulator for Sv2Emulator {
    fn connected(&mut self, client: ClientId, now: Instant) {
        self.advance(now);
        if self.faults.disconnects(now) {
            self.outbox.close(client);
        } else {
            self.clients.insert(client, Client::new());
        }
    }

    fn disconnected(&mut self, client: ClientId, now: Instant) {
        self.advance(now);
        self.clients.remove(&client);
        self.outbox.forget(client);
    }

    fn receive(&mut self, client: ClientId, frame: &[u8], now: Instant) {
        self.advance(now);
        self.take(client, frame, now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let job = self.next_job.filter(|_| !self.clients.is_empty());
        let channels = self
            .clients
            .values()
            .flat_map(|client| client.channels.values());
        let batches = channels.filter_map(|channel| channel.batch.map(|batch| batch.due));
        let fault = self.faults.next_change();
        let late = self.outbox.next_release();
        let timers = job.into_iter().chain(fault).chain(late);
        timers.chain(batches).min()
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

    fn url_path(&self) -> String {
        format!("/{}", key_text(self.authority.public))
    }
}
