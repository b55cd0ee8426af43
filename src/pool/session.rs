//! The miner's side of a pool protocol: what every session takes, does and tells.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{Endpoint, HttpRequest, HttpResponse, Payout};
use crate::algorithm::Algorithm;
use crate::units::{Difficulty, Secret};
use crate::work::{Job, Outcome, Share, SourceId};

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
    /// What the jobs are hashed with, where the pool does not tell: the user's word, or the first of [`Protocol::algorithms`](super::Protocol::algorithms).
    pub algorithm: &'static dyn Algorithm,
    /// Whether the user named the algorithm: then it wins over what a protocol would guess where the pool does not tell.
    pub algorithm_named: bool,
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
    /// Whether shares are handed in too that the pool has replaced the job of; some pools count them.
    pub submit_stale: bool,
    /// Seed of everything that is chosen at random: where the first job's extranonce2 starts, as a counter.
    pub seed: u64,
    /// Where the pool is, as configured: some protocols repeat it to the pool, or find a key or a path in it.
    pub endpoint: Endpoint,
    /// What the wall clock says, for whatever carries dates; until [`Session::set_wall`] says otherwise.
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
    /// What the wall clock shows, told before each connection: clocks are set and machines sleep, so what
    /// [`SessionSettings::wall`] said at the start does not hold for ever.
    fn set_wall(&mut self, wall: WallTime) {
        let _ = wall;
    }

    /// A fresh connection is up: the handshake begins. Whatever the session learnt about the pool (drops on configure, where
    /// extranonce2 stood) it keeps.
    fn connected(&mut self, now: Instant);

    /// The connection is gone: shares without a verdict become [`Outcome::Unknown`].
    fn disconnected(&mut self, now: Instant);

    /// One frame from the pool, without its line end. What is carried by HTTP has none.
    ///
    /// # Errors
    /// What is wrong with the frame. The frame has no other effect; unless [`SessionError::is_fatal`], go on.
    fn receive(&mut self, lane: Lane, frame: &[u8], now: Instant) -> Result<(), SessionError> {
        let _ = (lane, frame, now);
        Ok(())
    }

    /// Sends a share; its verdict comes as [`PoolEvent::Verdict`] under the id returned. A share of an older connection or with
    /// version bits that the pool no longer allows is not sent: its verdict follows at once.
    fn submit(&mut self, share: &Share, now: Instant) -> SubmitId;

    /// When [`handle_timeout`](Session::handle_timeout) wants to be called, if nothing comes before.
    fn poll_timeout(&self) -> Option<Instant>;

    /// Time has come to `now`.
    fn handle_timeout(&mut self, now: Instant);

    /// The next frame to send, line end included. What is carried by HTTP has none.
    fn poll_transmit(&mut self) -> Option<(Lane, Bytes)> {
        None
    }

    /// The next event.
    fn poll_event(&mut self) -> Option<PoolEvent>;

    /// From now on keeps each frame for [`poll_tapped`](Session::poll_tapped). Only protocols of raw framing do: what goes
    /// over the wire are not their frames.
    fn tap(&mut self) {}

    /// The next frame in clear, for [`Protocol::shown`](super::Protocol::shown); drained by whoever called [`tap`](Session::tap).
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

    /// The session of another protocol with the same settings, for the place to which the pool has sent us: its URL may have a key or a
    /// path that the protocol needs.
    fn successor(&self, at: &Endpoint) -> Option<Box<dyn Session>> {
        let _ = at;
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
    /// This pool has news only when there is a new block: silence between jobs says nothing against it.
    JobsByBlock,
    /// It has answered a question whether it is still there.
    Alive,
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

impl SessionError {
    /// Whether the connection is of no use any more.
    pub fn is_fatal(&self) -> bool {
        self.fatal
    }
}
