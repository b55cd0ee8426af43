//! getblocktemplate against a scripted node: which chain, which address, and what becomes of a block.

use std::sync::Arc;
use std::time::{Duration, Instant};

use midstate::net::LinkEvent;
use midstate::pool::getblocktemplate::PROTOCOL;
use midstate::pool::{HttpResponse, Lane, Payout, PoolEvent, Session};
use midstate::work::{Job, Outcome, Reject};
use serde_json::{Value, json};

use super::peer::Peer;
use super::rig::{Rig, Setup, share_of, vectors};

pub(crate) fn setup(port: u16) -> Setup {
    let mut setup = Setup::new(&PROTOCOL, port);
    let vector = vectors("getblocktemplate");
    let script = vector["payout_script_pubkey"].as_str().unwrap();
    setup.session.solo.payout = Some(Payout::parse(script).unwrap());
    setup
}

/// The template of a real block, with bits that every other hash meets.
pub(crate) fn easy_template() -> Value {
    let mut template = vectors("getblocktemplate")["template_result"].clone();
    template["bits"] = json!("207fffff");
    template["target"] = json!(format!("7fffff{}", "00".repeat(29)));
    template["longpollid"] = json!("poll1");
    template["workid"] = json!("w7");
    template
}

async fn tell_chain(peer: &mut Peer, chain: &str) {
    let ask = peer.ask().await;
    assert_eq!(ask.json()["method"], "getblockchaininfo");
    ask.result("", &json!({"chain": chain, "blocks": 17}));
}

pub(crate) async fn pair() -> (Peer, Rig) {
    let mut peer = Peer::listen().await;
    let rig = setup(peer.port).run().await;
    tell_chain(&mut peer, "regtest").await;
    (peer, rig)
}

#[tokio::test]
async fn a_template_is_asked_for_as_in_bip22_and_polled_for_as_in_bip23() {
    let (mut peer, mut rig) = pair().await;
    let ask = peer.ask().await;
    let params = &ask.json()["params"][0];
    assert_eq!(params["rules"], json!(["segwit"]));
    assert!(
        params["capabilities"]
            .as_array()
            .unwrap()
            .contains(&json!("coinbasevalue"))
    );
    assert_eq!(params["longpollid"], Value::Null);
    let main = ask.connection;
    ask.result("", &easy_template());
    let job = rig.job().await;
    assert!(job.clean);
    let poll = peer.ask().await;
    assert_ne!(poll.connection, main);
    assert_eq!(poll.json()["params"][0]["longpollid"], "poll1");
    let mut next = easy_template();
    next["previousblockhash"] = json!(format!("00{}", "17".repeat(31)));
    next["longpollid"] = json!("poll2");
    poll.result("", &next);
    let job = rig.job().await;
    assert!(
        job.clean && !job.voids,
        "BIP22: older work counts unless the node says otherwise"
    );
    assert_eq!(peer.ask().await.json()["params"][0]["longpollid"], "poll2");
}

#[tokio::test]
async fn an_address_of_another_chain_mines_nothing() {
    let mut peer = Peer::listen().await;
    let mut setup = setup(peer.port);
    let address = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";
    setup.session.solo.payout = Some(Payout::parse(address).unwrap());
    let mut rig = setup.run().await;
    tell_chain(&mut peer, "regtest").await;
    let (why, pause) = rig.lost().await;
    assert!(
        why.contains(address)
            && why.contains("Bitcoin's main chain")
            && why.contains("\"regtest\""),
        "{why}"
    );
    assert!(pause >= Duration::from_secs(20));
}

