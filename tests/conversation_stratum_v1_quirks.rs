//! Stratum V1: a session against scripted pools, one test a quirk that pools have.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod support;

use std::time::Duration;

use midstate::pool::{CloseReason, PoolEvent, SessionSettings};
use midstate::units::{Difficulty, Secret, Target};
use midstate::work::{Outcome, Reject};
use serde_json::{Value, json};
use support::pair::client;
use support::peer::{Peer, notify};
use support::work::{rolled_share, share, shares};

const SECOND: Duration = Duration::from_secs(1);

/// A client that asks for nothing but work.
fn plain() -> SessionSettings {
    SessionSettings {
        version_mask: 0,
        ..client()
    }
}

fn refusal(peer: &Peer, id: midstate::pool::SubmitId) -> (Reject, String) {
    match peer.verdict(id) {
        Some(Outcome::Rejected(class, text)) => (class, text),
        other => panic!("{other:?}"),
    }
}

// ---- handshake

#[test]
fn the_handshake_of_the_stratum_document() {
    let mut peer = Peer::connected(plain());
    let subscribe = peer.subscribes(json!([["mining.notify", "ae6812eb"], "08000002", 4]));
    assert_eq!(subscribe["params"], json!(["midstate/test"]));
    let authorize = peer.expects("mining.authorize");
    assert_eq!(authorize["params"], json!(["worker", "x"]));
    assert!(!peer.is_ready());
    peer.answers(&authorize, json!(true));
    assert!(peer.is_ready());
    peer.expects_nothing();
}

#[test]
fn configure_asks_for_what_is_wanted_and_no_more() {
    let mut peer = Peer::connected(SessionSettings {
        suggest_difficulty: Some(Difficulty::new(512.0).unwrap()),
        subscribe_extranonce: true,
        ..client()
    });
    let configure = peer.expects("mining.configure");
    assert_eq!(
        configure["params"],
        json!([
            ["version-rolling", "minimum-difficulty", "subscribe-extranonce"],
            {
                "version-rolling.mask": "1fffe000",
                "version-rolling.min-bit-count": 2,
                "minimum-difficulty.value": 512
            }
        ])
    );
    peer.answers(&configure, json!({"subscribe-extranonce": true}));
    peer.subscribes(json!([[], "", 4]));
    peer.authorizes();
    let suggest = peer.expects("mining.suggest_difficulty");
    assert_eq!(
        suggest["params"].to_string(),
        "[512]",
        "an integer for ckpool"
    );
    peer.expects_nothing();
}

#[test]
fn a_pool_that_ignores_configure_is_used_without_version_rolling() {
    let mut peer = Peer::connected(client());
    peer.expects("mining.configure");
    peer.waits(4 * SECOND);
    peer.subscribes(json!([[], "08000002", 4]));
    peer.authorizes();
    peer.easy();
    let job = peer.gives(notify("1", 1, true));
    assert_eq!(job.version_mask, 0);
    let found = share(&job, peer.now);
    peer.submits(&found);
    let submit = peer.expects("mining.submit");
    assert_eq!(submit["params"].as_array().unwrap().len(), 5);
}

#[test]
fn a_pool_that_drops_on_configure_is_remembered() {
    let mut peer = Peer::connected(client());
    peer.expects("mining.configure");
    peer.hangs_up();
    peer.reconnects();
    peer.subscribes(json!([[], "08000002", 4]));
    peer.authorizes();
    peer.hangs_up();
    peer.reconnects();
    peer.expects("mining.subscribe");
    peer.hangs_up();
    peer.reconnects();
    peer.expects("mining.configure"); // Leaving it out did not help: it was not to blame.
}

