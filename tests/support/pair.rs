//! A session and an emulated pool, joined without sockets, on virtual time.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use midstate::pool::{
    ClientId, EmulatorEvent, EmulatorSettings, Endpoint, Fault, FaultKind, Framer, Framing, Lane,
    PoolEmulator, PoolEvent, Protocol, Session, SessionError, SessionSettings, SoloSettings,
    SubmitId, Transmit, WallTime, stratum_v1,
};
use midstate::units::{Hash256, Secret};
use midstate::work::{Job, Outcome, Reject, Share, SourceId};

/// Settings of a plain client.
pub fn client() -> SessionSettings {
    SessionSettings {
        algorithm: &midstate::algorithm::sha256d::SHA256D,
        source: SourceId(0),
        user: "worker".to_owned(),
        pass: Secret::new("x"),
        agent: "midstate/test".to_owned(),
        version_mask: 0x1fff_e000,
        suggest_difficulty: None,
        subscribe_extranonce: false,
        submit_stale: false,
        algorithm_named: false,
        seed: 7,
        endpoint: Endpoint::parse("stratum+tcp://pool.example:3333")
            .unwrap()
            .0,
        wall: WallTime {
            at: Instant::now(),
            unix: 1_700_000_000,
        },
        solo: SoloSettings::default(),
    }
}

/// Settings of a pool whose shares take a few hundred hashes.
pub fn easy_pool() -> EmulatorSettings {
    EmulatorSettings {
        difficulty: super::work::easy(),
        ..EmulatorSettings::default()
    }
}

/// The same pool with something that goes wrong, from `after` on, for `lasting`.
pub fn faulty(
    pool: EmulatorSettings,
    kind: FaultKind,
    after: Duration,
    lasting: Duration,
) -> EmulatorSettings {
    let fault = Fault {
        after,
        lasting,
        kind,
    };
    EmulatorSettings {
        faults: vec![fault],
        ..pool
    }
}

/// The same pool with something that goes wrong from `after` seconds on.
pub fn faulty_from(after: u64, kind: FaultKind, pool: EmulatorSettings) -> EmulatorSettings {
    faulty(pool, kind, Duration::from_secs(after), Duration::MAX)
}

/// Both ends of a connection, and the time.
pub struct Pair {
    pub session: Box<dyn Session>,
    pub pool: Box<dyn PoolEmulator>,
    pub now: Instant,
    /// What the session told and nobody took yet.
    pub events: Vec<PoolEvent>,
    /// What the pool told and nobody took yet.
    pub pool_events: Vec<EmulatorEvent>,
    /// What the session found wrong with lines.
    pub errors: Vec<SessionError>,
    /// Why connections ended, oldest first.
    pub ends: Vec<String>,
    framing: Framing,
    client: Option<ClientId>,
    clients: u64,
    down: Framer,
    up: Framer,
}

impl Pair {
    /// A Stratum V1 pair that is not connected yet.
    pub fn new(client: SessionSettings, pool: EmulatorSettings) -> Self {
        Self::of(&stratum_v1::PROTOCOL, client, pool)
    }

    /// A pair of any protocol with one connection.
    pub fn of(protocol: &Protocol, client: SessionSettings, pool: EmulatorSettings) -> Self {
        Self {
            session: (protocol.session)(client),
            pool: (protocol.emulator)(pool),
            now: Instant::now(),
            events: Vec::new(),
            pool_events: Vec::new(),
            errors: Vec::new(),
            ends: Vec::new(),
            framing: protocol.framing,
            client: None,
            clients: 0,
            down: Framer::new(protocol.framing),
            up: Framer::new(protocol.framing),
        }
    }

    /// A pair whose session is ready and has its first job.
    pub fn ready(client: SessionSettings, pool: EmulatorSettings) -> (Self, Arc<Job>) {
        let mut pair = Self::new(client, pool);
        pair.connect();
        let job = pair.last_job();
        (pair, job)
    }

    /// Opens a fresh connection and lets both talk until they are idle.
    pub fn connect(&mut self) {
        self.disconnect("replaced");
        self.clients += 1;
        let client = ClientId(self.clients);
        self.client = Some(client);
        self.down = Framer::new(self.framing);
        self.up = Framer::new(self.framing);
        self.pool.connected(client, self.now);
        self.session.connected(self.now);
        self.settle();
    }

    /// Cuts the connection, if there is one.
    pub fn disconnect(&mut self, why: &str) {
        if let Some(client) = self.client.take() {
            self.ends.push(why.to_owned());
            self.pool.disconnected(client, self.now);
            self.session.disconnected(self.now);
        }
        self.take_events();
    }

