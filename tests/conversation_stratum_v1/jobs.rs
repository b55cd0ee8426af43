//! Jobs from scripted pools: what holds for which, what replaces what, what stays.

use midstate::pool::PoolEvent;
use midstate::units::{Difficulty, Target};
use midstate::work::Reject;
use serde_json::json;

use crate::support::pair::client;
use crate::support::peer::{Peer, notify};
use crate::support::work::{share, shares};
use crate::{SECOND, plain, refusal};

#[test]
fn a_job_before_the_answers_waits_for_them() {
    let mut peer = Peer::connected(plain());
    peer.tells("mining.set_difficulty", json!([2.5]));
    peer.tells("mining.notify", notify("early", 1, false));
    peer.tells("mining.set_difficulty", json!([5]));
    peer.waits(SECOND);
    assert_eq!(peer.jobs(), 0);
    peer.subscribes(json!([[], "08000002", 4]));
    assert_eq!(peer.jobs(), 0);
    peer.authorizes();
    let job = peer.job();
    assert_eq!(&job.key.0[..], b"early");
    assert_eq!(
        job.target,
        Target::from_difficulty(Difficulty::new(2.5).unwrap())
    );
    assert_eq!(
        peer.now - job.received,
        SECOND,
        "time is counted from when it came"
    );
    assert_eq!(peer.jobs(), 1);
}

#[test]
fn difficulty_holds_for_the_jobs_that_follow() {
    let mut peer = Peer::connected(plain());
    peer.subscribes(json!([[], "08000002", 4]));
    peer.authorizes();
    let first = peer.gives(notify("1", 1, true));
    assert_eq!(first.target, Target::DIFFICULTY_ONE, "until told otherwise");
    peer.tells("mining.set_difficulty", json!(["0.125"]));
    peer.tells("mining.set_difficulty", json!([0.25]));
    assert_eq!(peer.jobs(), 1);
    let second = peer.gives(notify("2", 1, false));
    assert_eq!(
        second.target,
        Target::from_difficulty(Difficulty::new(0.25).unwrap())
    );
    assert_eq!(first.target, Target::DIFFICULTY_ONE);
    let target = format!("{:0>8}{}", "", "ab".repeat(28));
    peer.tells("mining.set_target", json!([target]));
    assert_eq!(peer.gives(notify("3", 1, false)).target.to_string(), target);
    let told: Vec<f64> = peer
        .events
        .iter()
        .filter_map(|event| match event {
            PoolEvent::Difficulty(difficulty) => Some(difficulty.get()),
            _ => None,
        })
        .collect();
    assert_eq!(told[..3], [1.0, 0.125, 0.25]);
    assert_eq!(told.len(), 4);
}

#[test]
fn nonsense_of_a_difficulty_is_an_error_and_changes_nothing() {
    let mut peer = Peer::ready(client());
    let before = peer.gives(notify("0", 1, true)).target;
    for bad in [
        json!(0),
        json!(-1),
        json!("NaN"),
        json!("inf"),
        json!(1e308),
        json!(null),
        json!({}),
    ] {
        let error = peer
            .tries("mining.set_difficulty", json!([bad]))
            .unwrap_err();
        assert_eq!(error.step, "mining.set_difficulty");
        assert!(!error.is_fatal());
        let job = peer.gives(notify("1", 1, false));
        assert_eq!(job.target, before);
    }
    assert!(
        peer.tries("mining.set_target", json!(["00".repeat(32)]))
            .is_err()
    );
}

#[test]
fn a_changed_previous_hash_is_clean_for_boards_but_older_shares_still_count() {
    let mut peer = Peer::ready(client());
    let first = peer.gives(notify("1", 1, true));
    let found = shares(&first, peer.now, 2);
    let same = peer.gives(notify("2", 1, false));
    assert!(!same.clean);
    let changed = peer.gives(notify("3", 2, false));
    assert!(changed.clean, "boards leave the old block at once");
    assert!(!changed.voids, "the pool has not said that they are void");
    peer.submits(&found[0]);
    peer.expects("mining.submit");
    let clean = peer.gives(notify("4", 2, true));
    assert!(clean.clean && clean.voids);
}

#[test]
fn clean_jobs_may_be_missing_or_a_number() {
    let mut peer = Peer::ready(client());
    peer.gives(notify("0", 1, true));
    for (flag, clean) in [(json!(0), false), (json!(1), true), (json!(null), false)] {
        let mut params = notify("1", 1, false);
        params[8] = flag;
        assert_eq!(peer.gives(params).clean, clean);
    }
    let mut short = notify("2", 1, false);
    short.as_array_mut().unwrap().truncate(8);
    assert!(!peer.gives(short).clean);
}