#[test]
fn configure_answers_that_make_no_sense_grant_nothing() {
    for result in [
        json!(["version-rolling"]),
        json!(null),
        json!("yes"),
        json!({"version-rolling": true, "version-rolling.mask": "zz"}),
        json!({"version-rolling": true}),
        json!({"version-rolling": "not here", "version-rolling.mask": "1fffe000"}),
    ] {
        let mut peer = Peer::connected(client());
        let configure = peer.expects("mining.configure");
        peer.answers(&configure, result.clone());
        peer.subscribes(json!([[], "08000002", 4]));
        peer.authorizes();
        let job = peer.gives(notify("1", 1, true));
        assert_eq!(job.version_mask, 0, "{result}");
    }
    let mut peer = Peer::connected(client());
    let configure = peer.expects("mining.configure");
    peer.replies(&configure, json!({"error": [-3, "Method not found", null]}));
    peer.expects("mining.subscribe");
}

#[test]
fn subscriptions_in_every_form() {
    for subscriptions in [
        json!([["mining.set_difficulty", "a"], ["mining.notify", "b"]]),
        json!(["mining.notify", "b"]),
        json!([["mining.notify", "b"]]),
        json!("b"),
    ] {
        let mut peer = Peer::connected(plain());
        peer.subscribes(json!([subscriptions, "", 4]));
        peer.authorizes();
        peer.gives(notify("1", 1, true));
        peer.hangs_up();
        peer.reconnects();
        let resume = peer.expects("mining.subscribe");
        assert_eq!(resume["params"], json!(["midstate/test", "b"]));
    }
    let mut peer = Peer::connected(plain());
    peer.subscribes(json!([null, "", 4]));
    peer.hangs_up();
    peer.reconnects();
    assert_eq!(
        peer.expects("mining.subscribe")["params"],
        json!(["midstate/test"])
    );
}

#[test]
fn subscribe_is_tried_again_without_parameters_once() {
    let mut peer = Peer::connected(plain());
    let first = peer.expects("mining.subscribe");
    peer.replies(
        &first,
        json!({"result": null, "error": [20, "too many params", null]}),
    );
    let second = peer.subscribes(json!([[["mining.notify", "s"]], "01", 4]));
    assert_eq!(second["params"], json!([]));
    peer.authorizes();
    assert!(peer.is_ready());
    peer.hangs_up();
    peer.reconnects();
    assert_eq!(
        peer.expects("mining.subscribe")["params"],
        json!([]),
        "remembered"
    );
}

#[test]
fn a_subscribe_answer_of_words_fails_the_handshake() {
    let mut peer = Peer::connected(plain());
    for _ in 0..2 {
        let subscribe = peer.expects("mining.subscribe");
        peer.answers(&subscribe, json!("proxy full"));
    }
    let reason = peer.close_reason().unwrap().to_string();
    assert_eq!(
        reason,
        "mining.subscribe: expected a list of three, got \"proxy full\""
    );
    peer.expects_nothing();
}

#[test]
fn sizes_out_of_bounds_fail_the_handshake() {
    for (extranonce1, size) in [
        (json!("08000002"), json!(0)),
        (json!("08000002"), json!(17)),
        (json!("08000002"), json!(1_000_000_000)),
        (json!("08000002"), json!(-1)),
        (json!("080"), json!(4)),
        (json!("xy"), json!(4)),
        (json!("00".repeat(50_000)), json!(4)),
    ] {
        let mut peer = Peer::connected(plain());
        peer.subscribes(json!([[], extranonce1, size]));
        let reason = peer.close_reason();
        assert!(
            matches!(&reason, Some(CloseReason::Handshake { step: "mining.subscribe", text }) if text.contains("must be")),
            "{reason:?}"
        );
    }
}

