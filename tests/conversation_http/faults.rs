//! Bad days: statuses, redirects, wrong types, and bodies that are broken, too large or too slow.

use std::time::Duration;

use midstate::pool::getwork::PROTOCOL;
use serde_json::{Value, json};

use super::peer::{Ask, Peer};
use super::rig::{Rig, Setup, easy_work};

async fn pair() -> (Peer, Rig) {
    let peer = Peer::listen().await;
    let rig = Setup::new(&PROTOCOL, peer.port).run().await;
    (peer, rig)
}

/// How a miner of each protocol by HTTP is set up.
const BOTH: [fn(u16) -> Setup; 2] = [|port| Setup::new(&PROTOCOL, port), super::node::setup];

/// Why the connection ends after this answer to the first question, and for how long.
async fn ended_by(answer: impl FnOnce(Ask)) -> (String, Duration) {
    ended_of(BOTH[0], answer).await
}

pub(crate) async fn ended_of(
    setup: fn(u16) -> Setup,
    answer: impl FnOnce(Ask),
) -> (String, Duration) {
    let mut peer = Peer::listen().await;
    let mut rig = setup(peer.port).run().await;
    answer(peer.ask().await);
    rig.lost().await
}

#[tokio::test]
async fn statuses_are_explained_and_rested_upon() {
    for setup in BOTH {
        let (why, pause) = ended_of(setup, |ask| ask.answer(401, "", b"go away hunter2")).await;
        let told = why.contains("the pool refused worker \"me\"") && why.contains("401");
        assert!(told && !why.contains("hunter2"), "{why}");
        assert!(pause >= Duration::from_secs(20), "{pause:?}");
        let (why, pause) = ended_of(setup, |ask| ask.answer(403, "", b"banned")).await;
        assert!(why.contains("403"), "{why}");
        assert!(pause >= Duration::from_secs(20), "{pause:?}");
        let (why, _) = ended_of(setup, |ask| ask.answer(404, "", b"")).await;
        assert!(why.contains("404"), "{why}");
        let (why, _) = ended_of(setup, |ask| ask.answer(503, "", b"\x1b[2Jbusy")).await;
        assert!(why.contains("503") && !why.contains('\x1b'), "{why}");
        let (why, _) = ended_of(setup, |ask| ask.answer(302, "", b" \r\n")).await;
        assert!(why.contains("HTTP 302: no reason given"), "{why}");
    }
    let (why, _) = ended_by(|ask| ask.answer(404, "", b"")).await;
    assert!(why.contains("check the URL's path"), "{why}");
    // A pool has banned us; a node's settings are being mended (its own tests).
    let (why, pause) = ended_by(|ask| ask.answer(403, "", b"banned")).await;
    assert!(why.contains("403: banned"), "{why}");
    assert!(pause >= Duration::from_secs(3600), "{pause:?}");
}

#[tokio::test(start_paused = true)]
async fn an_error_comes_with_500_and_the_pool_is_asked_again() {
    let (mut peer, mut rig) = pair().await;
    peer.ask().await.error(-10, "still loading");
    assert_eq!(
        rig.complaint().await,
        "getwork: HTTP 500: the pool says: still loading"
    );
    peer.ask().await.result("", &easy_work());
    rig.job().await;
}

#[tokio::test(start_paused = true)]
async fn a_run_of_unusable_answers_ends_the_connection() {
    let (mut peer, mut rig) = pair().await;
    let strange = [
        json!(7),
        json!({"data": 1, "target": 2}),
        json!({"data": "00", "target": "00"}),
        Value::Null,
        json!([]),
    ];
    for result in strange {
        peer.ask().await.result("", &result);
    }
    let (why, _) = rig.lost().await;
    assert!(why.starts_with("getwork: "), "{why}");
}

#[tokio::test]
async fn what_is_no_http_or_no_whole_answer() {
    for (setup, schemes) in BOTH
        .into_iter()
        .zip(["http:// or https://", "gbt+http:// or gbt+https://"])
    {
        let (why, _) = ended_of(setup, |ask| {
            ask.raw("\x15\x03\x01 this is no HTTP at all\r\n\r\n");
            ask.done();
        })
        .await;
        assert!(why.starts_with("the answer is no HTTP"), "{why}");
        assert!(why.contains(schemes), "{why}");
        let (why, _) = ended_of(setup, Ask::hang_up).await;
        assert_eq!(why, "the pool closed the connection");
        let (why, _) = ended_of(setup, |ask| {
            ask.raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"result\":");
            ask.hang_up();
        })
        .await;
        assert_eq!(why, "the pool closed the connection");
    }
}

