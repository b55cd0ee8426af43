//! A pool's link on virtual time: session and emulator joined by a wire with latency, cuts and reconnects.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use midstate::miner::{PoolSaid, Ticket};
use midstate::pool::{
    ClientId, EmulatorSettings, Endpoint, Framer, Framing, Lane, Payout, PoolEmulator, PoolEvent,
    Protocol, Session, SessionSettings, SoloSettings, SubmitId, Transmit, WallTime,
};
use midstate::units::Secret;
use midstate::work::{Outcome, Share, SourceId};

use super::requests::Requests;

/// Time that bytes take from one end to the other.
pub(crate) const LATENCY: Duration = Duration::from_millis(20);
/// Time from a lost connection to the next attempt.
const REDIAL: Duration = Duration::from_secs(2);

/// One direction of the wire.
struct Wire {
    under_way: VecDeque<(Instant, Vec<u8>)>,
    framer: Framer,
}

impl Wire {
    fn new(framing: Framing) -> Self {
        Self {
            under_way: VecDeque::new(),
            framer: Framer::new(framing),
        }
    }

    fn send(&mut self, bytes: &[u8], now: Instant) {
        self.under_way.push_back((now + LATENCY, bytes.to_vec()));
    }

    /// Frames that have arrived by `now`; `Err`: an endless one.
    fn frames(&mut self, now: Instant) -> Result<Vec<bytes::Bytes>, ()> {
        while self.under_way.front().is_some_and(|(at, _)| *at <= now) {
            let (_, bytes) = self.under_way.pop_front().expect("it was just seen");
            self.framer.buffer_mut().extend_from_slice(&bytes);
        }
        let mut lines = Vec::new();
        while let Some(line) = self.framer.next_frame().map_err(|_| ())? {
            lines.push(line);
        }
        Ok(lines)
    }
}

/// A configured pool: our session, its emulator, and the wire between them.
pub(crate) struct Link {
    session: Box<dyn Session>,
    emulator: Box<dyn PoolEmulator>,
    framing: Framing,
    client: Option<ClientId>,
    clients: u64,
    up: Wire,
    down: Wire,
    requests: Requests,
    wanted: bool,
    dial_at: Option<Instant>,
    tickets: HashMap<SubmitId, Ticket>,
    said: Vec<PoolSaid>,
    /// Whether nobody answers at all: the network is away.
    pub(crate) unreachable: bool,
    /// Verdicts that the emulator gave: accepted, refused.
    pub(crate) judged: (u64, u64),
}

impl Link {
    pub(crate) fn new(
        source: SourceId,
        seed: u64,
        protocol: &'static Protocol,
        settings: EmulatorSettings,
    ) -> Self {
        let wall = WallTime {
            at: Instant::now(),
            unix: settings.unix_time.into(),
        };
        let algorithm = settings.algorithm;
        let emulator = (protocol.emulator)(settings);
        let session = (protocol.session)(SessionSettings {
            algorithm,
            source,
            user: "worker".to_owned(),
            pass: Secret::new("x"),
            agent: "midstate/test".to_owned(),
            version_mask: 0x1fff_e000,
            suggest_difficulty: None,
            subscribe_extranonce: true,
            submit_stale: false,
            algorithm_named: false,
            seed,
            endpoint: Endpoint {
                protocol,
                tls: false,
                host: "127.0.0.1".to_owned(),
                port: protocol.default_port,
                path: emulator.url_path(),
            },
            wall,
            solo: SoloSettings {
                payout: Some(Payout::parse("51").expect("it is a script")),
                ..SoloSettings::default()
            },
        });
        Self {
            session,
            framing: protocol.framing,
            emulator,
            client: None,
            clients: 0,
            up: Wire::new(protocol.framing),
            down: Wire::new(protocol.framing),
            requests: Requests::default(),
            wanted: false,
            dial_at: None,
            tickets: HashMap::new(),
            said: Vec::new(),
            unreachable: false,
            judged: (0, 0),
        }
    }

    pub(crate) fn connect(&mut self, now: Instant) {
        self.wanted = true;
        self.dial_at = Some(now);
    }

    pub(crate) fn disconnect(&mut self, why: &str, now: Instant) {
        self.wanted = false;
        self.drop_connection(why, now);
        self.dial_at = None;
    }

