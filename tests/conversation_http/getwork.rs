//! getwork, the good days: what is asked, what is made of the answers, what is handed in.

use midstate::pool::getwork::PROTOCOL;
use midstate::pool::{HttpRequest, HttpResponse, PoolEvent};
use midstate::units::{Nonce, Secret};
use midstate::work::{Assignment, Outcome, Reject, Template};
use serde_json::{Value, json};
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::peer::Peer;
use super::rig::{Rig, Setup, easy_work, share_of, vectors};

async fn pair() -> (Peer, Rig) {
    let peer = Peer::listen().await;
    let rig = Setup::new(&PROTOCOL, peer.port).run().await;
    (peer, rig)
}

#[tokio::test]
async fn the_documents_conversation() {
    let mut peer = Peer::listen().await;
    let mut setup = Setup::new(&PROTOCOL, peer.port);
    let vectors = vectors("getwork");
    let login = &vectors["basic_auth_example"];
    setup.session.user = login["user"].as_str().unwrap().into();
    setup.session.pass = Secret::new("");
    setup.link.endpoint.path = "/pool/main?x=1".into();
    let mut rig = setup.run().await;
    let ask = peer.ask().await;
    assert!(
        ask.head.starts_with("POST /pool/main?x=1 HTTP/1.1\r\n"),
        "{}",
        ask.head
    );
    assert_eq!(ask.header("authorization"), login["header"].as_str());
    assert_eq!(ask.header("content-type"), Some("application/json"));
    assert_eq!(ask.header("accept-encoding"), Some("gzip"));
    assert_eq!(ask.header("expect"), None);
    assert_eq!(
        ask.header("content-length"),
        Some(ask.body.len().to_string().as_str())
    );
    assert_eq!(
        ask.header("x-mining-extensions"),
        Some("longpoll midstate rollntime submitold")
    );
    assert_eq!(
        ask.json(),
        json!({"params": [], "method": "getwork", "id": 0})
    );
    let sample = &vectors["seed_000_sample"];
    ask.result("", sample);
    let job = rig.job().await;
    let unit = Assignment::new(Arc::clone(&job), false)
        .next_work(Instant::now())
        .unwrap();
    let midstate = unit.header().unwrap().midstate();
    assert_eq!(
        hex::encode(midstate.to_le_bytes()),
        sample["midstate"].as_str().unwrap()
    );
    assert_eq!(
        job.target.to_string(),
        sample["target_as_u256_display"].as_str().unwrap()
    );
    // Without X-Roll-NTime there is nothing else to make of it.
    assert!(
        Assignment::new(job, false)
            .next_work(Instant::now())
            .is_err()
    );
}

#[tokio::test]
async fn real_blocks_are_found_and_handed_in_as_they_were() {
    use midstate::work::{Checked, Found};
    for block in vectors("getwork")["solved_work_from_real_blocks"]
        .as_array()
        .unwrap()
    {
        let (mut peer, mut rig) = pair().await;
        peer.ask()
            .await
            .result("X-Roll-NTime: expire=120\r\n", &block["result_of_getwork"]);
        let job = rig.job().await;
        let nonce = block["nonce_hex_as_it_appears_in_submission_data"]
            .as_str()
            .unwrap();
        let found = Found::nonce(Nonce::from_u32(u32::from_str_radix(nonce, 16).unwrap()));
        // The last of them needs its time rolled by 52 seconds.
        let mut assignment = Assignment::new(Arc::clone(&job), false);
        let share = (0..60).find_map(|_| {
            let unit = assignment.next_work(Instant::now()).ok()?;
            match unit.check(found, &job.target) {
                Checked::Share(share) => Some(share),
                _ => None,
            }
        });
        let share = share.unwrap();
        assert_eq!(
            share.hash().to_string(),
            block["block_hash_display"].as_str().unwrap()
        );
        assert!(share.is_block());
        rig.submit(share, 5).await;
        let ask = peer.ask_with(nonce).await;
        assert_eq!(ask.json()["params"], json!([block["submission_data"]]));
        ask.result("", &json!(true));
        assert_eq!(rig.verdict().await, (5, Outcome::Accepted));
    }
}