#[tokio::test]
async fn bodies_and_heads_are_bounded() {
    let (why, _) = ended_by(|ask| {
        ask.raw("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
        std::mem::forget(ask);
    })
    .await;
    assert_eq!(why, "the pool's answer has more than 65536 bytes");
    let (why, _) = ended_by(|ask| {
        ask.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for _ in 0..20 {
            ask.raw(format!("2000\r\n{}\r\n", " ".repeat(0x2000)));
        }
        std::mem::forget(ask);
    })
    .await;
    assert_eq!(why, "the pool's answer has more than 65536 bytes");
    let (why, _) = ended_by(|ask| {
        ask.raw(format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(100_000)));
        std::mem::forget(ask);
    })
    .await;
    assert_eq!(why, "the head of the pool's answer is too large");
}

#[tokio::test]
async fn a_broken_body_is_no_answer() {
    let (why, _) = ended_by(|ask| ask.answer(200, "Content-Encoding: gzip\r\n", b"no gzip")).await;
    assert!(why.contains("gzip data are broken"), "{why}");
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
    assert_eq!(
        rig.lost().await.0,
        "no whole answer from the pool within 30 s"
    );
}

#[tokio::test]
async fn redirects_are_followed_within_the_pool() {
    let (mut peer, mut rig) = pair().await;
    peer.ask().await.answer(302, "Location: /a\r\n", b"");
    let ask = peer.ask().await;
    assert!(ask.head.starts_with("POST /a "), "{}", ask.head);
    assert!(ask.header("authorization").is_some());
    ask.answer(308, "Location: b?c=d\r\n", b"");
    let ask = peer.ask().await;
    assert!(ask.head.starts_with("POST /b?c=d "), "{}", ask.head);
    assert_eq!(ask.json()["method"], "getwork");
    ask.result("", &easy_work());
    rig.job().await;
    // It is remembered for the requests that follow.
    let ask = peer.ask().await;
    assert!(ask.head.starts_with("POST /b?c=d "), "{}", ask.head);
}

#[tokio::test]
async fn redirects_round_and_round_or_elsewhere_are_not() {
    for setup in BOTH {
        let mut peer = Peer::listen().await;
        let mut rig = setup(peer.port).run().await;
        peer.ask().await.answer(302, "Location: /a\r\n", b"");
        peer.ask().await.answer(302, "Location: /\r\n", b"");
        let (why, _) = rig.lost().await;
        assert!(why.starts_with("the pool's redirects have no end"), "{why}");
        let away = "Location: http://evil.example/\r\n";
        let (why, _) = ended_of(setup, |ask| ask.answer(302, away, b"")).await;
        assert!(
            why.contains("refused to be sent to http://evil.example:80/"),
            "{why}"
        );
        assert!(why.contains("--allow-redirect"), "{why}");
    }

    let (mut peer, mut rig) = pair().await;
    for count in 0..6 {
        let location = format!("Location: /{count}\r\n");
        peer.ask().await.answer(302, &location, b"");
    }
    let (why, _) = rig.lost().await;
    assert!(why.starts_with("the pool's redirects have no end"), "{why}");
}

#[tokio::test]
async fn with_leave_any_host_is_followed() {
    let mut elsewhere = Peer::listen().await;
    let mut peer = Peer::listen().await;
    let mut setup = Setup::new(&PROTOCOL, peer.port);
    setup.link.allow_redirect = true;
    let mut rig = setup.run().await;
    let location = format!("Location: http://localhost:{}/x\r\n", elsewhere.port);
    peer.ask().await.answer(307, &location, b"");
    elsewhere.ask_with("POST /x").await.result("", &easy_work());
    rig.job().await;
}

#[tokio::test]
async fn a_long_poll_elsewhere_is_refused_and_work_goes_on() {
    let (mut peer, mut rig) = pair().await;
    let headers = "X-Long-Polling: http://lp.evil.example:9000/wait\r\nX-Roll-NTime: Y\r\n";
    peer.ask().await.result(headers, &easy_work());
    rig.job().await;
    let complaint = rig.complaint().await;
    assert!(
        complaint.starts_with("long poll: refused to be sent to http://lp.evil.example:9000/wait"),
        "{complaint}"
    );
}

#[tokio::test]
async fn a_long_poll_that_fails_costs_only_itself() {
    let (mut peer, mut rig) = pair().await;
    peer.ask()
        .await
        .result("X-Long-Polling: /LP\r\n", &easy_work());
    let job = rig.job().await;
    peer.ask_with("/LP").await.answer(200, "", b"{ nonsense");
    assert!(rig.complaint().await.contains("no usable JSON"));
    rig.submit(super::rig::share_of(&job), 1).await;
    let ask = peer.ask_with(r#""id":1"#).await;
    ask.result("", &json!(true));
    rig.verdict().await;
}
