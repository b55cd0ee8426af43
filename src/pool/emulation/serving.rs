//! An emulated pool whose clients keep a connection, whatever is spoken on it: who they are, what goes out to them, what goes wrong,
//! and when there are jobs.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Faults, JobPace, Lines, Outbox, Seal};
use crate::pool::{ClientId, EmulatorEvent, EmulatorSettings, FaultKind, PoolEmulator, Transmit};
use crate::units::printable;

/// The longest line taken from a client, in bytes with its end: ckpool drops clients that send more.
const MAX_CLIENT_LINE: usize = 1024;
/// Unusable frames after which a client is dropped.
const MAX_BAD_FRAMES: u32 = 3;
/// The longest text of a client that is kept, in bytes.
const MAX_TEXT: usize = 256;

/// What every such pool has; `C` is what it knows of a client.
pub(in crate::pool) struct Base<C, S: Seal = Lines> {
    pub(in crate::pool) settings: EmulatorSettings,
    pub(in crate::pool) clients: BTreeMap<ClientId, C>,
    pub(in crate::pool) faults: Faults,
    pub(in crate::pool) outbox: Outbox<S>,
    pub(in crate::pool) events: VecDeque<EmulatorEvent>,
    /// How many unusable frames each client has sent.
    bad_frames: BTreeMap<ClientId, u32>,
    pace: JobPace,
}

impl<C, S: Seal> Base<C, S> {
    pub(in crate::pool) fn new(settings: EmulatorSettings) -> Self {
        Self {
            clients: BTreeMap::new(),
            faults: Faults::new(settings.faults.clone()),
            outbox: Outbox::default(),
            events: VecDeque::new(),
            bad_frames: BTreeMap::new(),
            pace: JobPace::new(settings.job_interval),
            settings,
        }
    }

    /// The clients of which something is true.
    pub(in crate::pool) fn clients_that(&self, is_so: impl Fn(&C) -> bool) -> Vec<ClientId> {
        let all = self.clients.iter();
        all.filter(|(_, client)| is_so(client))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Whether a worker is let in.
    pub(in crate::pool) fn admits(&self, worker: &str, password: &str) -> bool {
        let known = match &self.settings.login {
            Some((user, secret)) => worker == user && password == secret.expose(),
            None => true,
        };
        known && worker.len() <= MAX_TEXT && !self.faults.has(FaultKind::RefuseLogin)
    }

    /// Tells of a login.
    pub(in crate::pool) fn tell_login(&mut self, client: ClientId, worker: &str, agent: &str) {
        self.events.push_back(EmulatorEvent::Login {
            client,
            worker: printable(worker, MAX_TEXT),
            agent: printable(agent, MAX_TEXT),
        });
    }

    /// Tells of something unusable.
    pub(in crate::pool) fn tell_problem(&mut self, client: ClientId, problem: &str) {
        self.events.push_back(EmulatorEvent::BadLine {
            client,
            problem: printable(problem, 200),
        });
    }
}

impl<C> Base<C> {
    /// Answers a request of Stratum's kind with a result, if it has a name.
    pub(in crate::pool) fn say(&mut self, to: ClientId, id: &Value, result: &Value) {
        if !id.is_null() {
            let line = json!({"id": id, "result": result, "error": null});
            self.outbox.answer(to, line.to_string());
        }
    }
}

/// What a protocol makes of it. Time is brought up to date before anything else here is asked.
pub(in crate::pool) trait Serving: Send {
    /// What the pool knows of a client.
    type Client: Send;
    /// How its frames become bytes.
    type Seal: Seal;

    fn base(&self) -> &Base<Self::Client, Self::Seal>;
    fn base_mut(&mut self) -> &mut Base<Self::Client, Self::Seal>;

    /// A client comes.
    fn welcome(&mut self) -> Self::Client;
    /// A frame of a client that is there.
    fn hear(&mut self, client: ClientId, frame: &[u8], now: Instant);
    /// Sends a client elsewhere, which is the same place.
    fn send_elsewhere(&mut self, client: ClientId);
    /// It is time for a job.
    fn next_job(&mut self, now: Instant);
    /// A block is found elsewhere.
    fn next_block(&mut self, now: Instant);

    /// A client is gone.
    fn part_with(&mut self, client: Self::Client) {
        let _ = client;
    }
    /// Time has come to `now`, `elapsed` after the pool's own beginning.
    fn go_on(&mut self, elapsed: Duration, now: Instant) {
        let _ = (elapsed, now);
    }
    /// The protocol's own timer, if it has one.
    fn next_timer(&self) -> Option<Instant> {
        None
    }
    /// Another dataset from the next job on.
    fn new_epoch(&mut self) {}
    /// What its URL has after the port.
    fn path(&self) -> String {
        String::new()
    }

