//! CryptoNote in conversation: a session against scripted pools, and joined to the emulated one; on virtual time, without sockets.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "../support/mod.rs"]
mod support;

mod joined;
mod malformed;
mod scripted;

use std::time::Duration;

use midstate::algorithm::cryptonight::CN_1;
use midstate::pool::{EmulatorSettings, SessionSettings, cryptonote};
use midstate::units::Difficulty;
use serde_json::{Value, json};
use support::pair::Pair;
use support::peer::Peer;

const SECOND: Duration = Duration::from_secs(1);

/// The job of the protocol's document.
const BLOB: &str = "0707d5efb9d6057e95a35f868231780b3a8649c4e57f3c77eaf437329243eef0b9f4b6987d05b900000000cae7754cb85a0ad8eebf3e0bf55f3ec5e754a1d6b05d46e5c358f907dbcbb72b01";

fn client() -> SessionSettings {
    SessionSettings {
        algorithm: &CN_1,
        ..support::pair::client()
    }
}

/// A pool whose shares take two hashes.
fn pool() -> EmulatorSettings {
    EmulatorSettings {
        algorithm: &CN_1,
        difficulty: Difficulty::new(2.0).unwrap(),
        ..EmulatorSettings::default()
    }
}

/// A session and an emulated pool that have just met.
fn pair(settings: EmulatorSettings) -> Pair {
    let mut pair = Pair::of(&cryptonote::PROTOCOL, client(), settings);
    pair.connect();
    pair
}

fn connected() -> Peer {
    Peer::of(&cryptonote::PROTOCOL, client())
}

/// A session that is logged in as `s1` and has no job.
fn peer() -> Peer {
    let mut peer = connected();
    let login = peer.expects("login");
    peer.replies(
        &login,
        json!({"jsonrpc": "2.0", "error": null, "result": {"id": "s1", "status": "OK"}}),
    );
    peer
}

/// The document's job under a name, with a target that every other hash meets.
fn job(id: &str) -> Value {
    json!({"blob": BLOB, "job_id": id, "target": "ffffffffffffff7f", "height": 0})
}
