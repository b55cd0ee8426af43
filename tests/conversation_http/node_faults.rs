//! Bad days of a node, beside those that it shares with pools of getwork: wrong types, and bodies that are too large or too slow.

use std::time::Duration;

use serde_json::{Value, json};

use super::node::{easy_template, pair};

#[tokio::test]
async fn a_template_is_bounded() {
    let (mut peer, mut rig) = pair().await;
    let ask = peer.ask().await;
    ask.raw("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
    let (why, _) = rig.lost().await;
    let bound = format!("the pool's answer has more than {} bytes", 32 << 20);
    assert_eq!(why, bound);
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
async fn a_run_of_wrong_types_and_lengths_ends_the_connection() {
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
        Value::Null,
    ];
    for result in strange {
        peer.ask().await.result("", &result);
    }
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
