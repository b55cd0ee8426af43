//! What the session does, line by line.

use midstate::pool::{CloseReason, PoolEvent, SessionSettings};
use midstate::work::{Outcome, Reject, Template};
use serde_json::{Value, json};

use crate::support::peer::Peer;
use crate::support::work::blob_share;
use crate::{EASY, SECOND, client, notify, peer, peer_with, seedhash, seeds};
use midstate::pool::truestratum;

/// A peer that has fetched the dataset for job `1`.
fn mining() -> Peer {
    let mut peer = peer();
    peer.tells("mining.notify", notify("1", 7, true));
    answers_seeds(&mut peer);
    peer
}

fn answers_seeds(peer: &mut Peer) {
    let request = peer.expects("mining.seedhash");
    peer.answers(&request, json!([seeds(), seedhash()]));
    peer.waits(SECOND);
}

fn wrong_dataset(peer: &Peer) -> String {
    match peer.close_reason() {
        Some(CloseReason::Handshake { step, text }) => {
            assert_eq!(step, "mining.seedhash");
            text
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_documents_handshake() {
    let mut peer = Peer::of(&truestratum::PROTOCOL, client());
    let subscribe = peer.subscribes(json!([
        ["mining.notify", "ae68", "TrueStratum/1.0.0"],
        "080c",
        4
    ]));
    assert_eq!(
        subscribe["params"],
        json!(["midstate/test", "TrueStratum/1.0.0"])
    );
    let authorize = peer.expects("mining.authorize");
    assert_eq!(authorize["params"], json!(["worker", "x"]));
    assert!(!peer.is_ready());
    peer.answers(&authorize, json!(true));
    assert!(peer.is_ready());

    peer.hangs_up();
    peer.reconnects();
    let again = peer.expects("mining.subscribe");
    assert_eq!(again["params"][2], "ae68", "the session is resumed");
}

#[test]
fn a_dataset_is_fetched_once_and_checked_before_anything_is_mined_on_it() {
    let mut peer = peer();
    peer.tells("mining.notify", notify("1", 7, true));
    let request = peer.expects("mining.seedhash");
    assert_eq!(request["params"], json!(["worker", "1"]));
    assert_eq!(peer.jobs(), 0);
    peer.answers(&request, json!([seeds(), seedhash()]));
    assert_eq!(peer.jobs(), 0, "its hash is not made yet");
    let mut steps = 0;
    while peer.jobs() == 0 {
        let due = peer.session.poll_timeout().unwrap();
        assert!(due <= peer.now, "the check goes on at once");
        peer.session.handle_timeout(due);
        peer.waits(std::time::Duration::ZERO);
        steps += 1;
        assert!(steps < 100);
    }
    let job = peer.job();
    assert_eq!(job.algorithm.name(), "truehash");
    assert!(job.clean && job.voids);
    peer.tells("mining.notify", notify("2", 8, false));
    assert_eq!(peer.jobs(), 2, "the dataset is known now");
    peer.expects_nothing();
    peer.hangs_up();
    let id = peer.submits(&blob_share(&job, peer.now));
    assert!(matches!(
        peer.verdict(id),
        Some(Outcome::Rejected(Reject::Stale, _))
    ));
}

#[test]
fn the_check_goes_on_in_steps_between_which_lines_are_read() {
    let mut peer = peer();
    peer.tells("mining.notify", notify("1", 7, true));
    let request = peer.expects("mining.seedhash");
    peer.answers(&request, json!([seeds(), seedhash()]));
    peer.session.handle_timeout(peer.now);
    assert_eq!(peer.jobs(), 0, "a step is not all");
    peer.tells("mining.notify", notify("2", 8, true));
    peer.tells("client.show_message", json!(["hello"]));
    peer.waits(SECOND);
    assert_eq!(peer.jobs(), 1, "only the newest job matters");
    assert_eq!(&peer.job().key.0[..], b"2");
}

#[test]
fn shares_have_the_pools_bytes_on_top_and_are_sent_in_decimal() {
    let mut peer = mining();
    let job = peer.job();
    let share = blob_share(&job, peer.now);
    let nonce = share.nonce().to_u64();
    assert_eq!(nonce >> 48, 0x080c);
    let id = peer.submits(&share);
    let submit = peer.expects("mining.submit");
    assert_eq!(submit["params"], json!(["worker", "1", nonce.to_string()]));
    peer.waits(SECOND);
    peer.answers(&submit, json!(true));
    assert_eq!(peer.verdict(id), Some(Outcome::Accepted));
}

#[test]
fn null_in_capitals_does_not_kill_the_session() {
    let mut peer = mining();
    let share = blob_share(&peer.job(), peer.now);
    let id = peer.submits(&share);
    let submit = peer.expects("mining.submit");
    let line = format!(
        r#"{{"id":{},"result":false,"error":[-1,"Job not found",NULL]}}"#,
        submit["id"]
    );
    peer.says(&line).unwrap();
    let expected = Outcome::Rejected(Reject::Stale, "Job not found".to_owned());
    assert_eq!(peer.verdict(id), Some(expected));
    assert_eq!(peer.close_reason(), None);
}

#[test]
fn clean_jobs_void_the_older_ones_at_once_even_while_their_dataset_is_fetched() {
    let mut peer = mining();
    let first = peer.job();
    peer.tells("mining.notify", notify("2", 8, false));
    assert!(!peer.job().clean && !peer.job().voids);
    let other = json!(["3", "11".repeat(32), "09".repeat(32), true]);
    peer.tells("mining.notify", other);
    assert_eq!(peer.jobs(), 2);
    let id = peer.submits(&blob_share(&first, peer.now));
    assert!(matches!(
        peer.verdict(id),
        Some(Outcome::Rejected(Reject::Stale, _))
    ));
    peer.expects("mining.seedhash");
    peer.tells("mining.notify", notify("4", 10, false));
    assert!(
        peer.job().clean,
        "the job that was skipped has voided the others"
    );
    assert_eq!(&peer.job().key.0[..], b"4");
}

#[test]
fn who_wants_stale_shares_sent_has_them_sent() {
    let mut peer = peer_with(SessionSettings {
        submit_stale: true,
        ..client()
    });
    peer.tells("mining.notify", notify("1", 7, true));
    answers_seeds(&mut peer);
    let first = peer.job();
    peer.tells("mining.notify", notify("2", 8, true));
    assert!(peer.job().voids);
    peer.submits(&blob_share(&first, peer.now));
    assert_eq!(peer.expects("mining.submit")["params"][1], "1");
    // Under a name that means another job it would be another share.
    peer.tells("mining.notify", notify("1", 9, true));
    let id = peer.submits(&blob_share(&first, peer.now));
    assert!(matches!(
        peer.verdict(id),
        Some(Outcome::Rejected(Reject::Stale, _))
    ));
    peer.expects_nothing();
}

#[test]
fn targets_hold_from_the_next_job_on() {
    let mut peer = mining();
    let first = peer.job();
    peer.tells("mining.set_difficulty", json!(["0".repeat(31) + "2"]));
    assert_eq!(peer.job().target, first.target);
    peer.tells("mining.notify", notify("2", 8, false));
    assert!(peer.job().target < first.target);
    let told = peer
        .events
        .iter()
        .filter(|event| matches!(event, PoolEvent::Difficulty(_)));
    assert_eq!(told.count(), 2);
}

#[test]
fn a_job_before_any_target_waits_for_it() {
    let mut peer = Peer::of(&truestratum::PROTOCOL, client());
    peer.subscribes(json!([
        ["mining.notify", "ae68", "TrueStratum/1.0.0"],
        "",
        8
    ]));
    peer.tells("mining.notify", notify("1", 7, true));
    peer.authorizes();
    peer.expects_nothing();
    peer.tells("mining.set_difficulty", json!([EASY]));
    answers_seeds(&mut peer);
    assert_eq!(peer.jobs(), 1);
}

#[test]
fn a_job_that_comes_again_goes_on_where_it_stood() {
    let mut peer = mining();
    let first = peer.job();
    blob_share(&first, peer.now);
    peer.tells("mining.notify", notify("2", 7, false));
    let again = peer.job();
    assert!(std::sync::Arc::ptr_eq(&first.space, &again.space));
    let Template::Blob(blob) = &again.template else {
        panic!("a blob");
    };
    assert_eq!(blob.input().as_bytes()[..32], [7; 32]);
}

#[test]
fn wrong_datasets_are_not_mined_on() {
    let fails = |answer: Value| {
        let mut peer = peer();
        peer.tells("mining.notify", notify("1", 7, true));
        let request = peer.expects("mining.seedhash");
        peer.answers(&request, answer);
        peer.waits(SECOND);
        assert_eq!(peer.jobs(), 0);
        wrong_dataset(&peer)
    };
    let short = fails(json!([seeds()[1..], seedhash()]));
    assert!(short.contains("10240 seeds, got 10239"), "{short}");
    let mut altered = seeds();
    altered[0] = "00".repeat(16);
    let other = fails(json!([altered, seedhash()]));
    assert!(
        other.contains("its seeds make dataset") && other.contains(&seedhash()),
        "{other}"
    );
    let renamed = fails(json!([seeds(), "22".repeat(32)]));
    assert!(renamed.contains("answers with dataset 2222"), "{renamed}");
    assert!(fails(json!(true)).contains("expected seeds"));
    assert!(fails(json!(false)).contains("no reason given"));
}

#[test]
fn seeds_refused_for_a_job_that_is_gone_are_asked_for_again() {
    let mut peer = peer();
    peer.tells("mining.notify", notify("1", 7, true));
    let request = peer.expects("mining.seedhash");
    peer.tells("mining.notify", notify("2", 8, true));
    peer.expects_nothing();
    peer.replies(
        &request,
        json!({"result": false, "error": [-1, "Job not found", null]}),
    );
    answers_seeds(&mut peer);
    assert_eq!(&peer.job().key.0[..], b"2");
}

#[test]
fn silence_has_an_end_at_every_step() {
    let closes = |peer: &mut Peer| {
        peer.waits(61 * SECOND);
        match peer.close_reason() {
            Some(CloseReason::Timeout { step, .. }) => step,
            other => panic!("{other:?}"),
        }
    };
    let mut silent = Peer::of(&truestratum::PROTOCOL, client());
    assert_eq!(closes(&mut silent), "mining.subscribe");
    let mut silent = Peer::of(&truestratum::PROTOCOL, client());
    silent.subscribes(json!([[], "", 8]));
    assert_eq!(closes(&mut silent), "mining.authorize");
    let mut silent = peer();
    silent.tells("mining.notify", notify("1", 7, true));
    assert_eq!(closes(&mut silent), "mining.seedhash");
    let mut silent = mining();
    let share = blob_share(&silent.job(), silent.now);
    let id = silent.submits(&share);
    silent.waits(61 * SECOND);
    assert_eq!(silent.verdict(id), Some(Outcome::Unknown));
    assert_eq!(silent.close_reason(), None, "a verdict may be lost");
}

#[test]
fn refusals_name_the_worker() {
    let mut peer = Peer::of(&truestratum::PROTOCOL, client());
    peer.subscribes(json!([["mining.notify", "ae68"], "080c", 4]));
    let request = peer.expects("mining.authorize");
    peer.replies(
        &request,
        json!({"result": false, "error": [24, "Unauthorized worker", null]}),
    );
    let expected = CloseReason::Refused {
        user: "worker".to_owned(),
        text: "Unauthorized worker".to_owned(),
    };
    assert_eq!(peer.close_reason(), Some(expected));
}

#[test]
fn what_else_pools_say_is_heard() {
    let mut peer = mining();
    peer.tells("client.show_message", json!(["closing at noon"]));
    let heard =
        |event: &PoolEvent| matches!(event, PoolEvent::Message(text) if text == "closing at noon");
    assert!(peer.events.iter().any(heard));
    peer.says(r#"{"id":7,"method":"client.get_version","params":[]}"#)
        .unwrap();
    assert_eq!(
        peer.next_line().unwrap(),
        json!({"id": 7, "result": "midstate/test", "error": null})
    );
    peer.says(r#"{"id":8,"method":"mining.juggle","params":[]}"#)
        .unwrap();
    assert_eq!(peer.next_line().unwrap()["error"][0], -3);
    peer.tells("client.reconnect", json!(["eu.pool.example", 25, 3]));
    let moved = |event: &PoolEvent| matches!(event, PoolEvent::Redirect { port: Some(25), .. });
    assert!(peer.events.iter().any(moved));
}