    pub fn is_connected(&self) -> bool {
        self.client.is_some()
    }

    /// Moves bytes until nobody has any more to say.
    pub fn settle(&mut self) {
        while self.pool_to_session() | self.session_to_pool() {}
        self.take_events();
    }

    /// Lets time pass, with every timer of both ends at its moment.
    pub fn advance(&mut self, time: Duration) {
        let end = self.now + time;
        self.settle();
        loop {
            let timers = [self.session.poll_timeout(), self.pool.poll_timeout()];
            let next = timers.into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            self.session.handle_timeout(self.now);
            self.pool.handle_timeout(self.now);
            self.settle();
        }
        self.now = end;
    }

    /// Submits a share and lets both talk: its verdict, if there is one by then.
    pub fn submit(&mut self, share: &Share) -> (SubmitId, Option<Outcome>) {
        let id = self.session.submit(share, self.now);
        self.settle();
        (id, self.verdict(id))
    }

    /// The verdict on a share, if it was told.
    pub fn verdict(&self, wanted: SubmitId) -> Option<Outcome> {
        self.events.iter().find_map(|event| match event {
            PoolEvent::Verdict { id, outcome, .. } if *id == wanted => Some(outcome.clone()),
            _ => None,
        })
    }

    /// The hashes of the shares that the pool has accepted.
    pub fn accepted_hashes(&self) -> HashSet<Hash256> {
        let accepted = self.pool_events.iter().filter_map(|event| match event {
            EmulatorEvent::Share {
                hash,
                outcome: Outcome::Accepted,
                ..
            } => Some(*hash),
            _ => None,
        });
        accepted.collect()
    }

    /// A share of this kind is refused for this, whatever it is worth.
    pub fn assert_refused(&mut self, share: &Share, class: Reject) {
        let (_, outcome) = self.submit(share);
        assert!(
            matches!(&outcome, Some(Outcome::Rejected(got, _)) if *got == class),
            "{outcome:?} instead of {class:?}"
        );
    }

    /// All jobs that were told and not taken, oldest first.
    pub fn jobs(&self) -> Vec<Arc<Job>> {
        let jobs = self.events.iter().filter_map(|event| match event {
            PoolEvent::Job(job) => Some(Arc::clone(job)),
            _ => None,
        });
        jobs.collect()
    }

    pub fn last_job(&self) -> Arc<Job> {
        self.jobs().pop().expect("the pool has sent a job")
    }

    fn session_to_pool(&mut self) -> bool {
        let mut moved = false;
        while let Some((lane, bytes)) = self.session.poll_transmit() {
            assert_eq!(lane, Lane::MAIN);
            let is_line = bytes.len() <= 1024 && bytes.ends_with(b"\n");
            assert!(is_line || self.framing == Framing::Raw, "{bytes:?}");
            self.up.buffer_mut().extend_from_slice(&bytes);
            moved = true;
        }
        while let Some(line) = self.up.next_frame().unwrap() {
            if let Some(client) = self.client {
                self.pool.receive(client, &line, self.now);
            }
        }
        moved
    }

    fn pool_to_session(&mut self) -> bool {
        let mut moved = false;
        while let Some((client, transmit)) = self.pool.poll_transmit() {
            moved = true;
            if self.client == Some(client) {
                match transmit {
                    Transmit::Send(bytes) => self.feed(&bytes),
                    Transmit::Close => self.disconnect("the pool closed"),
                }
            }
        }
        moved
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.down.buffer_mut().extend_from_slice(bytes);
        loop {
            match self.down.next_frame() {
                Ok(Some(line)) => self.feed_line(&line),
                Ok(None) => break,
                Err(overlong) => return self.disconnect(&overlong.to_string()),
            }
        }
    }

    fn feed_line(&mut self, line: &[u8]) {
        if let Err(error) = self.session.receive(Lane::MAIN, line, self.now) {
            self.errors.push(error);
        }
        self.take_events();
    }

    fn take_events(&mut self) {
        let mut end = None;
        while let Some(event) = self.session.poll_event() {
            if let PoolEvent::Close(reason) = &event {
                end = Some(reason.to_string());
            }
            self.events.push(event);
        }
        self.pool_events
            .extend(std::iter::from_fn(|| self.pool.poll_event()));
        if let Some(end) = end {
            self.disconnect(&end);
        }
    }
}
