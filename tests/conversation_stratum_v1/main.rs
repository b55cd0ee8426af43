//! Stratum V1 in conversation: a session against scripted pools, an emulated pool against published messages, and both joined;
//! all on virtual time and without sockets.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "../support/mod.rs"]
mod support;

mod handshake;
mod jobs;
mod joined;
mod malformed;
mod rolling;
mod shares;
mod vectors;
mod wishes;

use std::time::Duration;

use midstate::pool::{SessionSettings, SubmitId};
use midstate::work::{Outcome, Reject};
use support::peer::Peer;

const SECOND: Duration = Duration::from_secs(1);

/// A client that asks for nothing but work.
fn plain() -> SessionSettings {
    SessionSettings {
        version_mask: 0,
        ..support::pair::client()
    }
}

/// The class and the words with which a share was refused.
fn refusal(peer: &Peer, id: SubmitId) -> (Reject, String) {
    match peer.verdict(id) {
        Some(Outcome::Rejected(class, text)) => (class, text),
        other => panic!("{other:?}"),
    }
}
