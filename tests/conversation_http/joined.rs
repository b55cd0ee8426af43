//! The miner's link against the emulated pools, over real sockets.

use std::time::{Duration, Instant};

use midstate::net::{LinkEvent, ServeCommand, serve};
use midstate::pool::{
    ClientId, EmulatorEvent, EmulatorSettings, Exchange, FaultKind, HttpPart, HttpRequest, Method,
    Payout, PoolEmulator, PoolEvent, Protocol, getblocktemplate, getwork,
};
use midstate::units::{Secret, Target};
use midstate::work::Outcome;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::rig::{Rig, Setup, share_of};

struct Served {
    port: u16,
    control: mpsc::Sender<ServeCommand>,
    events: mpsc::UnboundedReceiver<EmulatorEvent>,
}

async fn served(protocol: &'static Protocol, change: impl FnOnce(&mut EmulatorSettings)) -> Served {
    let mut settings = EmulatorSettings {
        difficulty: Target::from_zero_bits(8).to_difficulty_lossy(),
        login: Some(("me".into(), Secret::new("hunter2"))),
        ..EmulatorSettings::default()
    };
    change(&mut settings);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (control, orders) = mpsc::channel(4);
    let (tell, events) = mpsc::unbounded_channel();
    let emulator = (protocol.emulator)(settings);
    tokio::spawn(serve(listener, emulator, protocol.framing, orders, tell));
    Served {
        port,
        control,
        events,
    }
}

async fn miner(protocol: &'static Protocol, served: &Served) -> Rig {
    let mut setup = Setup::new(protocol, served.port);
    setup.session.solo.payout = Some(Payout::parse("51").unwrap());
    setup.run().await
}

#[tokio::test]
async fn shares_are_accepted_and_a_new_block_comes_by_the_long_poll() {
    for protocol in [&getwork::PROTOCOL, &getblocktemplate::PROTOCOL] {
        let mut served = served(protocol, |_| {}).await;
        let mut rig = miner(protocol, &served).await;
        let job = rig.job().await;
        for ticket in 0..20 {
            rig.submit(share_of(&job), ticket).await;
            assert_eq!(
                rig.verdict().await,
                (ticket, Outcome::Accepted),
                "{}",
                protocol.name
            );
        }
        let login = served.events.recv().await.unwrap();
        let named = matches!(&login, EmulatorEvent::Login { worker, agent, .. } if worker == "me" && agent == "midstate/test");
        assert!(named, "{login:?}");
        // The poll may still be on its way.
        tokio::time::sleep(Duration::from_millis(50)).await;
        served.control.send(ServeCommand::NewBlock).await.unwrap();
        let clean = rig.until_clean().await;
        rig.submit(share_of(&clean), 99).await;
        assert_eq!(
            rig.verdict().await,
            (99, Outcome::Accepted),
            "{}",
            protocol.name
        );
        rig.submit(share_of(&job), 100).await;
        assert!(
            matches!(rig.verdict().await, (100, Outcome::Rejected(..))),
            "{}",
            protocol.name
        );
    }
}

impl Rig {
    async fn until_clean(&mut self) -> std::sync::Arc<midstate::work::Job> {
        self.until(|event| match event {
            LinkEvent::Pool(PoolEvent::Job(job)) if job.clean => Some(job),
            _ => None,
        })
        .await
    }
}

#[tokio::test]
async fn a_wrong_password_and_every_fault_are_survived() {
    for protocol in [&getwork::PROTOCOL, &getblocktemplate::PROTOCOL] {
        let refusing = served(protocol, |pool| {
            pool.login = Some(("you".into(), Secret::new("x")));
        })
        .await;
        let mut rig = miner(protocol, &refusing).await;
        assert!(rig.lost().await.0.contains("401"));
        for (kind, word) in [
            (FaultKind::HugeLine, "has more than"),
            (FaultKind::Disconnect, "closed the connection"),
            (FaultKind::Status(404), "404"),
            (FaultKind::Status(403), "403"),
            (FaultKind::RedirectLoop, "redirects have no end"),
        ] {
            let fault = midstate::pool::Fault {
                after: Duration::ZERO,
                lasting: Duration::MAX,
                kind,
            };
            let faulty = served(protocol, |pool| pool.faults = vec![fault]).await;
            let mut rig = miner(protocol, &faulty).await;
            let (why, _) = rig.lost().await;
            assert!(why.contains(word), "{}: {kind:?}: {why}", protocol.name);
        }
        for kind in [
            FaultKind::SplitWrites,
            FaultKind::Reconnect,
            FaultKind::Slow(Duration::from_millis(30)),
        ] {
            let fault = midstate::pool::Fault {
                after: Duration::ZERO,
                lasting: Duration::MAX,
                kind,
            };
            let odd = served(protocol, |pool| pool.faults = vec![fault]).await;
            let mut rig = miner(protocol, &odd).await;
            let job = rig.job().await;
            rig.submit(share_of(&job), 1).await;
            assert_eq!(
                rig.verdict().await,
                (1, Outcome::Accepted),
                "{}: {kind:?}",
                protocol.name
            );
        }
    }
}

