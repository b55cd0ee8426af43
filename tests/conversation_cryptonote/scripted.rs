//! What the session does, line by line.

use midstate::pool::{CloseReason, Lane, PoolEvent, SessionSettings, cryptonote};
use midstate::units::Nonce;
use midstate::work::{Assignment, Checked, Found, Outcome, Reject, Template};
use serde_json::{Value, json};

use crate::support::peer::Peer;
use crate::support::work::blob_share;
use crate::{BLOB, SECOND, client, connected, job, peer};

fn mining() -> Peer {
    let mut peer = peer();
    peer.tells("job", job("j1"));
    peer
}

fn failure(peer: &Peer) -> (String, String) {
    match peer.close_reason() {
        Some(CloseReason::Handshake { step, text }) => (step.to_owned(), text),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_documents_conversation() {
    let mut peer = connected();
    let login = peer.expects("login");
    assert_eq!(login["jsonrpc"], "2.0");
    let params = &login["params"];
    assert_eq!(
        (&params["login"], &params["pass"]),
        (&json!("worker"), &json!("x"))
    );
    assert_eq!(params["agent"], "midstate/test");
    assert!(params["algo"].as_array().unwrap().contains(&json!("cn/1")));
    let first = json!({
        "blob": BLOB, "job_id": "4BiGm3/RgGQzgkTI/xV0smdA+EGZ", "target": "b88d0600", "height": 0
    });
    peer.replies(
        &login,
        json!({"result": {"id": "1be0b7b6", "job": first, "status": "OK"}}),
    );
    assert!(peer.is_ready());
    let job = peer.job();
    assert_eq!(job.algorithm.name(), "cn/1");
    assert_eq!((job.difficulty().get() + 0.5) as u64, 10_000);

    // The share that the document hands in.
    let unit = Assignment::new(job, false).next_work(peer.now).unwrap();
    let nonce = Nonce::from_u64(u64::from(u32::from_le_bytes([0xd0, 0x03, 0x00, 0x40])));
    let Checked::Share(share) = unit.check(Found::nonce(nonce), &unit.job().target) else {
        panic!("the document's nonce is a share");
    };
    let id = peer.submits(&share);
    let submit = peer.expects("submit");
    assert_eq!(
        submit["params"],
        json!({
            "id": "1be0b7b6",
            "job_id": "4BiGm3/RgGQzgkTI/xV0smdA+EGZ",
            "nonce": "d0030040",
            "result": "e1364b8782719d7683e2ccd3d8f724bc59dfa780a9e960e7c0e0046acdb40100",
        })
    );
    peer.replies(
        &submit,
        json!({"jsonrpc": "2.0", "error": null, "result": {"status": "OK"}}),
    );
    assert_eq!(peer.verdict(id), Some(Outcome::Accepted));
}

#[test]
fn every_job_replaces_the_one_before() {
    let mut peer = mining();
    let first = peer.job();
    let share = blob_share(&first, peer.now);
    assert!(first.clean && first.voids);
    let mut next = job("j2");
    next["target"] = json!("ffffff7f");
    peer.tells("job", next);
    assert!(peer.job().clean && peer.job().voids);
    let id = peer.submits(&share);
    assert!(matches!(
        peer.verdict(id),
        Some(Outcome::Rejected(Reject::Stale, _))
    ));
    peer.expects_nothing();
    assert!(
        std::sync::Arc::ptr_eq(&first.space, &peer.job().space),
        "the same blob goes on"
    );
}

#[test]
fn who_wants_stale_shares_sent_has_them_sent_and_keeps_the_connection() {
    let mut peer = Peer::of(
        &cryptonote::PROTOCOL,
        SessionSettings {
            submit_stale: true,
            ..client()
        },
    );
    let login = peer.expects("login");
    peer.replies(
        &login,
        json!({"result": {"id": "s1", "status": "OK", "job": job("j1")}}),
    );
    let late = blob_share(&peer.job(), peer.now);
    peer.tells("job", job("j2"));
    let id = peer.submits(&late);
    let submit = peer.expects("submit");
    assert_eq!(submit["params"]["job_id"], "j1");
    peer.replies(
        &submit,
        json!({"error": {"code": -1, "message": "Invalid job id"}}),
    );
    assert!(matches!(
        peer.verdict(id),
        Some(Outcome::Rejected(Reject::Stale, _))
    ));
    assert_eq!(peer.close_reason(), None);
    peer.hangs_up();
    peer.reconnects();
    peer.expects("login");
    peer.submits(&late);
    peer.expects_nothing();
}

#[test]
fn the_running_job_sent_again_means_a_fresh_connection() {
    let mut peer = mining();
    peer.tells("job", job("j1"));
    let (step, text) = failure(&peer);
    assert_eq!(
        (step.as_str(), text.as_str()),
        ("job", "the pool sent the running job again")
    );
    assert_eq!(peer.jobs(), 1);
}

#[test]
fn a_nonce_that_is_not_zero_keeps_its_top_byte() {
    let mut peer = peer();
    let mut proxied = job("j1");
    proxied["blob"] = json!(format!("{}000000a5{}", &BLOB[..78], &BLOB[86..]));
    peer.tells("job", proxied);
    let Template::Blob(blob) = &peer.job().template else {
        panic!("a blob");
    };
    assert_eq!(blob.nonces(), 0xa500_0000..0xa600_0000);

    let mut peer = connected();
    let login = peer.expects("login");
    let result =
        json!({"id": "s1", "status": "OK", "extensions": ["nicehash", "algo"], "job": job("j1")});
    peer.replies(&login, json!({ "result": result }));
    let Template::Blob(blob) = &peer.job().template else {
        panic!("a blob");
    };
    assert_eq!(
        blob.nonces(),
        0..1 << 24,
        "the pool keeps a top byte of zero"
    );
    let share = blob_share(&peer.job(), peer.now);
    peer.submits(&share);
    assert_eq!(
        peer.expects("submit")["params"]["algo"],
        "cn/1",
        "as the pool wishes"
    );
}

#[test]
fn what_the_user_names_is_offered_first_and_used_where_the_job_does_not_tell() {
    let mut peer = Peer::of(
        &cryptonote::PROTOCOL,
        SessionSettings {
            algorithm: midstate::algorithm::by_name("cn/2").unwrap(),
            algorithm_named: true,
            ..client()
        },
    );
    let login = peer.expects("login");
    let offer = login["params"]["algo"].as_array().unwrap();
    assert_eq!(offer[..3], ["cn/2", "cn/1", "cn/0"]);
    peer.replies(
        &login,
        json!({"result": {"id": "s1", "status": "OK", "job": job("j1")}}),
    );
    assert_eq!(peer.job().algorithm.name(), "cn/2");
    let mut told = job("j2");
    told["algo"] = json!("cn/1");
    peer.tells("job", told);
    assert_eq!(peer.job().algorithm.name(), "cn/1");
}

#[test]
fn the_algorithm_is_the_jobs_word_or_its_blobs_age() {
    for (algo, version, expected) in [
        (Value::Null, "07", "cn/1"),
        (Value::Null, "08", "cn/2"),
        (Value::Null, "01", "cn/0"),
        (json!("cn/2"), "07", "cn/2"),
        (json!("cryptonight/0"), "07", "cn/0"),
    ] {
        let mut peer = peer();
        let mut job = job("j1");
        job["blob"] = json!(format!("{version}{}", &BLOB[2..]));
        job["algo"] = algo;
        peer.tells("job", job);
        assert_eq!(peer.job().algorithm.name(), expected);
    }
}

#[test]
fn a_job_that_cannot_be_hashed_is_a_clear_error() {
    let mut peer = peer();
    let mut other = job("j1");
    other["algo"] = json!("cn/r");
    peer.tells("job", other);
    let (step, text) = failure(&peer);
    assert_eq!(step, "job");
    assert!(text.contains("cn/r") && text.contains("cn/1"), "{text}");
}

#[cfg(not(feature = "randomx"))]
#[test]
fn randomx_names_the_feature_that_brings_it() {
    let mut peer = peer();
    let mut job = job("j1");
    job["blob"] = json!(format!("10{}", &BLOB[2..]));
    job["seed_hash"] = json!("11".repeat(32));
    peer.tells("job", job);
    let (_, text) = failure(&peer);
    assert!(
        text.contains("rx/0") && text.contains("feature randomx"),
        "{text}"
    );
}

#[test]
fn errors_that_xmrig_reconnects_on() {
    for message in ["Unauthenticated", "Invalid job id"] {
        let mut peer = mining();
        let id = peer.submits(&blob_share(&peer.job(), peer.now));
        let submit = peer.expects("submit");
        peer.replies(&submit, json!({"error": {"code": -1, "message": message}}));
        assert!(matches!(peer.verdict(id), Some(Outcome::Rejected(..))));
        assert_eq!(failure(&peer), ("submit".to_owned(), message.to_owned()));
    }
    for message in ["your IP is banned", "IP Address currently banned"] {
        let mut peer = mining();
        peer.says(&json!({"id": null, "error": {"code": -1, "message": message}}).to_string())
            .unwrap();
        assert!(
            matches!(peer.close_reason(), Some(CloseReason::Refused { text, .. }) if text == message)
        );
    }
    let mut peer = mining();
    let id = peer.submits(&blob_share(&peer.job(), peer.now));
    let submit = peer.expects("submit");
    peer.replies(
        &submit,
        json!({"error": {"code": -1, "message": "Low difficulty share"}}),
    );
    assert!(matches!(
        peer.verdict(id),
        Some(Outcome::Rejected(Reject::LowDifficulty, _))
    ));
    assert_eq!(peer.close_reason(), None);
}

#[test]
fn a_refused_login_names_the_worker() {
    let mut peer = connected();
    let login = peer.expects("login");
    peer.replies(
        &login,
        json!({"error": {"code": -1, "message": "Invalid payment address provided"}}),
    );
    let expected = CloseReason::Refused {
        user: "worker".to_owned(),
        text: "Invalid payment address provided".to_owned(),
    };
    assert_eq!(peer.close_reason(), Some(expected));
}

#[test]
fn a_login_without_a_session_ends_the_connection() {
    for result in [
        json!({"status": "OK"}),
        json!(true),
        json!({"id": "s1", "job": {"blob": "00"}}),
    ] {
        let mut peer = connected();
        let login = peer.expects("login");
        peer.replies(&login, json!({ "result": result }));
        assert_eq!(failure(&peer).0, "login");
        assert!(!peer.is_ready());
    }
}

#[test]
fn after_a_minute_of_silence_we_say_that_we_are_there() {
    let mut peer = mining();
    peer.waits(59 * SECOND);
    peer.expects_nothing();
    peer.waits(SECOND);
    let alive = peer.expects("keepalived");
    assert_eq!(alive["params"], json!({"id": "s1"}));
    peer.waits(30 * SECOND);
    let is_alive = |event: &PoolEvent| matches!(event, PoolEvent::Alive);
    assert!(!peer.events.iter().any(is_alive));
    peer.replies(&alive, json!({"result": {"status": "KEEPALIVED"}}));
    assert!(peer.events.iter().any(is_alive));
    peer.waits(59 * SECOND);
    peer.expects_nothing();
    peer.waits(SECOND);
    peer.expects("keepalived");
    assert_eq!(peer.close_reason(), None);
}

#[test]
fn silence_has_an_end() {
    let mut silent = connected();
    silent.waits(16 * SECOND);
    assert!(matches!(
        silent.close_reason(),
        Some(CloseReason::Timeout { step: "login", .. })
    ));
    let mut silent = mining();
    let id = silent.submits(&blob_share(&silent.job(), silent.now));
    silent.waits(61 * SECOND);
    assert_eq!(silent.verdict(id), Some(Outcome::Unknown));
}

#[test]
fn a_new_connection_begins_anew() {
    let mut peer = mining();
    let first = peer.job();
    let share = blob_share(&first, peer.now);
    let pending = peer.submits(&blob_share(&first, peer.now));
    peer.hangs_up();
    assert_eq!(peer.verdict(pending), Some(Outcome::Unknown));
    while peer.next_line().is_some() {}
    peer.reconnects();
    let login = peer.expects("login");
    peer.replies(
        &login,
        json!({"result": {"id": "s2", "status": "OK", "job": job("j1")}}),
    );
    let id = peer.submits(&share);
    assert!(matches!(
        peer.verdict(id),
        Some(Outcome::Rejected(Reject::Stale, _))
    ));
    assert!(std::sync::Arc::ptr_eq(&first.space, &peer.job().space));
    let told = |event: &&PoolEvent| matches!(event, PoolEvent::Difficulty(_));
    assert_eq!(
        peer.events.iter().filter(told).count(),
        2,
        "once a connection"
    );
}

#[test]
fn a_job_before_the_login_is_answered_is_none_of_ours() {
    let mut peer = connected();
    let line = json!({"method": "job", "params": job("j1")}).to_string();
    peer.session
        .receive(Lane::MAIN, line.as_bytes(), peer.now)
        .unwrap();
    assert_eq!(peer.jobs(), 0);
}