#[tokio::test]
async fn nobody_to_pay_mines_nothing() {
    let mut peer = Peer::listen().await;
    let mut rig = Setup::new(&PROTOCOL, peer.port).run().await;
    tell_chain(&mut peer, "main").await;
    peer.ask().await.result("", &easy_template());
    assert!(rig.lost().await.0.contains("--payout ADDRESS"));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_not_ready_is_asked_again() {
    let mut peer = Peer::listen().await;
    let mut rig = setup(peer.port).run().await;
    peer.ask().await.error(-28, "Loading block index...");
    assert!(
        rig.complaint()
            .await
            .contains("Loading block index...; the node is starting")
    );
    tell_chain(&mut peer, "regtest").await;
    peer.ask().await.result("", &easy_template());
    rig.job().await;
}

#[tokio::test]
async fn rules_and_logins_that_do_not_fit_are_explained() {
    let (mut peer, mut rig) = pair().await;
    peer.ask()
        .await
        .error(-8, "getblocktemplate must be called with the xyz rule set");
    assert!(rig.lost().await.0.contains("does not know all rules"));

    let mut peer = Peer::listen().await;
    let mut rig = setup(peer.port).run().await;
    peer.ask()
        .await
        .answer(401, "WWW-Authenticate: Basic realm=\"jsonrpc\"\r\n", b"");
    assert!(rig.lost().await.0.contains("--cookie FILE"));

    let mut peer = Peer::listen().await;
    let mut rig = setup(peer.port).run().await;
    tell_chain(&mut peer, "regtest").await;
    peer.ask().await.answer(403, "", b"");
    let (why, pause) = rig.lost().await;
    assert!(
        why.contains("403 to getblocktemplate")
            && why.contains("rpcwhitelist")
            && why.contains("rpcallowip"),
        "{why}"
    );
    assert!(
        pause < Duration::from_secs(600),
        "the node is the user's own"
    );
}

#[tokio::test]
async fn the_cookie_is_read_for_each_request() {
    let folder = tempfile::tempdir().unwrap();
    let cookie = folder.path().join(".cookie");
    std::fs::write(&cookie, "__cookie__:first").unwrap();
    let mut peer = Peer::listen().await;
    let mut setup = setup(peer.port);
    setup.link.care.cookie = Some(cookie.clone());
    let mut rig = setup.run().await;
    let ask = peer.ask().await;
    // base64 of the cookie.
    assert_eq!(
        ask.header("authorization"),
        Some("Basic X19jb29raWVfXzpmaXJzdA==")
    );
    std::fs::write(&cookie, "__cookie__:second").unwrap();
    ask.result("", &json!({"chain": "regtest"}));
    let ask = peer.ask().await;
    assert_eq!(
        ask.header("authorization"),
        Some("Basic X19jb29raWVfXzpzZWNvbmQ=")
    );
    ask.result("", &easy_template());
    rig.job().await;
    std::fs::remove_file(&cookie).unwrap();
    let why = rig.lost_or_complaint().await;
    assert!(
        why.contains("--cookie") && why.contains("is the node running?"),
        "{why}"
    );
}

impl Rig {
    async fn lost_or_complaint(&mut self) -> String {
        use midstate::net::LinkEvent;
        self.until(|event| match event {
            LinkEvent::Lost { why, .. } => Some(why),
            LinkEvent::Complaint(text) => Some(text),
            _ => None,
        })
        .await
    }
}

/// A node on regtest, and a miner that keeps its blocks in `folder`.
async fn keeping(folder: &std::path::Path) -> (Peer, Rig) {
    let mut peer = Peer::listen().await;
    let mut setup = setup(peer.port);
    setup.link.care.blocks = Some(folder.into());
    setup.session.solo.kept = midstate::net::kept_blocks(folder);
    let rig = setup.run().await;
    tell_chain(&mut peer, "regtest").await;
    (peer, rig)
}

#[tokio::test]
async fn a_block_is_on_disk_before_it_is_sent_and_sent_until_the_node_has_spoken() {
    let folder = tempfile::tempdir().unwrap();
    let (mut peer, mut rig) = keeping(folder.path()).await;
    peer.ask().await.result("", &easy_template());
    let job = rig.job().await;
    let share = share_of(&job);
    assert!(share.is_block());
    let name = format!("regtest-924634-{}", share.hash());
    rig.submit(share, 3).await;
    let ask = peer.ask_with("submitblock").await;
    let kept = std::fs::read_to_string(folder.path().join(format!("{name}.block"))).unwrap();
    let sent = ask.json()["params"].clone();
    assert_eq!(sent[0], kept.trim());
    assert_eq!(sent[1], json!({"workid": "w7"}));
    // The node dies over it.
    ask.hang_up();
    rig.lost().await;
    let ask = peer.ask_with("submitblock").await;
    assert_eq!(ask.json()["params"], sent);
    ask.result("", &Value::Null);
    assert_eq!(rig.verdict().await, (3, Outcome::Accepted));
    until_exists(&folder.path().join(format!("{name}.accepted"))).await;
}

async fn until_exists(path: &std::path::Path) {
    while !path.exists() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_refused_block_is_explained_and_kept_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let (mut peer, mut rig) = keeping(folder.path()).await;
    peer.ask().await.result("", &easy_template());
    let job = rig.job().await;
    let share = share_of(&job);
    let name = format!("regtest-924634-{}", share.hash());
    rig.submit(share, 4).await;
    peer.ask_with("submitblock")
        .await
        .result("", &json!("bad-cb-amount"));
    let text = "bad-cb-amount: its coinbase pays more than it may".to_owned();
    assert_eq!(
        rig.verdict().await,
        (4, Outcome::Rejected(Reject::Other, text))
    );
    until_exists(&folder.path().join(format!("{name}.refused"))).await;
}

#[tokio::test]
async fn a_block_of_an_earlier_run_is_sent_at_the_next_start_to_its_own_chain() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("regtest-5-aa.block"), "00aa\n").unwrap();
    std::fs::write(folder.path().join("main-5-bb.block"), "00bb\n").unwrap();
    let (mut peer, _rig) = keeping(folder.path()).await;
    let ask = peer.ask_with("submitblock").await;
    assert_eq!(ask.json()["params"], json!(["00aa"]));
    ask.result("", &json!("duplicate"));
    until_exists(&folder.path().join("regtest-5-aa.accepted")).await;
    assert!(folder.path().join("main-5-bb.block").exists());
}

