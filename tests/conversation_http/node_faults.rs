//! Bad days of a node: statuses, redirects, wrong types, and bodies that are broken, too large or too slow.

use std::time::Duration;

use serde_json::{Value, json};

use super::node::{easy_template, pair, setup};
use super::peer::{Ask, Peer};

/// Why the connection ends after this answer to the first question, which is for the chain, and for how long.
async fn ended_by(answer: impl FnOnce(Ask)) -> (String, Duration) {
    let mut peer = Peer::listen().await;
    let mut rig = setup(peer.port).run().await;
    answer(peer.ask().await);
    rig.lost().await
}

/// The same after the answer to the question for a template.
async fn ended_by_template(answer: impl FnOnce(Ask)) -> (String, Duration) {
    let (mut peer, mut rig) = pair().await;
    answer(peer.ask().await);
    rig.lost().await
}

#[tokio::test]
async fn statuses_are_explained_and_rested_upon() {
    let (why, pause) = ended_by(|ask| ask.answer(401, "", b"go away hunter2")).await;
    assert!(
        why.contains("HTTP 401") && !why.contains("hunter2"),
        "{why}"
    );
    assert!(pause >= Duration::from_secs(20), "{pause:?}");
    let (why, pause) = ended_by(|ask| ask.answer(403, "", b"banned")).await;
    assert!(why.contains("403"), "{why}");
    assert!(pause >= Duration::from_secs(3600), "{pause:?}");
    let (why, _) = ended_by(|ask| ask.answer(404, "", b"nothing")).await;
    assert!(why.contains("404"), "{why}");
    let (why, _) = ended_by_template(|ask| ask.answer(503, "", b"\x1b[2Jbusy")).await;
    assert!(why.contains("503") && !why.contains('\x1b'), "{why}");
}

#[tokio::test]
async fn redirects_round_and_round_or_elsewhere_are_not_followed() {
    let mut peer = Peer::listen().await;
    let mut rig = setup(peer.port).run().await;
    peer.ask().await.answer(307, "Location: /a\r\n", b"");
    peer.ask().await.answer(307, "Location: /\r\n", b"");
    let (why, _) = rig.lost().await;
    assert!(why.starts_with("the pool's redirects have no end"), "{why}");
    let (why, _) = ended_by(|ask| ask.answer(302, "Location: http://evil.example/\r\n", b"")).await;
    assert!(why.contains("--allow-redirect"), "{why}");
}

#[tokio::test]
async fn answers_are_bounded_whole_and_http() {
    let (why, _) = ended_by_template(|ask| {
        ask.raw("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
        std::mem::forget(ask);
    })
    .await;
    let bound = format!("the pool's answer has more than {} bytes", 32 << 20);
    assert_eq!(why, bound);
    let (why, _) = ended_by_template(|ask| {
        ask.raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"result\":");
        ask.hang_up();
    })
    .await;
    assert_eq!(why, "the pool closed the connection");
    let (why, _) = ended_by(|ask| {
        ask.raw("\x15\x03\x01 this is no HTTP at all\r\n\r\n");
        ask.done();
    })
    .await;
    assert!(why.starts_with("the answer is no HTTP"), "{why}");
    assert!(why.contains("gbt+http:// or gbt+https://"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_dribbles_is_not_waited_for() {
    let (mut peer, mut rig) = pair().await;
    let ask = peer.ask().await;
    ask.raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
    tokio::spawn(async move {
        loop {
            ask.raw(" ");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let (why, _) = rig.lost().await;
    assert_eq!(why, "no whole answer from the pool within 60 s");
}

#[tokio::test(start_paused = true)]
async fn wrong_types_and_lengths_are_named_and_a_run_of_them_ends_the_connection() {
    let (mut peer, mut rig) = pair().await;
    let spoilt = |key: &str, value: Value| {
        let mut template = easy_template();
        template[key] = value;
        template
    };
    let strange = [
        json!(7),
        spoilt("previousblockhash", json!("00")),
        spoilt("bits", json!(5)),
        spoilt("transactions", json!([{"data": "zz"}])),
    ];
    for result in strange {
        peer.ask().await.result("", &result);
        let complaint = rig.complaint().await;
        assert!(complaint.starts_with("getblocktemplate: "), "{complaint}");
    }
    peer.ask().await.result("", &Value::Null);
    let (why, _) = rig.lost().await;
    assert!(why.starts_with("getblocktemplate: "), "{why}");
}

#[tokio::test(start_paused = true)]
async fn after_bad_templates_a_good_one_is_mined_on() {
    let (mut peer, mut rig) = pair().await;
    for _ in 0..4 {
        peer.ask().await.result("", &json!([]));
    }
    peer.ask().await.result("", &easy_template());
    rig.until(|event| match event {
        midstate::net::LinkEvent::Pool(midstate::pool::PoolEvent::Job(job)) => Some(job),
        _ => None,
    })
    .await;
}
