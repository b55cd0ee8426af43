//! Shares and their verdicts against scripted pools.

use midstate::pool::{CloseReason, PoolEvent, SessionSettings};
use midstate::work::{Outcome, Reject};
use serde_json::json;

use crate::support::pair::client;
use crate::support::peer::{Peer, notify};
use crate::support::work::{share, shares};
use crate::{SECOND, plain, refusal};

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