/// Found by hand: of a block that the node could not place nothing was said any more.
#[tokio::test]
async fn a_block_that_the_node_cannot_place_yet_stays_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("regtest-5-aa.block");
    std::fs::write(&path, "00aa\n").unwrap();
    let (mut peer, mut rig) = keeping(folder.path()).await;
    peer.ask_with("submitblock")
        .await
        .result("", &json!("prev-blk-not-found"));
    let said = rig
        .until(|event| match event {
            LinkEvent::Pool(PoolEvent::Message(text)) => {
                text.contains("prev-blk-not-found").then_some(text)
            }
            _ => None,
        })
        .await;
    assert!(said.contains("its file stays"), "{said}");
    assert!(path.exists());
}

#[tokio::test]
async fn a_block_found_while_the_node_is_away_is_sent_by_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let (mut peer, mut rig) = keeping(folder.path()).await;
    peer.ask().await.result("", &easy_template());
    let job = rig.job().await;
    let shares = [share_of(&job), share_of(&job)];
    let names = shares
        .each_ref()
        .map(|share| format!("regtest-924634-{}", share.hash()));
    for share in shares {
        rig.submit(share, 5).await;
        // The node dies over the first, and says nothing more.
        peer.ask_with("submitblock").await.hang_up();
        rig.lost().await;
    }
    for name in &names {
        until_exists(&folder.path().join(format!("{name}.block"))).await;
    }
    drop((rig, peer));

    let (mut peer, _rig) = keeping(folder.path()).await;
    for _ in &names {
        let ask = peer.ask_with("submitblock").await;
        ask.result("", &Value::Null);
    }
    for name in &names {
        until_exists(&folder.path().join(format!("{name}.accepted"))).await;
    }
}

