//! Where jobs come from: pool protocols as state machines.
//!
//! No sockets, no clock, no threads, no files: a [`Session`] is fed lines and times and drained of lines and events (quinn-proto's
//! shape). The pool's side, a [`PoolEmulator`], is one too. A protocol is one folder here (messages, session, emulator)
//! and one line in [`PROTOCOLS`].

pub mod cryptonote;
mod emulation;
mod endpoint;
mod framing;
pub mod getblocktemplate;
pub mod getwork;
mod http;
pub mod stratum_v1;
#[cfg(feature = "sv2")]
pub mod stratum_v2;
pub mod truestratum;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

pub use endpoint::{Credentials, Endpoint, EndpointError, may_redirect};
pub use framing::{Framer, Framing, LineFramer, Overlong};
pub use getblocktemplate::{Payout, PayoutError};
pub use http::{Exchange, HttpPart, HttpPlace, HttpRequest, HttpResponse, Method, PlaceError};
pub use stratum_v1::{FixedJob, FixedJobError};

use crate::algorithm::{self, Algorithm, sha256d::SHA256D};
use crate::units::{Difficulty, Secret, printable};
use crate::work::{Job, Outcome, Share, SourceId};

/// A pool protocol.
#[derive(Debug)]
pub struct Protocol {
    /// Its name, as `midstate pool --protocol` takes it.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// URL schemes without TLS; the first is the canonical one.
    pub plain_schemes: &'static [&'static str],
    /// URL schemes with TLS.
    pub tls_schemes: &'static [&'static str],
    /// The port when the URL has none.
    pub default_port: u16,
    /// Whether something may follow the port in its URLs.
    pub path: UrlPath,
    /// Names of the algorithms that its jobs can be of, [`OWN_ALGORITHMS`] among them if anything will do; the first is meant when the
    /// user names none.
    pub algorithms: &'static [&'static str],
    /// How bytes become frames.
    pub framing: Framing,
    /// A frame of either side as a protocol dump may show it: passwords hidden, text made safe, every character that fits.
    pub shown: fn(&[u8]) -> String,
    /// Makes the miner's side.
    pub session: fn(SessionSettings) -> Box<dyn Session>,
    /// Makes the pool's side.
    pub emulator: fn(EmulatorSettings) -> Box<dyn PoolEmulator>,
}

/// Stands for the algorithms that the library's user has registered.
pub const OWN_ALGORITHMS: &str = "own ones";

/// Whether a protocol's URLs may go on after the port.
#[derive(Debug, Clone, Copy)]
pub enum UrlPath {
    /// They may not: it is an error.
    Refused,
    /// They may, and it means something: [`Endpoint::path`].
    Taken,
    /// They may, and whether it means something (with this host) is checked when the URL is read; the error says what is wrong.
    Checked(fn(host: &str, path: &str) -> Result<(), String>),
}

/// Every protocol, in the order in which help texts list them.
pub const PROTOCOLS: &[&Protocol] = &[
    &stratum_v1::PROTOCOL,
    #[cfg(feature = "sv2")]
    &stratum_v2::PROTOCOL,
    &getwork::PROTOCOL,
    &getblocktemplate::PROTOCOL,
    &truestratum::PROTOCOL,
    &cryptonote::PROTOCOL,
];

/// Schemes of protocols that a build can do without, each with the cargo feature that brings it.
pub(crate) const OPTIONAL_SCHEMES: &[(&str, &str)] = &[("stratum2+tcp", "sv2")];

/// Which of a session's connections a frame belongs to; protocols with one connection use [`Lane::MAIN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane(pub u8);

impl Lane {
    /// The only lane of a protocol with one connection.
    pub const MAIN: Self = Self(0);
    /// Requests that wait long for their answer, apart from those that do not.
    pub const POLL: Self = Self(1);
    /// Shares of protocols that send them by requests.
    pub const SUBMIT: Self = Self(2);
}

/// The name of a submitted share until its verdict comes; unique within a session's life, over reconnects too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubmitId(pub u64);

/// What a session needs to know.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// Which pool of the list it is.
    pub source: SourceId,
    /// What the jobs are hashed with, where the pool does not tell: the user's word, or the first of [`Protocol::algorithms`].
    pub algorithm: &'static dyn Algorithm,
    /// Worker name.
    pub user: String,
    /// Password; sent verbatim.
    pub pass: Secret,
    /// What we call ourselves, such as `midstate/0.1.0`.
    pub agent: String,
    /// Version bits that we can roll; 0 asks for no version rolling.
    pub version_mask: u32,
    /// Difficulty to ask for.
    pub suggest_difficulty: Option<Difficulty>,
    /// Whether to ask for `mining.set_extranonce`.
    pub subscribe_extranonce: bool,
    /// Seed of everything that is chosen at random: where the first job's extranonce2 starts, as a counter.
    pub seed: u64,
    /// Where the pool is, as configured: some protocols repeat it to the pool, or find a key or a path in it.
    pub endpoint: Endpoint,
    /// What the wall clock says, for whatever carries dates.
    pub wall: WallTime,
    /// What a protocol needs that makes the blocks itself.
    pub solo: SoloSettings,
}

