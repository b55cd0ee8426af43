//! TrueStratum in conversation: a session against scripted pools, and joined to the emulated one; on virtual time, without sockets.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "../support/mod.rs"]
mod support;

mod joined;
mod malformed;
mod scripted;

use std::time::Duration;

use midstate::algorithm::truehash::TRUEHASH;
use midstate::pool::{EmulatorSettings, SessionSettings, truestratum};
use midstate::units::Difficulty;
use serde_json::{Value, json};
use sha3::{Digest, Sha3_256};
use support::pair::Pair;
use support::peer::Peer;

const SECOND: Duration = Duration::from_secs(1);

fn client() -> SessionSettings {
    SessionSettings {
        algorithm: &TRUEHASH,
        ..support::pair::client()
    }
}

/// A pool whose shares take sixteen hashes.
fn pool() -> EmulatorSettings {
    EmulatorSettings {
        algorithm: &TRUEHASH,
        difficulty: Difficulty::new(16.0).unwrap(),
        ..EmulatorSettings::default()
    }
}

/// A session and an emulated pool that have just met, and had time for the dataset.
fn pair(settings: EmulatorSettings) -> Pair {
    let mut pair = Pair::of(&truestratum::PROTOCOL, client(), settings);
    pair.connect();
    pair.advance(SECOND);
    pair
}

/// A session that is subscribed (extranonce `080c`) and authorised, and knows a target that an eighth of all digests meets.
fn peer() -> Peer {
    peer_with(client())
}

fn peer_with(settings: SessionSettings) -> Peer {
    let mut peer = Peer::of(&truestratum::PROTOCOL, settings);
    peer.subscribes(json!([
        ["mining.notify", "ae68", "TrueStratum/1.0.0"],
        "080c",
        4
    ]));
    peer.authorizes();
    peer.tells("mining.set_difficulty", json!([EASY]));
    peer
}

/// An eighth of all digests meet it, in the short form.
const EASY: &str = "1000000000000000";

/// The invented dataset of the vectors.
fn seedhash() -> String {
    let text = include_str!("../data/truehash.json");
    let vectors: Value = serde_json::from_str(text).unwrap();
    vectors["synthetic_epoch"]["seedhash"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn seeds() -> Vec<String> {
    let seed = |number: u32| {
        let input = [&b"truehash-seed-"[..], &number.to_be_bytes()].concat();
        hex::encode(&Sha3_256::digest(input)[..16])
    };
    (0..10_240).map(seed).collect()
}

/// A notify that wants the invented dataset.
fn notify(job_id: &str, header: u8, clean: bool) -> Value {
    json!([
        job_id,
        seedhash(),
        format!("{header:02x}").repeat(32),
        clean
    ])
}