#[tokio::test]
async fn a_block_of_a_chain_that_nobody_knows_is_sent_too() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("unknown-5-aa.block"), "00aa\n").unwrap();
    let (mut peer, _rig) = keeping(folder.path()).await;
    let ask = peer.ask_with("submitblock").await;
    assert_eq!(ask.json()["params"], json!(["00aa"]));
    ask.result("", &Value::Null);
    until_exists(&folder.path().join("unknown-5-aa.accepted")).await;
}

/// A session by itself that has a job of shares, not blocks, and what it is answered with.
fn session_with_job(start: Instant, template: &Value) -> (Box<dyn Session>, Arc<Job>) {
    let mut session = (PROTOCOL.session)(setup(1).session);
    session.connected(start);
    for result in [json!({"chain": "regtest"}), template.clone()] {
        let (lane, _) = session.poll_request().unwrap();
        session
            .receive_response(lane, &answer(&result), start)
            .unwrap();
    }
    let job = std::iter::from_fn(|| session.poll_event()).find_map(|event| match event {
        PoolEvent::Job(job) => Some(job),
        _ => None,
    });
    (session, job.unwrap())
}

fn template_of_shares() -> Value {
    let mut template = easy_template();
    template.as_object_mut().unwrap().remove("longpollid");
    template["bits"] = json!("1d00ffff");
    template
}

fn answer(result: &Value) -> HttpResponse {
    let body = json!({"result": result, "error": null, "id": 1}).to_string();
    HttpResponse::new(200, body)
}

/// Lane and method of the next request.
fn asked(session: &mut Box<dyn Session>) -> Option<(Lane, String)> {
    let (lane, ask) = session.poll_request()?;
    let body: Value = serde_json::from_slice(&ask.body).unwrap();
    Some((lane, body["method"].as_str().unwrap().to_owned()))
}

/// Found by hand: a template of 30 MB with an easy target cost gigabytes, as every share was kept and queued whole.
#[test]
fn few_shares_are_on_their_way_at_once() {
    let start = Instant::now();
    let (mut session, job) = session_with_job(start, &template_of_shares());
    let share = share_of(&job);
    for _ in 0..20 {
        session.submit(&share, start);
    }
    let mut open: Vec<Lane> = std::iter::from_fn(|| asked(&mut session))
        .map(|(lane, _)| lane)
        .collect();
    assert_eq!(open.len(), 4);
    let mut judged = 0;
    while let Some(lane) = open.pop() {
        session
            .receive_response(lane, &answer(&json!(null)), start)
            .unwrap();
        judged += 1;
        open.extend(std::iter::from_fn(|| asked(&mut session)).map(|(lane, _)| lane));
        assert!(open.len() <= 4);
    }
    assert_eq!(judged, 20);
}

#[test]
fn a_share_that_comes_too_late_makes_us_ask_for_a_template() {
    let start = Instant::now();
    let template = template_of_shares();
    let (mut session, job) = session_with_job(start, &template);
    let share = share_of(&job);
    // One that is a second old, and one that follows it at once.
    for (secs, soonest) in [(7, 7), (7, 8)] {
        let now = start + Duration::from_secs(secs);
        session.submit(&share, now);
        let (lane, method) = asked(&mut session).unwrap();
        assert_eq!(method, "submitblock");
        let stale = answer(&json!("stale-prevblk"));
        session.receive_response(lane, &stale, now).unwrap();
        let due = start + Duration::from_secs(soonest);
        assert_eq!(session.poll_timeout(), Some(due));
        session.handle_timeout(due);
        let (lane, method) = asked(&mut session).unwrap();
        assert_eq!(method, "getblocktemplate");
        session
            .receive_response(lane, &answer(&template), due)
            .unwrap();
    }
}