/// A worker's question for work.
fn question(worker: &str, target: &str) -> HttpRequest {
    HttpRequest {
        method: Method::Post,
        target: target.into(),
        login: Some((worker.into(), Secret::new("x"))),
        headers: Vec::new(),
        body: br#"{"method":"getwork","params":[],"id":0}"#.as_slice().into(),
        patience: Duration::ZERO,
        fresh: false,
    }
}

/// Found by hand: a poll that was told of in another form than its path was answered like any question.
#[test]
fn a_long_poll_waits_in_whatever_form_it_is_told() {
    for (reference, target) in [
        ("/LP", "/LP"),
        ("LP", "/LP"),
        ("/a/LP?x=1", "/a/LP?x=1"),
        ("http://127.0.0.1:8337/LP", "/LP"),
    ] {
        let mut settings = EmulatorSettings::default();
        settings.http.long_polling = Some(reference.to_owned());
        let mut pool = (getwork::PROTOCOL.emulator)(settings);
        pool.request(
            ClientId(1),
            Exchange(1),
            question("me", target),
            Instant::now(),
        );
        let begun = pool.poll_response();
        assert!(
            matches!(begun, Some((_, HttpPart::Begin(_)))),
            "{reference}: {begun:?}"
        );
    }
}

/// The target of the work that an emulated pool gives a worker.
fn target_for(pool: &mut dyn PoolEmulator, worker: &str, now: Instant) -> Target {
    pool.request(ClientId(1), Exchange(1), question(worker, "/"), now);
    let Some((_, HttpPart::Whole(response))) = pool.poll_response() else {
        panic!("no work for {worker}");
    };
    let answer: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    let mut target = [0; 32];
    hex::decode_to_slice(answer["result"]["target"].as_str().unwrap(), &mut target).unwrap();
    Target::from_le_bytes(target)
}

#[test]
fn getworks_difficulty_is_steered_for_each_worker() {
    let mut pool = (getwork::PROTOCOL.emulator)(EmulatorSettings {
        vardiff: Some(20.0),
        ..EmulatorSettings::default()
    });
    let start = Instant::now();
    let first = target_for(&mut *pool, "slow", start);
    let later = start + Duration::from_secs(200);
    let next = target_for(&mut *pool, "slow", later);
    assert!(next > first, "without shares it becomes easier");
    assert_eq!(target_for(&mut *pool, "other", later), first);
}

#[tokio::test]
async fn the_documents_answer_is_served_as_it_stands() {
    let sample = super::rig::easy_work();
    let text = sample.to_string();
    let served = served(&getwork::PROTOCOL, |pool| {
        pool.http.fixed_result = Some(text);
    })
    .await;
    let mut rig = miner(&getwork::PROTOCOL, &served).await;
    let job = rig.job().await;
    rig.submit(share_of(&job), 1).await;
    assert_eq!(rig.verdict().await, (1, Outcome::Accepted));
}

#[tokio::test]
async fn midstates_given_and_wrong_ones_change_nothing() {
    use midstate::pool::MidstateGiven;
    for given in [MidstateGiven::Always, MidstateGiven::Wrong] {
        let served = served(&getwork::PROTOCOL, |pool| pool.http.midstate = given).await;
        let mut rig = miner(&getwork::PROTOCOL, &served).await;
        let job = rig.job().await;
        rig.submit(share_of(&job), 1).await;
        assert_eq!(rig.verdict().await, (1, Outcome::Accepted));
    }
}

#[tokio::test]
async fn a_client_that_speaks_no_http_is_told_and_cut_off() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut served = served(&getwork::PROTOCOL, |_| {}).await;
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", served.port))
        .await
        .unwrap();
    stream
        .write_all(b"{\"id\":1,\"method\":\"mining.subscribe\"}\n\n")
        .await
        .unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    match served.events.recv().await.unwrap() {
        EmulatorEvent::BadLine { problem, .. } => assert!(problem.contains("no HTTP"), "{problem}"),
        other => panic!("{other:?}"),
    }
}