/// What the wall clock showed at some instant: sessions have no clock, and certificates have dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallTime {
    /// When it was read.
    pub at: Instant,
    /// What it showed, in Unix seconds.
    pub unix: u64,
}

impl WallTime {
    /// What it shows at `now`, in Unix seconds.
    pub fn unix_at(self, now: Instant) -> u64 {
        match now.checked_duration_since(self.at) {
            Some(since) => self.unix.saturating_add(since.as_secs()),
            None => self.unix.saturating_sub((self.at - now).as_secs()),
        }
    }
}

/// Which way a frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the pool.
    Sent,
    /// From the pool.
    Received,
}

/// What a session needs to know that makes blocks itself.
#[derive(Debug, Clone, Default)]
pub struct SoloSettings {
    /// Where the reward goes.
    pub payout: Option<Payout>,
    /// Text that goes into the coinbase.
    pub coinbase_text: String,
    /// Blocks of earlier runs that no node has taken yet: name and whole block in hex.
    pub kept: Vec<(String, Bytes)>,
}

/// The miner's side of a pool protocol, without I/O.
///
/// The driver calls [`connected`](Session::connected), then feeds frames and time; after every call it drains
/// [`poll_transmit`](Session::poll_transmit) and [`poll_event`](Session::poll_event) until both are empty.
pub trait Session: Send {
    /// A fresh connection is up: the handshake begins. Whatever the session learnt about the pool (drops on configure, where
    /// extranonce2 stood) it keeps.
    fn connected(&mut self, now: Instant);

    /// The connection is gone: shares without a verdict become [`Outcome::Unknown`].
    fn disconnected(&mut self, now: Instant);

    /// One frame from the pool, without its line end.
    ///
    /// # Errors
    /// What is wrong with the frame. The frame has no other effect; unless [`SessionError::is_fatal`], go on.
    fn receive(&mut self, lane: Lane, frame: &[u8], now: Instant) -> Result<(), SessionError>;

    /// Sends a share; its verdict comes as [`PoolEvent::Verdict`] under the id returned. A share of an older connection or with
    /// version bits that the pool no longer allows is not sent: its verdict follows at once.
    fn submit(&mut self, share: &Share, now: Instant) -> SubmitId;

    /// Whether the pool may still count a share of `job`: it comes from this connection, and the pool has neither voided it (a
    /// changed previous hash makes a job [`Job::clean`] for boards, but only the pool's own word makes the older ones void) nor
    /// given its name to another.
    fn accepts(&self, job: &Job) -> bool {
        let _ = job;
        true
    }

    /// When [`handle_timeout`](Session::handle_timeout) wants to be called, if nothing comes before.
    fn poll_timeout(&self) -> Option<Instant>;

    /// Time has come to `now`.
    fn handle_timeout(&mut self, now: Instant);

    /// The next frame to send, line end included.
    fn poll_transmit(&mut self) -> Option<(Lane, Bytes)>;

    /// The next event.
    fn poll_event(&mut self) -> Option<PoolEvent>;

    /// From now on keeps each frame for [`poll_tapped`](Session::poll_tapped). Only protocols with [`Framing::Raw`] do: what goes
    /// over the wire are not their frames.
    fn tap(&mut self) {}

    /// The next frame in clear, for [`Protocol::shown`]; drained by whoever called [`tap`](Session::tap).
    fn poll_tapped(&mut self) -> Option<(Way, Bytes)> {
        None
    }

    /// The next request of a protocol that is carried by HTTP. Requests of one lane are sent one after another, those of different
    /// lanes do not wait for each other.
    fn poll_request(&mut self) -> Option<(Lane, HttpRequest)> {
        None
    }

    /// The answer to the oldest open request of a lane.
    ///
    /// # Errors
    /// What is wrong with it, as in [`receive`](Session::receive).
    fn receive_response(
        &mut self,
        lane: Lane,
        response: &HttpResponse,
        now: Instant,
    ) -> Result<(), SessionError> {
        let _ = (lane, response, now);
        Ok(())
    }

    /// The oldest open request of [`Lane::POLL`] has failed, which does not end the connection as on other lanes.
    fn request_failed(&mut self, lane: Lane, now: Instant) {
        let _ = (lane, now);
    }

    /// Whether shares without a verdict outlive the connection: the session sends them again on the next.
    fn keeps_shares(&self) -> bool {
        false
    }