#[tokio::test]
async fn verdicts_and_the_words_of_a_refusal() {
    let (mut peer, mut rig) = pair().await;
    peer.ask().await.result("X-Roll-NTime: Y\r\n", &easy_work());
    let job = rig.job().await;
    for (ticket, header, body, expected) in [
        (1, "", json!(true), Outcome::Accepted),
        (
            2,
            "X-Reject-Reason: stale-prevblk\r\n",
            json!(false),
            refused(Reject::Stale, "stale-prevblk"),
        ),
        (
            3,
            "X-Reject-Reason: duplicate\r\n",
            json!(false),
            refused(Reject::Duplicate, "duplicate"),
        ),
        (
            4,
            "X-Reject-Reason: high-hash\r\n",
            json!(false),
            refused(Reject::LowDifficulty, "high-hash"),
        ),
        (
            5,
            "",
            json!(false),
            refused(Reject::Other, "no reason given"),
        ),
        (
            6,
            "",
            json!("time-too-new"),
            refused(Reject::Other, "time-too-new"),
        ),
    ] {
        rig.submit(share_of(&job), ticket).await;
        let ask = submission(&mut peer).await;
        ask.result(header, &body);
        assert_eq!(rig.verdict().await, (ticket, expected));
    }
    rig.submit(share_of(&job), 7).await;
    submission(&mut peer).await.error(21, "unknown-work");
    assert_eq!(
        rig.verdict().await,
        (7, refused(Reject::Stale, "unknown-work"))
    );
}

fn refused(class: Reject, text: &str) -> Outcome {
    Outcome::Rejected(class, text.into())
}

/// The next share; what asks for work meanwhile stays unanswered.
async fn submission(peer: &mut Peer) -> super::peer::Ask {
    loop {
        let ask = peer.ask().await;
        if ask.json()["params"] != json!([]) {
            return ask;
        }
        peer.hold(ask);
    }
}

#[tokio::test]
async fn a_long_poll_waits_on_its_own_and_makes_everything_before_it_stale() {
    let (mut peer, mut rig) = pair().await;
    let headers = "X-Long-Polling: /LP\r\nX-Roll-NTime: expire=100\r\n";
    let ask = peer.ask().await;
    let main = ask.connection;
    ask.result(headers, &easy_work());
    let old = rig.job().await;
    let poll = peer.ask_with("/LP").await;
    assert_ne!(poll.connection, main, "a fresh connection");
    assert_eq!(poll.header("x-minimum-wait"), Some("0"));
    poll.raw("HTTP/1.1 200 OK\r\nX-Long-Polling: /LP\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n \r\n");
    // A share is not held up by the poll.
    rig.submit(share_of(&old), 1).await;
    submission(&mut peer).await.result("", &json!(true));
    assert_eq!(rig.verdict().await, (1, Outcome::Accepted));
    let mut newer = easy_work();
    let data = newer["data"]
        .as_str()
        .unwrap()
        .replacen("b105f790", "b105f791", 1);
    newer["data"] = json!(data);
    let rest = json!({"result": newer, "error": null, "id": 0}).to_string();
    let rest = &rest[1..];
    poll.raw(format!("1\r\n \r\n{:x}\r\n{rest}\r\n0\r\n\r\n", rest.len()));
    poll.done();
    let job = rig.job().await;
    assert!(job.clean && job.voids);
    assert_ne!(previous(&job), previous(&old));
    // News came: the next poll follows.
    let again = peer.ask_with("/LP").await;
    assert_eq!(again.json()["method"], "getwork");
}