#[test]
fn authorize_succeeds_with_null_and_fails_with_words() {
    let mut peer = Peer::connected(plain());
    peer.subscribes(json!([[], "08000002", 4]));
    let authorize = peer.expects("mining.authorize");
    peer.replies(&authorize, json!({"result": null, "error": null}));
    assert!(peer.is_ready());

    for body in [
        json!({"result": false, "error": null}),
        json!({"result": null, "error": [24, "who are you", null]}),
        json!({"result": true, "error": "banned"}),
    ] {
        let mut peer = Peer::connected(SessionSettings {
            pass: Secret::new("hunter2"),
            ..plain()
        });
        peer.subscribes(json!([[], "08000002", 4]));
        let authorize = peer.expects("mining.authorize");
        peer.replies(&authorize, body.clone());
        let reason = peer.close_reason();
        assert!(
            matches!(reason, Some(CloseReason::Refused { .. })),
            "{body}"
        );
        assert!(!peer.is_ready());
        let events = format!("{:?}", peer.events);
        assert!(!events.contains("hunter2"));
    }
}

#[test]
fn the_handshake_times_out_with_the_step() {
    let mut peer = Peer::connected(plain());
    peer.subscribes(json!([[], "08000002", 4]));
    peer.expects("mining.authorize");
    peer.waits(14 * SECOND);
    assert_eq!(peer.close_reason(), None);
    peer.waits(SECOND);
    let reason = peer.close_reason().unwrap().to_string();
    assert_eq!(reason, "no answer to mining.authorize within 15 s");
}

#[test]
fn a_login_too_long_for_a_line_is_an_error_not_a_long_line() {
    let mut peer = Peer::connected(SessionSettings {
        user: "u".repeat(1500),
        ..plain()
    });
    peer.subscribes(json!([[], "08000002", 4]));
    let reason = peer.close_reason().unwrap().to_string();
    assert!(reason.contains("1024 bytes"), "{reason}");
    peer.expects_nothing();
}

#[test]
fn ids_as_text_and_answers_out_of_order_are_understood() {
    let mut peer = Peer::connected(plain());
    let subscribe = peer.expects("mining.subscribe");
    let id = subscribe["id"].to_string();
    let line = json!({"error": null, "extra": [1], "result": [[], "08000002", 4], "id": id});
    peer.says(&line.to_string()).unwrap();
    peer.authorizes();
    peer.easy();
    let job = peer.gives(notify("1", 1, true));
    let found = shares(&job, peer.now, 2);
    let ids = [peer.submits(&found[0]), peer.submits(&found[1])];
    let lines = [peer.expects("mining.submit"), peer.expects("mining.submit")];
    peer.answers(&lines[1], json!(true));
    peer.replies(&lines[0], json!({"error": [22, "dup", null]}));
    assert_eq!(peer.verdict(ids[1]), Some(Outcome::Accepted));
    assert_eq!(refusal(&peer, ids[0]).0, Reject::Duplicate);
}

// ---- jobs

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
    assert!(
        peer.session.accepts(&first),
        "the pool has not said that it is void"
    );
    peer.submits(&found[0]);
    peer.expects("mining.submit");
    let clean = peer.gives(notify("4", 2, true));
    assert!(clean.clean);
    assert!(!peer.session.accepts(&first) && !peer.session.accepts(&changed));
    assert!(peer.session.accepts(&clean));
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
    assert!(!peer.session.accepts(&old) && peer.session.accepts(&new));
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
        assert!(peer.session.accepts(&good));
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
    assert!(!peer.session.accepts(&old), "the id is the new job's");
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

// ---- version rolling

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
    assert_eq!((&renewed.key, renewed.clean), (&old.key, false));
    assert_eq!(renewed.received, old.received);
    let id = peer.submits(&outside);
    let (class, text) = refusal(&peer, id);
    assert_eq!(class, Reject::Other);
    assert!(text.contains("version bits 01000000"), "{text}");
    peer.submits(&inside);
    assert_eq!(peer.expects("mining.submit")["params"][5], "00006000");
    assert!(peer.session.accepts(&old), "its content is the same");
    peer.tells("mining.set_version_mask", json!(["0000e000"]));
    assert_eq!(peer.jobs(), jobs + 1, "no news");
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

// ---- shares