    /// What is to be written down of a block, before any request that is polled after it is sent.
    fn poll_block(&mut self) -> Option<BlockNews> {
        None
    }

    /// The session of another protocol with the same settings, to which the pool has sent us.
    fn successor(&self, protocol: &'static Protocol) -> Option<Box<dyn Session>> {
        let _ = protocol;
        None
    }
}

/// What becomes of a block that a session has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockNews {
    /// The block's name: chain, height and hash; fit for a file.
    pub name: String,
    /// What became of it.
    pub fate: BlockFate,
}

/// What became of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockFate {
    /// It was found and is about to be sent: the whole block in hex.
    Found(Bytes),
    /// The node has it.
    Accepted,
    /// The node refuses it.
    Refused,
}

/// What a session tells.
#[derive(Debug, Clone)]
pub enum PoolEvent {
    /// Subscribed and authorised: the pool takes shares.
    Ready,
    /// A new job; those before it are void if it is clean.
    Job(Arc<Job>),
    /// The difficulty of the jobs that follow.
    Difficulty(Difficulty),
    /// What became of a share.
    Verdict {
        /// The share.
        id: SubmitId,
        /// What the pool said.
        outcome: Outcome,
        /// Time between the submit and the answer; `None` when there was none.
        latency: Option<Duration>,
    },
    /// Words for the person, already made safe to show.
    Message(String),
    /// The pool wants us elsewhere; the driver decides whether that is allowed.
    Redirect {
        /// Host, unless the same.
        host: Option<String>,
        /// Port, unless the same.
        port: Option<u16>,
        /// How long to wait first; bounded by the session.
        wait: Duration,
    },
    /// The pool wants us at another protocol's URL; the driver decides, and stays unless that works.
    Switch(String),
    /// The connection is of no use any more (handshake refused or timed out): close it and say why.
    Close(CloseReason),
}

/// Why a session gives its connection up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// The pool refused the worker; trying again soon is rude.
    #[error("the pool refused worker {user:?}: {text}")]
    Refused {
        /// Worker name.
        user: String,
        /// The pool's words, safe to show.
        text: String,
    },
    /// The pool did not answer a step of the handshake in time.
    #[error("no answer to {step} within {} s", .after.as_secs())]
    Timeout {
        /// Which request.
        step: &'static str,
        /// After how long.
        after: Duration,
    },
    /// The pool answered a step of the handshake with something else.
    #[error("{step}: {text}")]
    Handshake {
        /// Which request.
        step: &'static str,
        /// What came instead, safe to show.
        text: String,
    },
    /// A run of frames that made no sense.
    #[error("{0} unusable lines in a row")]
    Garbage(u32),
    /// The pool forbids us to ask (HTTP 403); asking again by ourselves is not wanted.
    #[error("the pool forbids us to ask (HTTP 403: {0}); it is asked again in an hour")]
    Forbidden(String),
    /// Our settings do not fit what the pool is; trying again helps only when one of both is changed.
    #[error("{0}")]
    Misfit(String),
}

/// What is wrong with a frame from the pool.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{step}: {problem}")]
pub struct SessionError {
    /// Which message, such as `mining.notify`.
    pub step: &'static str,
    /// What is wrong with it, with the value, safe to show.
    pub problem: String,
    /// Whether the connection is of no use any more.
    pub fatal: bool,
}

impl Protocol {
    /// What its jobs are hashed with when the user asks for `asked`.
    ///
    /// # Errors
    /// [`AlgorithmChoice`] when there is no such algorithm, or the protocol does not carry it.
    pub fn algorithm(
        &self,
        asked: Option<&str>,
    ) -> Result<&'static dyn Algorithm, AlgorithmChoice> {
        let name = asked
            .or(self.algorithms.first().copied())
            .unwrap_or_default();
        let wrong = || AlgorithmChoice {
            asked: printable(name, 40),
            protocol: self.name,
            known: self.algorithms.join(", "),
        };
        let is_own = algorithm::own().iter().any(|own| own.name() == name);
        let kind = if is_own { OWN_ALGORITHMS } else { name };
        let carries = self.algorithms.contains(&kind);
        algorithm::by_name(name)
            .filter(|_| carries)
            .ok_or_else(wrong)
    }
}

/// An algorithm was asked for that a protocol does not carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("protocol {protocol} carries no {asked}; it carries: {known}")]
pub struct AlgorithmChoice {
    /// What was asked for, safe to show.
    pub asked: String,
    /// The protocol's name.
    pub protocol: &'static str,
    /// What it carries.
    pub known: String,
}

impl SessionError {
    /// Whether the connection is of no use any more.
    pub fn is_fatal(&self) -> bool {
        self.fatal
    }
}

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