fn previous(job: &midstate::work::Job) -> String {
    let Template::Stock(stock) = &job.template else {
        panic!("a stock of headers")
    };
    stock.first().previous.to_string()
}

#[tokio::test]
async fn submitold_keeps_older_shares_alive_on_the_same_block_only() {
    let (mut peer, mut rig) = pair().await;
    peer.ask()
        .await
        .result("X-Long-Polling: LP\r\n", &easy_work());
    rig.job().await;
    let mut same = easy_work();
    same["submitold"] = json!(true);
    peer.ask_with("/LP").await.result("", &same);
    let job = rig.job().await;
    assert!(job.clean && !job.voids);
}

#[tokio::test]
async fn a_pool_that_polls_by_get_only() {
    let (mut peer, mut rig) = pair().await;
    peer.ask()
        .await
        .result("X-Long-Polling: /LP\r\n", &easy_work());
    rig.job().await;
    peer.ask_with("/LP").await.answer(405, "", b"");
    let poll = peer.ask_with("/LP").await;
    assert!(poll.head.starts_with("GET /LP "), "{}", poll.head);
    assert!(poll.body.is_empty());
    poll.result("", &easy_work());
    assert!(rig.job().await.clean);
}

#[tokio::test]
async fn a_midstate_is_checked_and_never_needed() {
    let (mut peer, mut rig) = pair().await;
    let vectors = vectors("getwork");
    let mut wrong = vectors["seed_000_sample"].clone();
    wrong["midstate"] = wrong["wrong_midstate_if_words_are_not_swapped_first_big_endian"].clone();
    peer.ask().await.result("", &wrong);
    rig.job().await;
    assert!(
        rig.complaint()
            .await
            .contains("midstate that the pool gives is not its header's")
    );

    let (mut peer, mut rig) = pair().await;
    let mut omitted = vectors["seed_000_sample"].clone();
    omitted.as_object_mut().unwrap().remove("midstate");
    peer.ask().await.result("", &omitted);
    rig.job().await;
}

#[tokio::test]
async fn one_connection_is_kept_for_all_questions_and_gzip_is_understood() {
    let (mut peer, mut rig) = pair().await;
    let ask = peer.ask().await;
    let connection = ask.connection;
    let body = json!({"result": easy_work(), "error": null, "id": 0}).to_string();
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zip.write_all(body.as_bytes()).unwrap();
    ask.answer(200, "Content-Encoding: gzip\r\n", &zip.finish().unwrap());
    let job = rig.job().await;
    // Nothing rolls: more is asked for ahead, on the connection that stands.
    let mut assignment = Assignment::new(job, false);
    for _ in 0..5 {
        // The last answer may still be on its way.
        while assignment.next_work(Instant::now()).is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        let ask = peer.ask().await;
        assert_eq!(ask.connection, connection);
        ask.result("", &easy_work());
    }
}

#[tokio::test]
async fn a_share_whose_connection_breaks_is_handed_in_again_and_judged_once() {
    let (mut peer, mut rig) = pair().await;
    peer.ask().await.result("X-Roll-NTime: Y\r\n", &easy_work());
    let job = rig.job().await;
    rig.submit(share_of(&job), 9).await;
    let first = submission(&mut peer).await;
    let data = first.json()["params"].clone();
    first.hang_up();
    rig.lost().await;
    let again = submission(&mut peer).await;
    assert_eq!(again.json()["params"], data);
    again.result("X-Reject-Reason: duplicate\r\n", &Value::Bool(false));
    assert_eq!(
        rig.verdict().await,
        (9, Outcome::Accepted),
        "the first one had arrived"
    );
}

#[tokio::test]
async fn the_pools_nonces_are_kept_to() {
    let (mut peer, mut rig) = pair().await;
    let mut narrow = easy_work();
    narrow["noncerange"] = json!("0000000000000fff");
    peer.ask().await.result("", &narrow);
    let job = rig.job().await;
    assert!(job.space.allows(0xfff) && !job.space.allows(0x1000));
}

