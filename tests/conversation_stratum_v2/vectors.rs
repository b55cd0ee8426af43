//! The published frames (tests/data/stratum-v2.json), through a session and through an emulated pool: the block of the Stratum
//! document carried by SV2.

use std::time::Instant;

use midstate::pool::{
    ClientId, EmulatorEvent, EmulatorSettings, PoolEmulator, SessionSettings, Transmit, stratum_v2,
};
use midstate::units::{Difficulty, Nonce, Target};
use midstate::work::{Assignment, Checked, Found, Outcome, Reject};
use serde_json::Value;

use crate::client;
use crate::peer::{Peer, frame, number};
use crate::support::data::slush_job;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../data/stratum-v2.json")).unwrap()
}

/// A published frame with its number at `at`, counted from the payload's beginning, put to another value.
fn published(name: &str, changes: &[(usize, u32)]) -> Vec<u8> {
    let vectors = vectors();
    let mut frames = vectors["frames_plaintext"].as_array().unwrap().iter();
    let row = frames.find(|row| row["name"] == name).unwrap();
    let mut frame = hex::decode(row["frame"].as_str().unwrap()).unwrap();
    for (at, value) in changes {
        frame[6 + at..10 + at].copy_from_slice(&value.to_le_bytes());
    }
    frame
}

/// The time of the block's share: the document's own client had rolled it.
const ROLLED: u32 = 0x504e_86ed;

/// From the published messages to the block, and its share in the published form. Changed are only our request's number, which is the
/// first and not the second, the job's time, and the share's number.
#[test]
fn the_block_is_rebuilt_hashed_and_handed_in_byte_for_byte() {
    let settings = SessionSettings {
        seed: u64::from(u32::from_le_bytes([0, 0, 0, 1])), // extranonce 00000001
        version_mask: 0,
        ..client()
    };
    let mut peer = Peer::set_up(settings, 0);
    peer.expects(0x13);
    for frame in [
        published("open_extended_success", &[(0, 1)]),
        published("set_target", &[]),
        published("new_extended_future", &[]),
        published("set_new_prev_hash", &[(40, ROLLED)]),
    ] {
        peer.says(&frame).unwrap();
    }
    let job = peer.job();
    assert_eq!(job.target, Target::DIFFICULTY_ONE);
    let unit = Assignment::new(job, false).next_work(peer.now).unwrap();
    let block = vectors()["same_block_through_sv2"].clone();
    let nonce = Nonce::from_u32(0xb295_7c02);
    let header = unit.header().unwrap().with_nonce(nonce);
    assert_eq!(hex::encode(header.as_bytes()), block["header_80_bytes"]);
    let Checked::Share(share) = unit.check(Found::nonce(nonce), &Target::MAX) else {
        panic!("it is one");
    };
    assert!(share.is_block());
    assert_eq!(share.hash().to_string(), block["block_hash_display"]);
    peer.submits(&share);
    assert_eq!(
        peer.next_frame().unwrap(),
        published("submit_extended", &[(4, 0)])
    );
}

/// An emulated pool that speaks the published frames in clear, with an open channel.
fn pool(open: &str) -> Box<dyn PoolEmulator> {
    let mut pool = (stratum_v2::PROTOCOL.emulator)(EmulatorSettings {
        fixed_job: Some(slush_job()),
        difficulty: Difficulty::ONE,
        ..EmulatorSettings::default()
    });
    let now = Instant::now();
    pool.connected(ClientId(1), now);
    let setup = if open == "open_standard" {
        "setup_connection_std"
    } else {
        "setup_connection_ext"
    };
    for frame in [published(setup, &[]), published(open, &[])] {
        pool.receive(ClientId(1), &frame, now);
    }
    pool
}

/// The channel's number, and all that the pool has sent.
fn opened(pool: &mut dyn PoolEmulator) -> (u32, Vec<u8>) {
    let sent = std::iter::from_fn(|| pool.poll_transmit());
    let frames: Vec<Vec<u8>> = sent
        .filter_map(|(_, transmit)| match transmit {
            Transmit::Send(bytes) => Some(bytes.to_vec()),
            Transmit::Close => None,
        })
        .collect();
    let success = frames.iter().find(|frame| matches!(frame[2], 0x11 | 0x14));
    (number(success.unwrap(), 10), frames.concat())
}