#[test]
fn a_job_id_with_new_content_replaces_the_old_job() {
    let mut peer = Peer::ready(client());
    let old = peer.gives(notify("same", 1, true));
    let found = share(&old, peer.now);
    let mut params = notify("same", 1, false);
    params[3] = json!("eeeeeeee");
    let new = peer.gives(params);
    let id = peer.submits(&found);
    let (class, text) = refusal(&peer, id);
    assert_eq!(class, Reject::Stale);
    assert!(text.contains("another job"), "{text}");
    peer.expects_nothing();
    let fresh = share(&new, peer.now);
    peer.submits(&fresh);
    peer.expects("mining.submit");
}

#[test]
fn the_same_job_with_a_later_time_goes_on_with_its_search_space() {
    let mut peer = Peer::ready(client());
    let first = peer.gives(notify("1", 1, true));
    let found = shares(&first, peer.now, 3);
    let mut params = notify("2", 1, false);
    params[7] = json!("65000010");
    let later = peer.gives(params);
    assert!(std::sync::Arc::ptr_eq(&first.space, &later.space));
    let mut earlier = notify("3", 1, false);
    earlier[7] = json!("64fffff0");
    let earlier = peer.gives(earlier);
    let again = peer.gives(notify("4", 1, false));
    let mut units: Vec<_> = found.iter().map(|share| *share.rolled()).collect();
    for job in [&later, &earlier, &again] {
        units.extend(shares(job, peer.now, 3).iter().map(|share| *share.rolled()));
    }
    units.sort_by_key(|rolled| (rolled.ntime, rolled.extranonce2.as_bytes().to_vec()));
    units.dedup();
    assert_eq!(units.len(), 12, "no work twice");
}

#[test]
fn only_the_last_32_jobs_are_remembered_and_older_shares_still_go_out() {
    let mut peer = Peer::ready(client());
    let first = peer.gives(notify("first", 1, true));
    for number in 0..100 {
        let mut params = notify(&format!("{number}"), 1, false);
        params[3] = json!(format!("{number:08x}"));
        peer.gives(params);
    }
    let found = share(&first, peer.now);
    peer.submits(&found);
    assert_eq!(peer.expects("mining.submit")["params"][1], "first");
}

#[test]
fn a_bad_notify_leaves_the_last_good_job() {
    let mut peer = Peer::ready(client());
    let good = peer.gives(notify("good", 1, true));
    for (at, value) in [
        (0, json!(null)),
        (1, json!("00")),
        (2, json!("abc")),
        (4, json!(vec!["00".repeat(32); 33])),
        (6, json!("00000000")),
        (7, json!(-5)),
    ] {
        let mut params = notify("bad", 2, true);
        params[at] = value;
        assert!(peer.tries("mining.notify", params).is_err());
        let found = share(&good, peer.now);
        peer.submits(&found);
        let submit = peer.expects("mining.submit");
        peer.answers(&submit, json!(true));
    }
    assert_eq!(peer.jobs(), 1);
}

#[test]
fn set_extranonce_holds_from_the_next_notify_on() {
    let mut peer = Peer::ready(client());
    let old = peer.gives(notify("1", 1, true));
    let found = shares(&old, peer.now, 2);
    peer.tells("mining.set_extranonce", json!(["aabb", 2]));
    peer.submits(&found[0]);
    assert_eq!(
        peer.expects("mining.submit")["params"][2]
            .as_str()
            .unwrap()
            .len(),
        8
    );
    let new = peer.gives(notify("1", 1, false));
    assert_eq!(new.template.extranonce2_size(), 2);
    let id = peer.submits(&found[1]);
    assert_eq!(
        refusal(&peer, id).0,
        Reject::Stale,
        "the id is the new job's"
    );
    let fresh = share(&new, peer.now);
    peer.submits(&fresh);
    assert_eq!(
        peer.expects("mining.submit")["params"][2]
            .as_str()
            .unwrap()
            .len(),
        4
    );
    peer.tells("mining.set_extranonce", json!([null, 3]));
    assert_eq!(
        peer.gives(notify("2", 1, false))
            .template
            .extranonce2_size(),
        3
    );
    for bad in [
        json!(["abc", 4]),
        json!(["", 0]),
        json!(["", 100]),
        json!(["00".repeat(65), 4]),
    ] {
        assert!(peer.tries("mining.set_extranonce", bad).is_err());
        peer.gives(notify("2", 1, false));
    }
    let mut early = Peer::connected(plain());
    assert!(
        early
            .tries("mining.set_extranonce", json!(["aabb", 2]))
            .is_err()
    );
}

/// Found by hand: boards went on with a job whose id had been given to another, and all that they found was refused.
#[test]
fn a_job_that_loses_its_id_is_left_at_once() {
    let mut peer = Peer::connected(plain());
    peer.subscribes(json!([[], "08000002", 4]));
    peer.authorizes();
    peer.gives(notify("1", 1, true));
    peer.tells("mining.set_extranonce", json!(["aabb", 2]));
    let replaced = peer.gives(notify("1", 1, false));
    assert!(replaced.clean, "the old one's shares are refused");
    assert!(!replaced.voids, "other jobs stay good");
    let again = peer.gives(notify("1", 1, false));
    assert!(!again.clean, "the same once more");
    assert!(!peer.gives(notify("2", 1, false)).clean);
}
