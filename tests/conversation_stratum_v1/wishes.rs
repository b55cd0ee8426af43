//! The pool's other wishes, and words that are none.

use midstate::pool::{CloseReason, PoolEvent, SessionSettings};
use midstate::units::Difficulty;
use serde_json::{Value, json};

use crate::support::pair::client;
use crate::support::peer::{Peer, notify};
use crate::{SECOND, plain};

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
    for _ in 0..2 {
        peer.hangs_up();
        peer.reconnects();
        handshake_with_configure(&mut peer);
        peer.expects("mining.suggest_difficulty");
        peer.expects("mining.extranonce.subscribe");
    }
    peer.hangs_up(); // Twice without an answer: so it asks no more.
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