fn verdict(pool: &mut dyn PoolEmulator) -> EmulatorEvent {
    let events = std::iter::from_fn(|| pool.poll_event());
    let shares = events.filter(|event| matches!(event, EmulatorEvent::Share { .. }));
    shares.last().expect("a share was judged")
}

#[test]
fn an_emulated_pool_sends_the_published_job_and_accepts_its_block() {
    let mut pool = pool("open_extended");
    let (channel, sent) = opened(&mut *pool);
    for name in ["new_extended_future", "set_new_prev_hash"] {
        let frame = published(name, &[(0, channel)]);
        // The job is another document's: its root is the same, its path empty; only rolling is a setting.
        assert!(
            sent.windows(frame.len()).any(|window| window == frame),
            "{name}"
        );
    }
    let share = published("submit_extended", &[(0, channel)]);
    pool.receive(ClientId(1), &share, Instant::now());
    let EmulatorEvent::Share {
        outcome,
        hash,
        is_block,
        worker,
        ..
    } = verdict(&mut *pool)
    else {
        unreachable!("it was looked for");
    };
    assert_eq!(outcome, Outcome::Accepted);
    assert!(is_block);
    assert_eq!(worker, "slush.miner1");
    let block = vectors()["same_block_through_sv2"].clone();
    assert_eq!(hash.to_string(), block["block_hash_display"]);
}

#[test]
fn an_emulated_pool_says_what_is_wrong_with_a_share() {
    // Words of the message: channel, sequence, job, nonce, ntime, version.
    for (word, value, class, code) in [
        (0, 999, Reject::Other, "invalid-channel-id"),
        (2, 0xbe, Reject::Stale, "invalid-job-id"),
        (3, 7, Reject::LowDifficulty, "difficulty-too-low"),
        (4, 0x504e_86b8, Reject::Other, "invalid-share"),
        (4, 0x7000_0000, Reject::Other, "invalid-share"),
        (5, 3, Reject::Other, "version-rolling-not-allowed"),
        (5, 0x8000_0002, Reject::Other, "version-rolling-not-allowed"),
    ] {
        let mut pool = pool("open_extended");
        let (channel, _) = opened(&mut *pool);
        let share = published("submit_extended", &[(0, channel), (4 * word, value)]);
        pool.receive(ClientId(1), &share, Instant::now());
        let EmulatorEvent::Share { outcome, .. } = verdict(&mut *pool) else {
            unreachable!("it was looked for");
        };
        assert_eq!(
            outcome,
            Outcome::Rejected(class, code.to_owned()),
            "word {word}"
        );
    }
    let mut pool = pool("open_extended");
    let (channel, _) = opened(&mut *pool);
    let mut short = published("submit_extended", &[(0, channel)])[6..].to_vec();
    short[24] = 3;
    short.pop();
    pool.receive(ClientId(1), &frame(0x1b, &short), Instant::now());
    let EmulatorEvent::Share { outcome, .. } = verdict(&mut *pool) else {
        unreachable!("it was looked for");
    };
    let wrong = Outcome::Rejected(Reject::Other, "bad-extranonce-size".to_owned());
    assert_eq!(outcome, wrong);
}

/// On a standard channel the pool's prefix is the whole extranonce: `08000002` and four zeros, so the published root is not its root.
#[test]
fn an_emulated_pool_serves_standard_channels_with_their_own_root() {
    let mut pool = pool("open_standard");
    let (channel, sent) = opened(&mut *pool);
    let at = |kind: u8| {
        let mut at = 0;
        while at < sent.len() {
            let length = number(&sent, at + 3) as usize & 0x00ff_ffff;
            if sent[at + 2] == kind {
                return Some(sent[at + 6..at + 6 + length].to_vec());
            }
            at += 6 + length;
        }
        None
    };
    let job = at(0x15).expect("a standard job");
    assert_eq!(
        (number(&job, 0), number(&job, 4), job[8]),
        (channel, 0xbf, 0)
    );
    let coinbase = vectors()["same_block_through_sv2"]["coinbase"].clone();
    let coinbase = coinbase
        .as_str()
        .unwrap()
        .replace("0800000200000001", "0800000200000000");
    let double = |bytes: &[u8]| {
        use sha2::{Digest, Sha256};
        Sha256::digest(Sha256::digest(bytes))
    };
    let root = double(&hex::decode(coinbase).unwrap());
    assert_eq!(job[13..], root[..]);
    assert!(at(0x1f).is_none(), "it asked for standard jobs only");
}
