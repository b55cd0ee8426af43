//! Whatever a pool sends, the session says what is wrong with it, keeps its bounds, and goes on or gives the connection up.

use midstate::pool::{CloseReason, Lane, truestratum};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::peer::Peer;
use crate::{client, notify, peer};

#[test]
fn bad_lines_are_named_and_the_third_in_a_row_ends_the_connection() {
    let mut peer = peer();
    let bad = [
        json!(["1", "22", "33".repeat(32), true]),
        json!([5, "22".repeat(32), "33".repeat(32), true]),
        json!(["1", "22".repeat(32), "33".repeat(32), "yes"]),
    ];
    let errors: Vec<String> = bad
        .iter()
        .map(|params| {
            peer.tries("mining.notify", params.clone())
                .unwrap_err()
                .to_string()
        })
        .collect();
    assert!(errors[0].starts_with("mining.notify: seedhash must be 64 hex digits"));
    assert!(errors[1].starts_with("mining.notify: job_id must be text"));
    assert!(errors[2].starts_with("mining.notify: clean_jobs must be true or false"));
    assert_eq!(peer.close_reason(), Some(CloseReason::Garbage(3)));
}

#[test]
fn a_good_line_forgives_the_bad_ones() {
    let mut peer = peer();
    for _ in 0..10 {
        peer.says("}{").unwrap_err();
        peer.tries("mining.set_difficulty", json!(["00"]))
            .unwrap_err();
        peer.tells("mining.notify", notify("1", 7, false));
    }
    assert_eq!(peer.close_reason(), None);
}

#[test]
fn a_subscription_out_of_bounds_ends_the_connection() {
    for answer in [
        json!("proxy full"),
        json!(null),
        json!([[], "00000000", 4]),
        json!([[], 5, 4]),
    ] {
        let mut peer = Peer::of(&truestratum::PROTOCOL, client());
        peer.subscribes(answer.clone());
        let reason = peer.close_reason().map(|reason| reason.to_string());
        assert!(
            reason.unwrap_or_default().starts_with("mining.subscribe: "),
            "{answer}"
        );
    }
}

/// JSON of any shape, with the names that matter often among it.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[0-9a-f]{0,64}".prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{1,8}", inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

fn method() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "mining.notify",
        "mining.set_difficulty",
        "client.reconnect",
        "client.show_message",
        "client.get_version",
        "mining.submit",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_leave_the_session_alive(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..6)) {
        let mut peer = peer();
        for line in lines {
            let _ = peer.session.receive(Lane::MAIN, &line, peer.now);
        }
        while peer.session.poll_event().is_some() {}
    }

    #[test]
    fn any_message_leaves_the_session_alive(messages in prop::collection::vec((method(), value(), value()), 0..8)) {
        let mut peer = peer();
        for (method, id, params) in messages {
            let line = json!({"id": id, "method": method, "params": params}).to_string();
            let _ = peer.says(&line);
        }
        while let Some(line) = peer.next_line() {
            prop_assert!(line.is_object());
        }
    }

    #[test]
    fn any_answer_leaves_the_session_alive(id in 0_u64..6, result in value(), error in value()) {
        let mut peer = peer();
        peer.tells("mining.notify", notify("1", 7, true));
        let line = json!({"id": id, "result": result, "error": error}).to_string();
        let _ = peer.says(&line);
        prop_assert_eq!(peer.jobs(), 0);
    }
}
