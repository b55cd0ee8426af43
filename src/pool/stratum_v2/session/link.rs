//! One connection: everything that ends with it.

use std::time::Instant;

use super::channel::Channel;
use super::greeting::Greeting;
use crate::pool::stratum_v2::frames::{Opener, Sealer};

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

/// One connection.
#[derive(Default)]
pub(super) struct Link {
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
}
