//! The pool's side of Stratum V2, made of software: it makes jobs and verifies every share from the full header.
//!
//! Written from the specification, not from the session: it assembles coinbase, merkle root and header by itself and shares with it
//! only frames and message types. `client` is one connection, `requests` opens channels, `jobs` sends jobs, `judge` verifies,
//! `sealers` encrypts what goes out in the order in which it leaves; what all pools do is [`Serving`]'s.
//!
//! Its authority's key comes from the seed, so that tests know it and a restarted pool keeps its URL: it protects nothing.

mod channel;
mod client;
mod jobs;
mod judge;
mod requests;
mod sealers;

use std::time::{Duration, Instant};

use rand_08::SeedableRng as _;
use rand_08::rngs::StdRng;

use common_messages_sv2::ReconnectOwned;

use super::frames::Frame;
use super::messages::{Message, text};
use super::noise;
use super::route::key_text;
use crate::algorithm::sha256d::SHA256D;
use crate::pool::emulation::{Base, Chain, Serving};
use crate::pool::{ClientId, EmulatorSettings};
use client::Client;
use sealers::Sealers;

/// The longest payload taken from a client, in bytes; `SetupConnection` with all its texts is the longest that a miner sends.
const MAX_CLIENT_PAYLOAD: usize = 2048;

/// The pool's side of Stratum V2.
pub(in crate::pool) struct Sv2Emulator {
    base: Base<Client, Sealers>,
    chain: Chain,
    authority: Authority,
    random: StdRng,
    /// The next channel's part of the extranonce.
    next_prefix: u32,
    /// Jobs sent, for their numbers.
    jobs: u32,
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
            jobs: 0,
            base: Base::new(settings),
        }
    }

    /// Unix time by the emulator's own clock.
    fn unix_time(&self) -> u32 {
        let elapsed = self.base.faults.elapsed().as_secs();
        let elapsed = u32::try_from(elapsed).unwrap_or(u32::MAX);
        self.base.settings.unix_time.saturating_add(elapsed)
    }

    fn send(&mut self, client: ClientId, message: impl Into<Message>) {
        let frame = message.into().into_frame();
        self.base.outbox.send_in_order(client, frame);
    }

    /// `SetTarget` with three bytes of a target.
    fn send_garbage(&mut self, client: ClientId) {
        let garbage = Frame::new(0x21, true, &[1, 0, 0, 0, 0xff, 0xff, 0xff]);
        self.base.outbox.send_in_order(client, garbage);
    }

    fn take_frames(&mut self, id: ClientId, now: Instant) {
        loop {
            let Some(client) = self.base.clients.get_mut(&id) else {
                return;
            };
            match client.next_frame() {
                Ok(Some(mut frame)) => match Message::read(&mut frame) {
                    Ok(Some(message)) => self.obey(id, message, now),
                    Ok(None) => {}
                    Err(error) => self.bad_frame(id, &error.to_string()),
                },
                Ok(None) => return,
                Err(error) => return self.drop_for(id, &error.to_string()),
            }
        }
    }
}

impl Serving for Sv2Emulator {
    type Client = Client;
    type Seal = Sealers;

    fn base(&self) -> &Base<Client, Sealers> {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base<Client, Sealers> {
        &mut self.base
    }

    fn go_on(&mut self, elapsed: Duration, now: Instant) {
        self.chain.set_time(elapsed);
        self.acknowledge_due(now);
    }

    fn next_timer(&self) -> Option<Instant> {
        let clients = self.base.clients.values();
        let channels = clients.flat_map(|client| client.channels.values());
        let batches = channels.filter_map(|channel| channel.batch.map(|batch| batch.due));
        batches.min()
    }

    fn welcome(&mut self) -> Client {
        Client::new()
    }

    fn hear(&mut self, id: ClientId, bytes: &[u8], now: Instant) {
        let unix_time = self.unix_time();
        let Some(client) = self.base.clients.get_mut(&id) else {
            return;
        };
        match client.take(bytes, &self.authority, unix_time, &mut self.random) {
            Ok(Some((answer, sealer))) => {
                let outbox = &mut self.base.outbox;
                outbox.seal.open(id, sealer);
                outbox.write(id, &answer);
            }
            Ok(None) => {}
            Err(problem) => return self.drop_for(id, &problem),
        }
        self.take_frames(id, now);
    }

    /// `Reconnect` without a place: to the same address.
    fn send_elsewhere(&mut self, client: ClientId) {
        let (new_host, new_port) = (text(""), 0);
        self.send(client, ReconnectOwned { new_host, new_port });
    }

    fn next_job(&mut self, now: Instant) {
        let job = self.chain.next_job();
        self.broadcast(&job, now);
    }

    fn next_block(&mut self, now: Instant) {
        let job = self.chain.next_block(None);
        self.broadcast(&job, now);
    }

    fn path(&self) -> String {
        format!("/{}", key_text(self.authority.public))
    }
}
