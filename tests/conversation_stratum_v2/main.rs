//! Stratum V2 in conversation: a session against scripted pools, an emulated pool against published messages, and both joined; all
//! on virtual time and without sockets. The scripted pools speak in clear, as is allowed on this machine; what encryption adds is in
//! the unit tests and in `tests/net`.
#![cfg(feature = "sv2")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "../support/mod.rs"]
mod support;

mod handshake;
mod jobs;
mod joined;
mod peer;
mod shares;
mod vectors;

use std::time::Duration;

use midstate::pool::{Endpoint, SessionSettings};

const SECOND: Duration = Duration::from_secs(1);

/// A client of the pool at `url`.
fn at(url: &str) -> SessionSettings {
    SessionSettings {
        endpoint: Endpoint::parse(url).unwrap().0,
        ..support::pair::client()
    }
}

/// A client of a pool on this machine, without encryption.
fn client() -> SessionSettings {
    at("stratum2+tcp://127.0.0.1:3336")
}
