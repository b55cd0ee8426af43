//! The pool's side of a protocol: what every emulated pool takes, does and tells.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::algorithm::{Algorithm, sha256d::SHA256D};
use crate::pool::{Exchange, FixedJob, HttpPart, HttpRequest};
use crate::units::{Difficulty, Secret};
use crate::work::Outcome;

/// One connection to an emulated pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(pub u64);

/// How an emulated pool behaves.
#[derive(Debug, Clone)]
pub struct EmulatorSettings {
    /// What the jobs are hashed with; difficulties are on its scale.
    pub algorithm: &'static dyn Algorithm,
    /// Share difficulty of the first jobs.
    pub difficulty: Difficulty,
    /// How often a new job comes.
    pub job_interval: Duration,
    /// Every how many jobs a clean one (a new block) comes; 1: each is clean.
    pub clean_every: u32,
    /// Size of extranonce2 in bytes.
    pub extranonce2_size: usize,
    /// Version bits that miners may roll; 0: version rolling is refused.
    pub version_mask: u32,
    /// Number of merkle branches of the jobs.
    pub branches: usize,
    /// Shares a minute that a client's difficulty is steered to; `None`: fixed difficulty.
    pub vardiff: Option<f64>,
    /// Name and password that must be given; `None`: anybody.
    pub login: Option<(String, Secret)>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// Seed of everything random.
    pub seed: u64,
    /// Unix time at start, seconds: what ntime counts from.
    pub unix_time: u32,
    /// Serve this one job, as it stands, instead of an invented chain of jobs.
    pub fixed_job: Option<FixedJob>,
    /// What pools do that are asked by HTTP.
    pub http: HttpPoolSettings,
}

/// What an emulated pool does that is asked by HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpPoolSettings {
    /// The value of `X-Roll-NTime`; `None`: the header is not sent.
    pub roll_ntime: Option<String>,
    /// The value of `X-Long-Polling`; `None`: there is no long poll.
    pub long_polling: Option<String>,
    /// The value of `X-Stratum`; `None`: the header is not sent.
    pub stratum: Option<String>,
    /// Whether the midstate is given although the client can compute it.
    pub midstate: MidstateGiven,
    /// The one result that is given, as JSON text, instead of invented ones.
    pub fixed_result: Option<String>,
    /// The chain that an emulated node is on: main, test, testnet4, signet or regtest.
    pub chain: &'static str,
    /// Whether an emulated node takes shares easier than blocks, as a pool does.
    pub shares: bool,
}

impl Default for HttpPoolSettings {
    fn default() -> Self {
        Self {
            roll_ntime: Some("expire=120".to_owned()),
            long_polling: Some("/LP".to_owned()),
            stratum: None,
            midstate: MidstateGiven::Unasked,
            fixed_result: None,
            chain: "regtest",
            shares: true,
        }
    }
}

/// Whether an emulated pool gives the midstate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MidstateGiven {
    /// To clients that do not say that they can compute it.
    Unasked,
    /// Always.
    Always,
    /// Always a wrong one.
    Wrong,
}

impl Default for EmulatorSettings {
    fn default() -> Self {
        Self {
            algorithm: &SHA256D,
            difficulty: Difficulty::ONE,
            job_interval: Duration::from_secs(30),
            clean_every: 4,
            extranonce2_size: 4,
            version_mask: 0x1fff_e000,
            branches: 3,
            vardiff: None,
            login: None,
            faults: Vec::new(),
            seed: 0,
            unix_time: 1_700_000_000,
            fixed_job: None,
            http: HttpPoolSettings::default(),
        }
    }
}

/// Something that an emulated pool does wrong: from `after` (since it was made) for `lasting`.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// When it begins.
    pub after: Duration,
    /// How long it lasts; `Duration::MAX`: for ever.
    pub lasting: Duration,
    /// What.
    pub kind: FaultKind,
}

