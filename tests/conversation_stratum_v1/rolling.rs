//! Version rolling (BIP310) against scripted pools.

use midstate::pool::SessionSettings;
use midstate::work::Reject;
use serde_json::json;

use crate::refusal;
use crate::support::pair::client;
use crate::support::peer::{Peer, notify};
use crate::support::work::{rolled_share, share, shares};

#[test]
fn the_sixth_parameter_is_always_there_once_agreed_and_zero_counts() {
    let mut peer = Peer::rolling(client(), "1FFFE000");
    let job = peer.gives(notify("1", 1, true));
    assert_eq!(job.version_mask, 0x1fff_e000);
    let found = share(&job, peer.now);
    peer.submits(&found);
    assert_eq!(peer.expects("mining.submit")["params"][5], "00000000");
    let found = rolled_share(&job, 0x04c3_6000, peer.now);
    peer.submits(&found);
    assert_eq!(peer.expects("mining.submit")["params"][5], "04c36000");
}

#[test]
fn only_bits_that_both_allow_and_the_job_has_not_set_are_rolled() {
    let mut peer = Peer::rolling(
        SessionSettings {
            version_mask: 0x00ff_e000,
            ..client()
        },
        "1fffe000",
    );
    let mut params = notify("1", 1, true);
    params[5] = json!("20006000");
    let job = peer.gives(params);
    assert_eq!(job.version_mask, 0x00ff_8000);
    let found = rolled_share(&job, 0x1000_0000, peer.now);
    let id = peer.submits(&found);
    assert_eq!(refusal(&peer, id).0, Reject::Other);
    peer.expects_nothing();
}

#[test]
fn a_new_version_mask_holds_at_once() {
    let mut peer = Peer::rolling(client(), "1fffe000");
    let old = peer.gives(notify("1", 1, true));
    let inside = rolled_share(&old, 0x0000_6000, peer.now);
    let outside = rolled_share(&old, 0x0100_0000, peer.now);
    let jobs = peer.jobs();
    peer.tells("mining.set_version_mask", json!(["0000e000"]));
    assert_eq!(peer.jobs(), jobs + 1, "the running job comes again");
    let renewed = peer.job();
    assert_eq!(renewed.version_mask, 0xe000);
    assert_eq!(renewed.key, old.key);
    assert!(renewed.clean, "work with bits that went is worth nothing");
    assert!(!renewed.voids, "shares of other jobs are still good");
    assert_eq!(renewed.received, old.received);
    let work = |job| {
        shares(job, peer.now, 2)
            .into_iter()
            .map(|share| *share.rolled())
    };
    let repeated = work(&renewed).any(|rolled| rolled.extranonce2 == inside.rolled().extranonce2);
    assert!(!repeated, "no work twice under the new mask");
    let id = peer.submits(&outside);
    let (class, text) = refusal(&peer, id);
    assert_eq!(class, Reject::Other);
    assert!(text.contains("version bits 01000000"), "{text}");
    peer.submits(&inside);
    assert_eq!(peer.expects("mining.submit")["params"][5], "00006000");
    peer.tells("mining.set_version_mask", json!(["0000e000"]));
    assert_eq!(peer.jobs(), jobs + 1, "no news");
    peer.tells("mining.set_version_mask", json!(["1fffe000"]));
    assert!(!peer.job().clean, "more bits end nothing");
    assert!(peer.tries("mining.set_version_mask", json!([5])).is_err());
    let mut plain = Peer::ready(client());
    plain.gives(notify("1", 1, true));
    plain.tells("mining.set_version_mask", json!(["0000e000"]));
    assert_eq!(plain.job().version_mask, 0, "it was not agreed on");
}

#[test]
fn a_pool_that_flips_bits_gets_unrolled_work() {
    let mut peer = Peer::rolling(client(), "1fffe000");
    let mut params = notify("1", 1, true);
    params[5] = json!("20002000");
    let job = peer.gives(params);
    let found = rolled_share(&job, 0x4000, peer.now);
    peer.submits(&found);
    let submit = peer.expects("mining.submit");
    assert_eq!(submit["params"][5], "00006000", "BIP310 and ckpool");
    peer.replies(&submit, json!({"error": [23, "Low difficulty", null]}));
    let renewed = peer.job();
    assert_eq!(renewed.version_mask, 0);
    let found = share(&renewed, peer.now);
    peer.submits(&found);
    assert_eq!(
        peer.expects("mining.submit")["params"][5],
        "00000000",
        "right for ckpool and public-pool"
    );
    let usual = peer.gives(notify("2", 1, false));
    assert_eq!(
        usual.version_mask, 0x1fff_e000,
        "no doubt without such bits"
    );
}

/// Found by hand: each new mask began the job's search space anew, and every work came again.
#[test]
fn a_new_version_mask_begins_nothing_anew() {
    let mut peer = Peer::connected(client());
    let configure = peer.expects("mining.configure");
    peer.replies(
        &configure,
        json!({"result": {"version-rolling": true, "version-rolling.mask": "1fffe000"}}),
    );
    peer.subscribes(json!([[], "08000002", 1]));
    peer.authorizes();
    let mut job = peer.gives(notify("1", 1, true));
    let mut seen = std::collections::HashSet::new();
    for mask in ["00006000", "00004000", "1fffe000", "00000000"] {
        for _ in 0..100 {
            let work = midstate::work::Assignment::new(job.clone(), false).next_work(peer.now);
            let Ok(work) = work else { continue };
            let rolled = *work.rolled();
            let extranonce2 = rolled.extranonce2.as_bytes().to_vec();
            assert!(
                seen.insert((extranonce2, rolled.ntime, rolled.version)),
                "before {mask}"
            );
        }
        peer.tells("mining.set_version_mask", json!([mask]));
        job = peer.job();
    }
    assert_eq!(
        seen.len(),
        300,
        "nothing of this second is left after rolling"
    );
}