#[test]
fn verdicts_carry_their_latency() {
    let mut peer = Peer::ready(client());
    let job = peer.gives(notify("1", 1, true));
    let found = share(&job, peer.now);
    let id = peer.submits(&found);
    let submit = peer.expects("mining.submit");
    peer.waits(3 * SECOND);
    peer.answers(&submit, json!(true));
    let latency = peer.events.iter().find_map(|event| match event {
        PoolEvent::Verdict {
            id: told, latency, ..
        } if *told == id => *latency,
        _ => None,
    });
    assert_eq!(latency, Some(3 * SECOND));
}

#[test]
fn late_second_and_unsolicited_answers_do_no_harm() {
    let mut peer = Peer::ready(client());
    let job = peer.gives(notify("1", 1, true));
    let found = shares(&job, peer.now, 2);
    let first = peer.submits(&found[0]);
    let submit = peer.expects("mining.submit");
    peer.answers(&submit, json!(true));
    peer.replies(&submit, json!({"error": [23, "low", null]}));
    assert_eq!(peer.verdict(first), Some(Outcome::Accepted));
    let second = peer.submits(&found[1]);
    let submit = peer.expects("mining.submit");
    peer.waits(60 * SECOND);
    assert_eq!(peer.verdict(second), Some(Outcome::Unknown));
    peer.answers(&submit, json!(true));
    for id in ["0", "99999999", "-1", "null", "\"x\"", "[1]"] {
        peer.says(&format!(r#"{{"id":{id},"result":true,"error":null}}"#))
            .unwrap();
    }
    let verdicts = peer
        .events
        .iter()
        .filter(|event| matches!(event, PoolEvent::Verdict { .. }));
    assert_eq!(verdicts.count(), 2);
}

#[test]
fn shares_of_an_older_connection_are_not_sent() {
    let mut peer = Peer::ready(client());
    let job = peer.gives(notify("1", 1, true));
    let found = shares(&job, peer.now, 2);
    let pending = peer.submits(&found[0]);
    peer.expects("mining.submit");
    peer.hangs_up();
    assert_eq!(peer.verdict(pending), Some(Outcome::Unknown));
    let offline = peer.submits(&found[1]);
    assert_eq!(refusal(&peer, offline).0, Reject::Stale);
    peer.reconnects();
    peer.subscribes(json!([[], "08000002", 4]));
    peer.authorizes();
    let late = peer.submits(&found[1]);
    assert_eq!(refusal(&peer, late).0, Reject::Stale);
    assert_ne!(pending, late);
    peer.expects_nothing();
}

#[test]
fn too_many_shares_without_verdict_push_the_oldest_out() {
    let mut peer = Peer::ready(client());
    let job = peer.gives(notify("1", 1, true));
    let found = share(&job, peer.now);
    let first = peer.submits(&found);
    for _ in 0..4096 {
        peer.submits(&found);
        peer.next_line();
    }
    assert_eq!(peer.verdict(first), Some(Outcome::Unknown));
}

#[test]
fn a_worker_that_is_not_authorised_any_more_logs_in_once_more() {
    let mut peer = Peer::ready(client());
    let job = peer.gives(notify("1", 1, true));
    let found = shares(&job, peer.now, 3);
    let unauthorised = json!({"error": [24, "Unauthorized worker", null]});
    peer.submits(&found[0]);
    peer.submits(&found[1]);
    let lines = [peer.expects("mining.submit"), peer.expects("mining.submit")];
    peer.replies(&lines[0], unauthorised.clone());
    let authorize = peer.expects("mining.authorize");
    peer.replies(&lines[1], unauthorised.clone());
    peer.expects_nothing();
    peer.answers(&authorize, json!(true));
    assert_eq!(peer.close_reason(), None);
    peer.submits(&found[2]);
    let line = peer.expects("mining.submit");
    peer.replies(&line, unauthorised);
    assert!(matches!(
        peer.close_reason(),
        Some(CloseReason::Refused { .. })
    ));
}

#[test]
fn a_connection_that_is_not_subscribed_is_given_up() {
    let mut peer = Peer::ready(client());
    let job = peer.gives(notify("1", 1, true));
    let found = share(&job, peer.now);
    peer.submits(&found);
    let line = peer.expects("mining.submit");
    peer.replies(&line, json!({"error": [25, "Not subscribed", null]}));
    let reason = peer.close_reason().unwrap().to_string();
    assert_eq!(reason, "mining.submit: Not subscribed");
    let id = peer.submits(&found);
    assert_eq!(
        refusal(&peer, id).0,
        Reject::Stale,
        "the connection is being closed"
    );
}

#[test]
fn a_pool_that_judges_old_jobs_by_its_newest_difficulty_is_learnt() {
    let mut peer = Peer::ready(client());
    let old = peer.gives(notify("1", 1, true));
    let found = shares(&old, peer.now, 2);
    peer.tells("mining.set_difficulty", json!([1]));
    peer.gives(notify("2", 1, false));
    peer.submits(&found[0]);
    let line = peer.expects("mining.submit");
    peer.replies(&line, json!({"error": [23, "Low difficulty share", null]}));
    let id = peer.submits(&found[1]);
    let (class, text) = refusal(&peer, id);
    assert_eq!(class, Reject::LowDifficulty);
    assert!(text.contains("newest difficulty"), "{text}");
    peer.expects_nothing();
}

#[test]
fn a_share_line_is_never_too_long() {
    let mut peer = Peer::connected(SessionSettings {
        user: "w".repeat(700),
        ..plain()
    });
    peer.subscribes(json!([[], "08000002", 16]));
    peer.authorizes();
    peer.easy();
    let job = peer.gives(notify(&"\"".repeat(256), 1, true));
    let found = share(&job, peer.now);
    let id = peer.submits(&found);
    assert!(refusal(&peer, id).1.contains("1024 bytes"));
    peer.expects_nothing();
    let job = peer.gives(notify(&"j".repeat(100), 1, false));
    let found = share(&job, peer.now);
    peer.submits(&found);
    peer.expects("mining.submit");
}

// ---- the pool's other wishes

#[test]
fn requests_of_the_pool_are_answered() {
    let mut peer = Peer::ready(client());
    for (line, answer) in [
        (
            r#"{"id":7,"method":"client.get_version","params":[]}"#,
            json!({"id": 7, "result": "midstate/test", "error": null}),
        ),
        (
            r#"{"id":"p","method":"mining.ping"}"#,
            json!({"id": "p", "result": "pong", "error": null}),
        ),
        (
            r#"{"id":0,"method":"client.show_message","params":["hi"]}"#,
            json!({"id": 0, "result": true, "error": null}),
        ),
        (
            r#"{"id":8,"method":"mining.hello","params":[]}"#,
            json!({"id": 8, "result": null, "error": [-3, "method not found", null]}),
        ),
    ] {
        peer.says(line).unwrap();
        assert_eq!(peer.next_line(), Some(answer));
    }
    for quiet in [
        r#"{"id":null,"method":"mining.ping","params":[]}"#,
        r#"{"method":"mining.set_goal","params":["x"]}"#,
        r#"{"id":[[1]],"method":"mining.hello"}"#,
        r#"{"id":null,"method":"client.show_message","params":["bye"]}"#,
    ] {
        peer.says(quiet).unwrap();
        peer.expects_nothing();
    }
    let endless = format!(r#"{{"id":"{}","method":"x"}}"#, "i".repeat(5000));
    peer.says(&endless).unwrap();
    peer.expects_nothing();
}

#[test]
fn words_of_the_pool_are_made_safe() {
    let mut peer = Peer::ready(client());
    let text = format!("a\u{1b}[2J\n{}", "x".repeat(500));
    peer.tells("client.show_message", json!([text]));
    let Some(PoolEvent::Message(shown)) = peer.events.last() else {
        panic!("{:?}", peer.events.last());
    };
    assert!(shown.starts_with("a\\u{1b}[2J\\u{a}xxx") && shown.ends_with('…'));
    assert!(peer.tries("client.show_message", json!([5])).is_err());
}

#[test]
fn redirects_are_told_with_bounds() {
    let mut peer = Peer::ready(client());
    peer.tells(
        "client.reconnect",
        json!(["eu.pool.example", "3334", 1_000_000_000]),
    );
    assert!(matches!(
        peer.events.last(),
        Some(PoolEvent::Redirect { host: Some(host), port: Some(3334), wait })
            if host == "eu.pool.example" && *wait == 60 * SECOND
    ));
    for bad in [json!(["a\nb", 1]), json!(["a", 0]), json!(["a", "x"])] {
        assert!(peer.tries("client.reconnect", bad).is_err());
        peer.says(r#"{"id":null,"method":"mining.ping"}"#).unwrap();
    }
}

#[test]
fn extranonce_subscription_is_remembered_when_the_pool_drops_on_it() {
    let settings = SessionSettings {
        subscribe_extranonce: true,
        suggest_difficulty: Some(Difficulty::new(0.5).unwrap()),
        ..plain()
    };
    let mut peer = Peer::connected(settings);
    handshake_with_configure(&mut peer);
    assert_eq!(
        peer.expects("mining.suggest_difficulty")["params"],
        json!([0.5])
    );
    let ask = peer.expects("mining.extranonce.subscribe");
    peer.replies(
        &ask,
        json!({"result": false, "error": [20, "Not supported.", null]}),
    );
    peer.hangs_up();
    peer.reconnects();
    handshake_with_configure(&mut peer);
    peer.expects("mining.suggest_difficulty");
    peer.expects("mining.extranonce.subscribe");
    peer.hangs_up(); // Without an answer: so it asks no more.
    peer.reconnects();
    handshake_with_configure(&mut peer);
    peer.expects("mining.suggest_difficulty");
    peer.expects_nothing();
}

fn handshake_with_configure(peer: &mut Peer) {
    let configure = peer.expects("mining.configure");
    peer.answers(&configure, json!({}));
    peer.subscribes(json!([[], "08000002", 4]));
    peer.authorizes();
}

// ---- garbage

#[test]
fn three_bad_lines_in_a_row_end_the_connection() {
    let mut peer = Peer::ready(client());
    for _ in 0..3 {
        assert!(!peer.says("}{").unwrap_err().is_fatal());
        assert!(!peer.says("").unwrap_err().is_fatal());
        peer.easy();
    }
    peer.says("nonsense").unwrap_err();
    peer.tries("mining.notify", json!([])).unwrap_err();
    assert!(peer.says("[1,2]").unwrap_err().is_fatal());
    assert_eq!(peer.close_reason(), Some(CloseReason::Garbage(3)));
    peer.tells("mining.notify", notify("1", 1, true));
    assert_eq!(peer.jobs(), 0, "nothing is heard any more");
}

#[test]
fn what_is_no_text_or_too_deep_is_an_error() {
    let mut peer = Peer::ready(client());
    let deep = format!("{{\"id\":1,\"result\":{}", "[".repeat(30_000));
    let lines: [&[u8]; 3] = [b"\xff\xfe", b"{\"method\":\"\xc3\x28\"}", deep.as_bytes()];
    for line in lines {
        let lane = midstate::pool::Lane::MAIN;
        assert!(peer.session.receive(lane, line, peer.now).is_err());
        peer.easy();
    }
}

#[test]
fn frames_without_a_connection_are_ignored() {
    let mut peer = Peer::ready(client());
    peer.hangs_up();
    assert_eq!(peer.says("}{"), Ok(()));
    peer.tells("mining.notify", notify("1", 1, true));
    assert_eq!(peer.jobs(), 0);
    assert_eq!(peer.session.poll_timeout(), None);
    let nothing: Option<Value> = peer.next_line();
    assert_eq!(nothing, None);
}