/// What an emulated pool can do wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum FaultKind {
    /// Accepts the connection and never says a word.
    Mute,
    /// Finishes the handshake and never sends a job.
    NoJobs,
    /// Takes shares and never answers.
    NoVerdicts,
    /// Calls every share stale.
    Stale,
    /// Calls every share a duplicate.
    Duplicate,
    /// Calls every share too easy.
    LowDifficulty,
    /// Drops every connection, once when the fault begins and at once while it lasts.
    Disconnect,
    /// Sends `client.reconnect` to the same address.
    Reconnect,
    /// Sends its lines one byte at a time.
    SplitWrites,
    /// Delays each answer by this much.
    Slow(Duration),
    /// Sends lines that are no JSON, now and then.
    Garbage,
    /// Sends a line without end.
    HugeLine,
    /// Refuses the login.
    RefuseLogin,
    /// Answers every request with this HTTP status (pools that are asked by HTTP).
    Status(u16),
    /// Sends every request round in circles (pools that are asked by HTTP).
    RedirectLoop,
    /// A new dataset from the next job on (protocols that have one).
    NewEpoch,
    /// Hands out too few seeds for its dataset.
    SeedCount,
    /// Hands out other seeds than those of its dataset.
    Seeds,
    /// Names another dataset with its seeds than with its jobs.
    Seedhash,
}

/// The pool's side of a protocol, without I/O; it makes jobs and verifies every share from the full header.
pub trait PoolEmulator: Send {
    /// A client has connected.
    fn connected(&mut self, client: ClientId, now: Instant);
    /// A client is gone.
    fn disconnected(&mut self, client: ClientId, now: Instant);
    /// One frame from a client, without its line end.
    fn receive(&mut self, client: ClientId, frame: &[u8], now: Instant);
    /// When [`handle_timeout`](PoolEmulator::handle_timeout) wants to be called.
    fn poll_timeout(&self) -> Option<Instant>;
    /// Time has come to `now`.
    fn handle_timeout(&mut self, now: Instant);
    /// The next thing to do to a client.
    fn poll_transmit(&mut self) -> Option<(ClientId, Transmit)>;
    /// The next thing to tell a person.
    fn poll_event(&mut self) -> Option<EmulatorEvent>;
    /// A request from a client, of a protocol that is carried by HTTP; it may be answered much later.
    fn request(
        &mut self,
        client: ClientId,
        exchange: Exchange,
        request: HttpRequest,
        now: Instant,
    ) {
        let _ = (client, exchange, request, now);
    }
    /// The next thing to do to a request.
    fn poll_response(&mut self) -> Option<(Exchange, HttpPart)> {
        None
    }
    /// What a client's URL must have after the port, slash included: a key, say. Mostly nothing.
    fn url_path(&self) -> String {
        String::new()
    }
    /// Starts a new block now: every client gets a clean job.
    fn new_block(&mut self, now: Instant);
}

/// What an emulated pool does to a client's connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transmit {
    /// Send these bytes in one write.
    Send(Bytes),
    /// Close the connection.
    Close,
}

/// What an emulated pool tells.
#[derive(Debug, Clone)]
pub enum EmulatorEvent {
    /// A client logged in.
    Login {
        /// Which client.
        client: ClientId,
        /// Its worker name, safe to show.
        worker: String,
        /// What it calls itself, safe to show.
        agent: String,
    },
    /// A share was judged.
    Share {
        /// Which client.
        client: ClientId,
        /// Its worker name, safe to show.
        worker: String,
        /// The job's key, safe to show.
        job: String,
        /// The verdict; never [`Outcome::Unknown`].
        outcome: Outcome,
        /// What the hash was worth.
        difficulty: Difficulty,
        /// The hash in display order.
        hash: crate::units::Hash256,
        /// Whether it solves the emulated block.
        is_block: bool,
    },
    /// A client said something unusable.
    BadLine {
        /// Which client.
        client: ClientId,
        /// What is wrong, safe to show.
        problem: String,
    },
}