    pub(crate) fn submit(&mut self, ticket: Ticket, share: &Share, now: Instant) {
        let id = self.session.submit(share, now);
        self.tickets.insert(id, ticket);
    }

    /// Cuts the connection, as a network does: nobody is told before they look.
    pub(crate) fn cut(&mut self, now: Instant) {
        self.drop_connection("cut", now);
    }

    /// Lets time come to `now`; returns what the link says.
    pub(crate) fn step(&mut self, now: Instant) -> Vec<PoolSaid> {
        if self.dial_at.is_some_and(|at| at <= now) {
            self.dial(now);
        }
        self.deliver(now);
        if self.session.poll_timeout().is_some_and(|at| at <= now) {
            self.session.handle_timeout(now);
        }
        if self.emulator.poll_timeout().is_some_and(|at| at <= now) {
            self.emulator.handle_timeout(now);
        }
        self.drain(now);
        std::mem::take(&mut self.said)
    }

    fn dial(&mut self, now: Instant) {
        self.dial_at = None;
        if self.unreachable {
            self.said.push(PoolSaid::Lost("unreachable".to_owned()));
            self.dial_at = self.wanted.then_some(now + REDIAL);
            return;
        }
        self.clients += 1;
        let client = ClientId(self.clients);
        self.client = Some(client);
        (self.up, self.down) = (Wire::new(self.framing), Wire::new(self.framing));
        self.requests = Requests::default();
        self.emulator.connected(client, now);
        self.said.push(PoolSaid::Connected);
        self.session.connected(now);
    }

    fn deliver(&mut self, now: Instant) {
        let Some(client) = self.client else { return };
        let (session, emulator) = (self.session.as_mut(), self.emulator.as_mut());
        if let Err(why) = self.requests.step(client, session, emulator, now) {
            return self.drop_connection(&why, now);
        }
        for line in self.up.frames(now).unwrap_or_default() {
            self.emulator.receive(client, &line, now);
        }
        match self.down.frames(now) {
            Ok(lines) => {
                for line in lines {
                    if self
                        .session
                        .receive(Lane::MAIN, &line, now)
                        .is_err_and(|error| error.is_fatal())
                    {
                        return self.drop_connection("unusable line", now);
                    }
                }
            }
            Err(()) => self.drop_connection("endless line", now),
        }
    }

    fn drain(&mut self, now: Instant) {
        while let Some((_, frame)) = self.session.poll_transmit() {
            assert!(frame.len() <= 1024, "a frame of {} bytes", frame.len());
            self.up.send(&frame, now);
        }
        while self.session.poll_block().is_some() {}
        while let Some((lane, request)) = self.session.poll_request() {
            self.requests.ask(lane, request);
        }
        while let Some((client, what)) = self.emulator.poll_transmit() {
            match what {
                _ if self.client != Some(client) => {}
                Transmit::Send(bytes) => self.down.send(&bytes, now),
                Transmit::Close => self.drop_connection("closed by the pool", now),
            }
        }
        while let Some(event) = self.emulator.poll_event() {
            if let midstate::pool::EmulatorEvent::Share { outcome, .. } = event {
                let accepted = outcome == Outcome::Accepted;
                self.judged.0 += u64::from(accepted);
                self.judged.1 += u64::from(!accepted);
            }
        }
        self.events(now);
    }

    fn events(&mut self, now: Instant) {
        while let Some(event) = self.session.poll_event() {
            match event {
                PoolEvent::Verdict {
                    id,
                    outcome,
                    latency,
                } => {
                    let ticket = self
                        .tickets
                        .remove(&id)
                        .expect("a verdict is for a share that was submitted");
                    self.said.push(PoolSaid::Verdict {
                        ticket,
                        outcome,
                        latency,
                    });
                }
                PoolEvent::Close(why) => self.drop_connection(&why.to_string(), now),
                PoolEvent::Redirect { .. } => self.drop_connection("redirected", now),
                event => self.said.push(PoolSaid::Event(event)),
            }
        }
    }

    fn drop_connection(&mut self, why: &str, now: Instant) {
        let Some(client) = self.client.take() else {
            return;
        };
        self.emulator.disconnected(client, now);
        self.session.disconnected(now);
        self.events(now);
        self.said.push(PoolSaid::Lost(why.to_owned()));
        self.dial_at = self.wanted.then_some(now + REDIAL);
    }
}