#[tokio::test]
async fn a_share_that_had_to_be_sent_twice_is_no_duplicate() {
    let (mut peer, mut rig) = pair().await;
    peer.ask().await.result("X-Roll-NTime: Y\r\n", &easy_work());
    let job = rig.job().await;
    rig.submit(share_of(&job), 1).await;
    submission(&mut peer).await.result("", &Value::Bool(true));
    assert_eq!(rig.verdict().await, (1, Outcome::Accepted));
    rig.submit(share_of(&job), 2).await;
    let first = submission(&mut peer).await;
    let data = first.json()["params"].clone();
    // The pool has taken it, and the kept connection breaks before its answer.
    first.hang_up();
    let again = submission(&mut peer).await;
    assert_eq!(again.json()["params"], data);
    again.result("X-Reject-Reason: duplicate\r\n", &Value::Bool(false));
    assert_eq!(rig.verdict().await, (2, Outcome::Accepted));
}

#[test]
fn the_pool_is_told_our_hashrate_once_shares_tell_it() {
    let start = Instant::now();
    let at = |tenths: u64| start + Duration::from_millis(100 * tenths);
    let mut session = (PROTOCOL.session)(Setup::new(&PROTOCOL, 1).session);
    session.connected(start);
    let (lane, ask) = session.poll_request().unwrap();
    let hashrate = |ask: &HttpRequest| ask.header("x-mining-hashrate").map(str::to_owned);
    assert_eq!(hashrate(&ask), None, "nobody knows yet");
    let body = json!({"result": easy_work(), "error": null, "id": 0}).to_string();
    let answer = HttpResponse::new(200, body).with("x-roll-ntime", "Y");
    session.receive_response(lane, &answer, start).unwrap();
    let job = std::iter::from_fn(|| session.poll_event()).find_map(|event| match event {
        PoolEvent::Job(job) => Some(job),
        _ => None,
    });
    let share = share_of(&job.unwrap());
    while session.poll_request().is_some() {}
    let mut told = Vec::new();
    for number in 0..16 {
        session.submit(&share, at(5 * number));
        while let Some((_, ask)) = session.poll_request() {
            told.push(hashrate(&ask));
        }
    }
    // 256 hashes a share, one each half a second: eight of them tell it, and eight more tell it anew.
    let first = Some((256.0 * 8.0 / 3.5_f64).round().to_string());
    let second = Some((256.0 * 8.0 / 4.0_f64).round().to_string());
    let expected = [vec![None; 7], vec![first; 8], vec![second]].concat();
    assert_eq!(told, expected);
}

/// Found by hand: without a long poll everything was mined in vain for three quarters of a minute after each block.
#[tokio::test]
async fn a_share_that_comes_too_late_makes_us_ask_at_once() {
    let (mut peer, mut rig) = pair().await;
    let rolls = "X-Roll-NTime: expire=3600\r\n";
    peer.ask().await.result(rolls, &easy_work());
    let job = rig.job().await;
    let late = "X-Reject-Reason: stale-prevblk\r\n";
    rig.submit(share_of(&job), 1).await;
    submission(&mut peer).await.result(late, &json!(false));
    let (_, outcome) = rig.verdict().await;
    assert_eq!(outcome, refused(Reject::Stale, "stale-prevblk"));
    // Even for the same block: the pool may have forgotten its work.
    let ask = peer.ask().await;
    assert_eq!(ask.json()["params"], json!([]));
    ask.result(rolls, &easy_work());
    let next = rig.job().await;
    assert!(next.clean && next.key != job.key);
    // A late share of the job before says nothing about this one.
    rig.submit(share_of(&job), 2).await;
    peer.ask().await.result(late, &json!(false));
    rig.verdict().await;
    rig.submit(share_of(&next), 3).await;
    assert_ne!(peer.ask().await.json()["params"], json!([]), "a share");
}
