//! What the miner is doing at one moment, as plain values: read by consoles, JSON, metrics and APIs.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{BoardId, ChipCounters};
use crate::board::Telemetry;
use crate::units::{Difficulty, Hashrate};

/// What the miner is doing at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Since the start.
    pub uptime: Duration,
    /// Every board seen in this run, oldest first; those that are gone too.
    pub boards: Vec<BoardSnapshot>,
    /// Every configured pool, most preferred first.
    pub pools: Vec<PoolSnapshot>,
    /// Sums over the boards.
    pub totals: Counters,
    /// From verified nonces, over the window, all boards.
    pub hashrate: Hashrate,
    /// The best share so far.
    pub best: Option<Difficulty>,
    /// Blocks found.
    pub blocks: u64,
}

/// What was counted, of a board, a pool or in all.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counters {
    /// Shares that the pool counts.
    pub accepted: u64,
    /// Shares that the pool refused for another reason than being stale or a duplicate.
    pub rejected: u64,
    /// Shares whose job was gone: refused by the pool, or recognised here and not sent.
    pub stale: u64,
    /// Shares that were found twice: refused by the pool, or recognised here and not sent.
    pub duplicate: u64,
    /// Shares without a verdict: the connection was lost or the pool never answered.
    pub unanswered: u64,
    /// Shares on their way: sent, no verdict yet.
    pub pending: u64,
    /// Nonces that failed verification.
    pub hardware_errors: u64,
    /// Right nonces, shares or not.
    pub nonces: u64,
    /// Sum of the difficulties of the accepted shares' targets.
    pub difficulty_accepted: f64,
}

impl Counters {
    /// Shares found: each is in exactly one of the counters, so nothing is lost without a trace.
    pub fn shares(&self) -> u64 {
        self.accepted + self.rejected + self.stale + self.duplicate + self.unanswered + self.pending
    }

    /// Adds another's counts.
    pub fn add(&mut self, other: &Counters) {
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.stale += other.stale;
        self.duplicate += other.duplicate;
        self.unanswered += other.unanswered;
        self.pending += other.pending;
        self.hardware_errors += other.hardware_errors;
        self.nonces += other.nonces;
        self.difficulty_accepted += other.difficulty_accepted;
    }
}

/// One board.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardSnapshot {
    /// Its number.
    pub id: BoardId,
    /// Where it is: a port, `sim0`, `cpu0`.
    pub place: String,
    /// Its model's name.
    pub model: &'static str,
    /// What its driver learnt about it.
    pub details: String,
    /// Its state.
    pub state: BoardState,
    /// The rate that it should have.
    pub nominal: Hashrate,
    /// The rate from verified nonces, over the window.
    pub hashrate: Hashrate,
    /// What was counted.
    pub counters: Counters,
    /// Answers that were lost or useless, by the driver's reason.
    pub faults: BTreeMap<&'static str, u64>,
    /// What its sensors said last.
    pub telemetry: Option<Telemetry>,
    /// What each of its chips has answered, where answers tell the chip; counted from the host's end of the chain.
    pub chips: BTreeMap<u16, ChipCounters>,
    /// Since its last right nonce.
    pub last_nonce: Option<Duration>,
}

/// What a board is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BoardState {
    /// It is being probed.
    Starting,
    /// It mines.
    Mining,
    /// It runs, but there is no work for it.
    Idle,
    /// It is reset; why.
    Resetting(String),
    /// It was given up; why.
    Parked(String),
    /// It was unplugged.
    Gone,
    /// It was stopped by us.
    Stopped,
}

impl BoardState {
    /// One word for it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Mining => "mining",
            Self::Idle => "idle",
            Self::Resetting(_) => "resetting",
            Self::Parked(_) => "parked",
            Self::Gone => "gone",
            Self::Stopped => "stopped",
        }
    }
}

/// One pool.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolSnapshot {
    /// Its URL, without user or password.
    pub url: String,
    /// Worker name.
    pub user: String,
    /// Its state.
    pub state: PoolState,
    /// Whether the boards work for it.
    pub active: bool,
    /// Difficulty of its newest job.
    pub difficulty: Option<Difficulty>,
    /// What was counted; hardware errors and nonces are the boards' and stay zero here.
    pub counters: Counters,
    /// Time from a submit to its answer, newest.
    pub latency: Option<Duration>,
    /// Since its newest job.
    pub last_job: Option<Duration>,
    /// How often its connection was lost.
    pub disconnects: u64,
}

/// What a pool is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoolState {
    /// Not connected: a better pool is up.
    Standby,
    /// Connecting, or waiting to try again.
    Connecting,
    /// Logged in, no job yet.
    Waiting,
    /// It sends jobs.
    Up,
    /// It is of no use now; why.
    Down(String),
}

impl PoolState {
    /// One word for it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Standby => "standby",
            Self::Connecting => "connecting",
            Self::Waiting => "waiting",
            Self::Up => "up",
            Self::Down(_) => "down",
        }
    }
}
