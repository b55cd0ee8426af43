//! `X-Stratum`: over to Stratum once the login there works, and not before.

use midstate::net::{LinkEvent, serve};
use midstate::pool::{EmulatorSettings, PROTOCOLS, PoolEvent, getwork};
use midstate::units::{Secret, Target};
use midstate::work::{Outcome, Template};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::peer::Peer;
use super::rig::{Setup, easy_work, share_of};

/// A Stratum pool that lets `user` in; the control must be held.
async fn stratum(user: &str) -> (u16, mpsc::Sender<midstate::net::ServeCommand>) {
    let protocol = PROTOCOLS[0];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (control, orders) = mpsc::channel(1);
    let (tell, _) = mpsc::unbounded_channel();
    let settings = EmulatorSettings {
        difficulty: Target::from_zero_bits(8).to_difficulty_lossy(),
        login: Some((user.into(), Secret::new("hunter2"))),
        ..EmulatorSettings::default()
    };
    let emulator = (protocol.emulator)(settings);
    tokio::spawn(serve(listener, emulator, protocol.framing, orders, tell));
    (port, control)
}

#[tokio::test]
async fn the_pools_stratum_is_gone_over_to() {
    let (port, _control) = stratum("me").await;
    let mut peer = Peer::listen().await;
    let mut rig = Setup::new(&getwork::PROTOCOL, peer.port).run().await;
    let header = format!("X-Stratum: stratum+tcp://127.0.0.1:{port}\r\nX-Roll-NTime: Y\r\n");
    peer.ask().await.result(&header, &easy_work());
    let first = rig.job().await;
    assert!(matches!(first.template, Template::Stock(_)));
    let said = rig
        .until(|event| match event {
            LinkEvent::Pool(PoolEvent::Message(text)) => Some(text),
            _ => None,
        })
        .await;
    let expected = format!("X-Stratum: stratum+tcp://127.0.0.1:{port}; gone over to it");
    assert_eq!(said, expected);
    let job = rig
        .until(|event| match event {
            LinkEvent::Pool(PoolEvent::Job(job))
                if matches!(job.template, Template::Coinbase { .. }) =>
            {
                Some(job)
            }
            LinkEvent::Lost { why, .. } => panic!("{why}"),
            _ => None,
        })
        .await;
    assert_ne!(job.session, first.session);
    rig.submit(share_of(&job), 1).await;
    assert_eq!(rig.verdict().await, (1, Outcome::Accepted));
}

#[tokio::test]
async fn when_its_connection_ends_the_configured_url_is_the_way_back() {
    let (port, control) = stratum("me").await;
    let mut peer = Peer::listen().await;
    let mut rig = Setup::new(&getwork::PROTOCOL, peer.port).run().await;
    let header = format!("X-Stratum: stratum+tcp://127.0.0.1:{port}\r\nX-Roll-NTime: Y\r\n");
    peer.ask().await.result(&header, &easy_work());
    rig.until(|event| match event {
        LinkEvent::Pool(PoolEvent::Job(job))
            if matches!(job.template, Template::Coinbase { .. }) =>
        {
            Some(())
        }
        _ => None,
    })
    .await;
    drop(control);
    rig.lost().await;
    peer.ask_with("getwork").await.result("", &easy_work());
    assert!(matches!(rig.job().await.template, Template::Stock(_)));
}

