//! One connection: everything that ends with it.

use std::collections::BTreeMap;
use std::time::Instant;

use super::HANDSHAKE_PATIENCE;
use super::channel::Channel;
use super::greeting::Greeting;
use super::shares::Sent;
use crate::pool::stratum_v2::frames::{Opener, Sealer};

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// There is none.
    Down,
    /// Noise, setup or opening.
    Handshake,
    /// The channel is open.
    Ready,
    /// Given up; waiting to be closed.
    Closed,
}

/// A step of the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Noise,
    Setup,
    OpenExtended,
    OpenStandard,
}

impl Step {
    pub(super) fn name(self) -> &'static str {
        match self {
            Step::Noise => "the Noise handshake",
            Step::Setup => "SetupConnection",
            Step::OpenExtended => "OpenExtendedMiningChannel",
            Step::OpenStandard => "OpenStandardMiningChannel",
        }
    }
}

/// A step that waits for the pool's answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    pub(super) step: Step,
    pub(super) deadline: Instant,
}

/// One connection.
pub(super) struct Link {
    /// New for every connection.
    pub(super) number: u64,
    pub(super) stage: Stage,
    pub(super) waiting: Option<Waiting>,
    /// The Noise handshake, until there is a wire.
    pub(super) greeting: Option<Greeting>,
    /// Frames that come, once they can.
    pub(super) opener: Option<Opener>,
    /// Frames that go, once they can.
    pub(super) sealer: Option<Sealer>,
    /// Since when a frame is under way.
    pub(super) inside_since: Option<Instant>,
    /// The pool takes extended channels only.
    pub(super) extended_only: bool,
    pub(super) channel: Option<Channel>,
    /// The number of the last request to open a channel.
    pub(super) request: u32,
    /// The number of the next share.
    pub(super) next_sequence: u32,
    /// Shares without a verdict, by their number.
    pub(super) pending: BTreeMap<u32, Sent>,
    pub(super) bad_messages: u32,
}

impl Link {
    pub(super) fn down(number: u64) -> Self {
        Self {
            number,
            stage: Stage::Down,
            waiting: None,
            greeting: None,
            opener: None,
            sealer: None,
            inside_since: None,
            extended_only: false,
            channel: None,
            request: 0,
            next_sequence: 0,
            pending: BTreeMap::new(),
            bad_messages: 0,
        }
    }

    pub(super) fn up(number: u64) -> Self {
        Self {
            stage: Stage::Handshake,
            ..Self::down(number)
        }
    }

    /// Whether what comes on it matters.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Handshake | Stage::Ready)
    }

    /// Waits for the answer to a step.
    pub(super) fn wait_for(&mut self, step: Step, now: Instant) {
        self.waiting = Some(Waiting {
            step,
            deadline: now + HANDSHAKE_PATIENCE,
        });
    }

    /// Whether an answer to `step` is waited for; it is waited for no more.
    pub(super) fn answers(&mut self, step: Step) -> bool {
        self.waiting
            .take_if(|waiting| waiting.step == step)
            .is_some()
    }
}