    /// Brings everything that depends on time up to `now`; every entry begins with it.
    fn advance(&mut self, now: Instant) {
        let base = self.base_mut();
        let begun = base.faults.advance(now);
        base.outbox.advance(base.faults.manner(), now);
        let elapsed = base.faults.elapsed();
        self.go_on(elapsed, now);
        for kind in begun {
            self.begin_fault(kind);
        }
        if self.base_mut().pace.take_due(now) {
            self.next_job(now);
        }
    }

    /// What a fault does to everybody at the moment when it begins.
    fn begin_fault(&mut self, kind: FaultKind) {
        if kind == FaultKind::NewEpoch {
            self.new_epoch();
        }
        for client in self.base().clients_that(|_| true) {
            match kind {
                FaultKind::Disconnect => self.close(client),
                FaultKind::Reconnect => self.send_elsewhere(client),
                FaultKind::HugeLine => self.base_mut().outbox.flood(client),
                _ => {}
            }
        }
    }

    /// What lasting faults do to a client that has just logged in.
    fn greet(&mut self, client: ClientId) {
        let faults = &self.base().faults;
        let (elsewhere, huge) = (
            faults.has(FaultKind::Reconnect),
            faults.has(FaultKind::HugeLine),
        );
        if elsewhere {
            self.send_elsewhere(client);
        }
        if huge {
            self.base_mut().outbox.flood(client);
        }
    }

    /// Drops a client.
    fn close(&mut self, client: ClientId) {
        self.forget(client);
        self.base_mut().outbox.close(client);
    }

    /// Drops what is known of a client.
    fn forget(&mut self, client: ClientId) {
        let base = self.base_mut();
        base.outbox.forget(client);
        base.bad_frames.remove(&client);
        if let Some(known) = base.clients.remove(&client) {
            self.part_with(known);
        }
    }

    /// A client sent what it may not send: it is dropped.
    fn drop_for(&mut self, client: ClientId, problem: &str) {
        self.base_mut().tell_problem(client, problem);
        self.close(client);
    }

    /// A client sent something unusable, which it may do twice.
    fn bad_frame(&mut self, client: ClientId, problem: &str) {
        let base = self.base_mut();
        base.tell_problem(client, problem);
        let count = base.bad_frames.entry(client).or_default();
        *count += 1;
        if *count >= MAX_BAD_FRAMES {
            self.close(client);
        }
    }

    /// Whether a line is short enough; else its client is dropped.
    fn fits(&mut self, client: ClientId, line: &[u8]) -> bool {
        let fits = line.len() < MAX_CLIENT_LINE;
        if !fits {
            let size = line.len() + 1;
            let problem = format!("a line of {size} bytes; {MAX_CLIENT_LINE} are allowed");
            self.drop_for(client, &problem);
        }
        fits
    }
}

/// Such a pool as an emulator.
pub(in crate::pool) struct Connected<P>(pub(in crate::pool) P);

impl<P: Serving> PoolEmulator for Connected<P> {
    fn connected(&mut self, client: ClientId, now: Instant) {
        self.0.advance(now);
        if self.0.base().faults.has(FaultKind::Disconnect) {
            self.0.base_mut().outbox.close(client);
        } else {
            let fresh = self.0.welcome();
            self.0.base_mut().clients.insert(client, fresh);
        }
    }

    fn disconnected(&mut self, client: ClientId, now: Instant) {
        self.0.advance(now);
        self.0.forget(client);
    }

    fn receive(&mut self, client: ClientId, frame: &[u8], now: Instant) {
        self.0.advance(now);
        if self.0.base().clients.contains_key(&client) {
            self.0.hear(client, frame, now);
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let base = self.0.base();
        let timers = [
            base.pace.next().filter(|_| !base.clients.is_empty()),
            base.faults.next_change(),
            base.outbox.next_release(),
            self.0.next_timer(),
        ];
        timers.into_iter().flatten().min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.0.advance(now);
    }

    fn poll_transmit(&mut self) -> Option<(ClientId, Transmit)> {
        self.0.base_mut().outbox.next()
    }

    fn poll_event(&mut self) -> Option<EmulatorEvent> {
        self.0.base_mut().events.pop_front()
    }

    fn new_block(&mut self, now: Instant) {
        self.0.advance(now);
        self.0.next_block(now);
    }

    fn url_path(&self) -> String {
        self.0.path()
    }
}