#[tokio::test]
async fn a_stratum_that_refuses_us_or_is_elsewhere_changes_nothing() {
    let (port, _control) = stratum("somebody else").await;
    for (url, words) in [
        (
            format!("stratum+tcp://127.0.0.1:{port}"),
            "we stay: the pool refused worker",
        ),
        (
            "stratum+tcp://evil.example:3333".to_owned(),
            "--allow-redirect",
        ),
        ("nonsense://x".to_owned(), "unknown scheme"),
    ] {
        let mut peer = Peer::listen().await;
        let mut rig = Setup::new(&getwork::PROTOCOL, peer.port).run().await;
        let header = format!("X-Stratum: {url}\r\nX-Roll-NTime: Y\r\n");
        peer.ask().await.result(&header, &easy_work());
        let job = rig.job().await;
        let complaint = rig.complaint().await;
        assert!(complaint.contains(words), "{complaint}");
        rig.submit(share_of(&job), 1).await;
        let ask = peer.ask_with(r#""id":1"#).await;
        ask.result("", &json!(true));
        assert_eq!(rig.verdict().await, (1, Outcome::Accepted));
    }
}

/// Serves a Stratum handshake and one job by hand; gives back the connection.
async fn by_hand(listener: &TcpListener) -> BufReader<TcpStream> {
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    loop {
        line.clear();
        stream.read_line(&mut line).await.unwrap();
        let asked: serde_json::Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("no Stratum: {line}"));
        let result = match asked["method"].as_str().unwrap() {
            "mining.configure" => json!({}),
            "mining.subscribe" => json!([[["mining.notify", "s"]], "08000002", 4]),
            _ => json!(true),
        };
        say(
            &mut stream,
            &json!({"id": asked["id"], "result": result, "error": null}),
        )
        .await;
        if asked["method"] == "mining.authorize" {
            break;
        }
    }
    let notify = json!([
        "1",
        "07".repeat(32),
        "0100000001",
        "ffffffff",
        [],
        "20000000",
        "1702f0f0",
        "65000000",
        true
    ]);
    let notify = json!({"id": null, "method": "mining.notify", "params": notify});
    say(&mut stream, &notify).await;
    stream
}

async fn say(stream: &mut BufReader<TcpStream>, line: &serde_json::Value) {
    let line = format!("{line}\n");
    stream.get_mut().write_all(line.as_bytes()).await.unwrap();
}

#[tokio::test]
async fn where_the_stratum_sends_us_we_speak_stratum() {
    let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let second = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = first.local_addr().unwrap().port();
    let next = second.local_addr().unwrap().port();
    let mut peer = Peer::listen().await;
    let mut rig = Setup::new(&getwork::PROTOCOL, peer.port).run().await;
    let header = format!("X-Stratum: stratum+tcp://127.0.0.1:{port}\r\nX-Roll-NTime: Y\r\n");
    peer.ask().await.result(&header, &easy_work());
    let mut stream = by_hand(&first).await;
    let is_stratum = |event| match event {
        LinkEvent::Pool(PoolEvent::Job(job)) => {
            matches!(job.template, Template::Coinbase { .. }).then_some(())
        }
        _ => None,
    };
    rig.until(is_stratum).await;
    let reconnect = json!(["127.0.0.1", next, 0]);
    let reconnect = json!({"id": null, "method": "client.reconnect", "params": reconnect});
    say(&mut stream, &reconnect).await;
    rig.lost().await;
    let stream = by_hand(&second).await;
    rig.until(is_stratum).await;
    // And from there back to the configured URL.
    drop(stream);
    rig.lost().await;
    peer.ask_with("getwork").await.result("", &easy_work());
    assert!(matches!(rig.job().await.template, Template::Stock(_)));
}

#[cfg(feature = "sv2")]
#[tokio::test]
async fn the_key_and_the_wishes_of_its_url_are_kept() {
    use midstate::pool::stratum_v2;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (_control, orders) = mpsc::channel(1);
    let (tell, _) = mpsc::unbounded_channel();
    let emulator = (stratum_v2::PROTOCOL.emulator)(EmulatorSettings::default());
    let path = emulator.url_path();
    let framing = stratum_v2::PROTOCOL.framing;
    tokio::spawn(serve(listener, emulator, framing, orders, tell));
    let mut peer = Peer::listen().await;
    let mut setup = Setup::new(&getwork::PROTOCOL, peer.port);
    // The time of the emulated pool's certificate.
    setup.link.care.wall = midstate::net::WallClock(|| 1_700_000_000);
    let mut rig = setup.run().await;
    let url = format!("stratum2+tcp://127.0.0.1:{port}{path}?channel=standard");
    let header = format!("X-Stratum: {url}\r\nX-Roll-NTime: Y\r\n");
    peer.ask().await.result(&header, &easy_work());
    rig.until(|event| match event {
        LinkEvent::Pool(PoolEvent::Job(job)) => match job.template {
            Template::Header(_) => Some(()),
            Template::Coinbase { .. } => panic!("an extended channel was opened"),
            _ => None,
        },
        LinkEvent::Complaint(words) => panic!("{words}"),
        _ => None,
    })
    .await;
}
