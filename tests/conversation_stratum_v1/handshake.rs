//! The handshake: configure, subscribe, authorize, one test a quirk that pools have.

use midstate::pool::{CloseReason, SessionSettings};
use midstate::units::{Difficulty, Secret};
use midstate::work::{Outcome, Reject};
use serde_json::json;

use crate::support::pair::client;
use crate::support::peer::{Peer, notify};
use crate::support::work::{share, shares};
use crate::{SECOND, plain, refusal};

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
    for _ in 0..2 {
        peer.expects("mining.configure");
        peer.hangs_up();
        peer.reconnects();
    }
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
fn one_lost_connection_does_not_end_version_rolling_and_two_do_not_for_ever() {
    let mut peer = Peer::connected(client());
    peer.expects("mining.configure");
    peer.hangs_up(); // A cable was pulled, say.
    peer.reconnects();
    let configure = peer.expects("mining.configure");
    peer.answers(&configure, json!({}));
    peer.expects("mining.subscribe");
    for _ in 0..2 {
        peer.hangs_up();
        peer.reconnects();
        peer.expects("mining.configure");
    }
    peer.hangs_up();
    peer.reconnects();
    peer.subscribes(json!([[], "08000002", 4]));
    peer.authorizes();
    peer.hangs_up();
    peer.waits(3600 * SECOND);
    peer.reconnects();
    peer.expects("mining.configure");
}

#[test]
fn a_late_answer_to_configure_counts_from_then_on() {
    let mut peer = Peer::connected(client());
    let configure = peer.expects("mining.configure");
    peer.waits(4 * SECOND);
    peer.subscribes(json!([[], "08000002", 4]));
    peer.authorizes();
    peer.easy();
    let job = peer.gives(notify("1", 1, true));
    assert_eq!(job.version_mask, 0);
    let early = share(&job, peer.now);
    peer.answers(
        &configure,
        json!({"version-rolling": true, "version-rolling.mask": "1fffe000"}),
    );
    assert_eq!(peer.job().version_mask, 0x1fff_e000);
    for found in [early, share(&peer.job(), peer.now)] {
        peer.submits(&found);
        let submit = peer.expects("mining.submit");
        assert_eq!(submit["params"].as_array().unwrap().len(), 6, "{submit}");
    }
}

#[test]
fn a_pool_that_ignores_a_resumed_subscribe_is_asked_afresh() {
    let mut peer = Peer::ready(client());
    peer.hangs_up();
    peer.reconnects();
    let resumed = peer.expects("mining.subscribe");
    assert_eq!(resumed["params"], json!(["midstate/test", "s1"]));
    peer.waits(15 * SECOND);
    let fresh = peer.subscribes(json!([[["mining.notify", "s2"]], "08000002", 4]));
    assert_eq!(fresh["params"], json!(["midstate/test"]));
    peer.authorizes();
    assert!(peer.close_reason().is_none());
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
fn a_session_id_that_the_pool_hangs_up_on_is_forgotten() {
    let mut peer = Peer::ready(client());
    peer.hangs_up();
    peer.session.connected(peer.now);
    peer.expects("mining.subscribe");
    peer.hangs_up();
    peer.reconnects();
    assert_eq!(
        peer.expects("mining.subscribe")["params"],
        json!(["midstate/test"])
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
fn an_empty_error_beside_true_is_none() {
    for error in [json!(false), json!(""), json!([]), json!(0)] {
        let mut peer = Peer::connected(plain());
        peer.subscribes(json!([[], "08000002", 4]));
        let authorize = peer.expects("mining.authorize");
        peer.replies(&authorize, json!({"result": true, "error": error}));
        assert!(peer.is_ready(), "{error}");
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
