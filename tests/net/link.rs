//! The life of a link: commands, verdicts, losses, pauses.

use std::collections::BTreeMap;
use std::time::Duration;

use midstate::net::{LinkCommand, LinkEvent};
use midstate::pool::PoolEvent;
use midstate::work::{Outcome, Reject};
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::fake::FakeSession;
use crate::rig::{Peer, Rig, at_once, listen, settings};

async fn pair() -> (Rig, Peer, TcpListener) {
    let (listener, port) = listen().await;
    let mut settings = settings("127.0.0.1", port);
    settings.backoff = at_once();
    let mut rig = Rig::connecting(settings).await;
    let peer = Peer::accept(&listener).await;
    rig.connected().await;
    (rig, peer, listener)
}

fn assert_near(pause: Option<Duration>, secs: u64) {
    let ratio = pause.unwrap().as_secs_f64() / Duration::from_secs(secs).as_secs_f64();
    assert!((0.79..=1.21).contains(&ratio), "{pause:?} for {secs} s");
}

#[tokio::test]
async fn it_is_idle_until_it_is_told_to_connect() {
    let (listener, port) = listen().await;
    let mut rig = Rig::new(settings("127.0.0.1", port));
    rig.order(LinkCommand::Disconnect("down already".into()))
        .await;
    rig.submit(5).await;
    assert_eq!(rig.verdict().await, (5, Outcome::Unknown));
    rig.order(LinkCommand::Connect).await;
    assert!(matches!(rig.next().await, LinkEvent::Connecting));
    Peer::accept(&listener).await;
    rig.connected().await;
}

#[tokio::test]
async fn lines_come_whole_in_one_byte_pieces_and_several_in_one() {
    let (mut rig, mut peer, _listener) = pair().await;
    for byte in "ready\r\n\njob\n".chars() {
        peer.say(&byte.to_string()).await;
        tokio::task::yield_now().await;
    }
    assert!(matches!(
        rig.next().await,
        LinkEvent::Pool(PoolEvent::Ready)
    ));
    assert!(matches!(
        rig.next().await,
        LinkEvent::Pool(PoolEvent::Job(_))
    ));
    peer.say("say one\nsay two\nsay three\n").await;
    for text in ["one", "two", "three"] {
        assert_eq!(rig.message().await, text);
    }
}

#[tokio::test]
async fn every_share_gets_one_verdict_over_a_loss_too() {
    let (mut rig, mut peer, listener) = pair().await;
    for ticket in [10, 11, 12, 13] {
        rig.submit(ticket).await;
    }
    for id in 0..4 {
        assert_eq!(peer.line().await, format!("share {id}"));
    }
    peer.say("ok 1\nstale 0\nok 1\nok 99\n").await;
    assert_eq!(rig.verdict().await, (11, Outcome::Accepted));
    let stale = Outcome::Rejected(Reject::Stale, "for ***".into());
    assert_eq!(rig.verdict().await, (10, stale));
    drop(peer);
    assert_eq!(rig.verdict().await, (12, Outcome::Unknown));
    assert_eq!(rig.verdict().await, (13, Outcome::Unknown));
    assert_eq!(rig.lost().await.0, "the pool closed the connection");
    let mut peer = Peer::accept(&listener).await;
    rig.submit(14).await;
    assert_eq!(peer.line().await, "share 4");
    peer.say("ok 4\n").await;
    assert!(matches!(rig.next().await, LinkEvent::Connecting));
    rig.connected().await;
    assert_eq!(rig.verdict().await, (14, Outcome::Accepted));
}

#[tokio::test]
async fn a_forgetful_session_loses_no_share_either() {
    let (listener, port) = listen().await;
    let mut session = FakeSession::default();
    session.forgetful = true;
    let mut rig = Rig::with(settings("127.0.0.1", port), session, 64);
    rig.order(LinkCommand::Connect).await;
    let mut peer = Peer::accept(&listener).await;
    rig.submit(1).await;
    rig.submit(2).await;
    assert_eq!(peer.line().await, "share 0");
    rig.order(LinkCommand::Disconnect("enough".into())).await;
    let mut tickets = Vec::new();
    loop {
        match rig.next().await {
            LinkEvent::Verdict { ticket, .. } => tickets.push(ticket),
            LinkEvent::Lost { .. } => break,
            _ => {}
        }
    }
    assert_eq!(tickets, [1, 2]);
}

#[tokio::test]
async fn disconnect_stays_down_until_connect() {
    let (mut rig, mut peer, listener) = pair().await;
    rig.order(LinkCommand::Disconnect("another pool leads".into()))
        .await;
    let (why, retry_in) = rig.lost().await;
    assert_eq!((why.as_str(), retry_in), ("another pool leads", None));
    assert_eq!(peer.line().await, "");
    rig.submit(1).await;
    assert_eq!(rig.verdict().await, (1, Outcome::Unknown));
    rig.order(LinkCommand::Connect).await;
    assert!(matches!(rig.next().await, LinkEvent::Connecting));
    Peer::accept(&listener).await;
    rig.connected().await;
}

#[tokio::test]
async fn it_ends_with_its_commands_and_answers_for_what_was_open() {
    let (rig, mut peer, _listener) = pair().await;
    rig.submit(1).await;
    assert_eq!(peer.line().await, "share 0");
    let Rig {
        commands,
        mut events,
        task,
    } = rig;
    drop(commands);
    task.await.unwrap();
    let (_, event) = events.recv().await.unwrap();
    assert!(matches!(event, LinkEvent::Verdict { ticket: 1, .. }));
    assert!(events.recv().await.is_none());
}

#[tokio::test]
async fn it_ends_when_nobody_listens() {
    let (rig, mut peer, _listener) = pair().await;
    drop(rig.events);
    peer.say("ready\n").await;
    rig.task.await.unwrap();
    let idle = Rig::new(settings("127.0.0.1", 1));
    drop(idle.events);
    idle.task.await.unwrap();
}

#[tokio::test]
async fn a_busy_program_loses_no_event_and_no_order() {
    let (listener, port) = listen().await;
    let mut rig = Rig::with(settings("127.0.0.1", port), FakeSession::default(), 1);
    rig.order(LinkCommand::Connect).await;
    let mut peer = Peer::accept(&listener).await;
    let writing = tokio::spawn(async move {
        for count in 0..2000 {
            peer.say(&format!("say {count}\n")).await;
        }
        peer
    });
    assert!(matches!(rig.next().await, LinkEvent::Connecting));
    rig.connected().await;
    for count in 0..2000 {
        assert_eq!(rig.message().await, count.to_string());
        tokio::task::yield_now().await;
    }
    writing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn close_right_after_accept_for_ever_makes_the_pauses_grow() {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        loop {
            drop(listener.accept().await.unwrap());
        }
    });
    let mut rig = Rig::connecting(settings("127.0.0.1", port)).await;
    for secs in [1, 2, 4, 8, 16, 32, 60, 60] {
        let (why, retry_in) = rig.lost().await;
        assert_eq!(why, "the pool closed the connection");
        assert_near(retry_in, secs);
    }
}

#[tokio::test(start_paused = true)]
async fn pauses_start_small_again_only_after_a_lasting_connection_with_a_job() {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        for (greeting, secs) in [
            ("ready\n", 3600),
            ("ready\njob\n", 1),
            ("ready\njob\n", 61),
            ("ready\n", 1),
        ] {
            let mut peer = Peer::accept(&listener).await;
            peer.say(greeting).await;
            sleep(Duration::from_secs(secs)).await;
        }
        std::future::pending::<()>().await;
    });
    let mut rig = Rig::connecting(settings("127.0.0.1", port)).await;
    for secs in [1, 2, 1, 2] {
        assert_near(rig.lost().await.1, secs);
    }
}

#[tokio::test]
async fn a_refused_login_waits_long_and_its_words_hide_the_password() {
    let (mut rig, mut peer, _listener) = pair().await;
    peer.say("refuse\n").await;
    let (why, retry_in) = rig.lost().await;
    assert_eq!(why, "the pool refused worker \"me\": bad password ***");
    assert_near(retry_in, 30);
}

#[tokio::test(start_paused = true)]
async fn a_mute_pool_is_left_when_the_session_says_so() {
    let (listener, port) = listen().await;
    let mut rig = Rig::connecting(settings("127.0.0.1", port)).await;
    let _peer = Peer::accept(&listener).await;
    assert_eq!(rig.lost().await.0, "no answer to the greeting within 15 s");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_dribbles_in_is_not_waited_for() {
    let (listener, port) = listen().await;
    let mut rig = Rig::connecting(settings("127.0.0.1", port)).await;
    let mut peer = Peer::accept(&listener).await;
    peer.say("ready\n").await;
    tokio::spawn(async move {
        loop {
            peer.say("x").await;
            sleep(Duration::from_secs(1)).await;
        }
    });
    let (why, _) = rig.lost().await;
    assert_eq!(why, "a message from the pool took more than 30 s");
}

#[tokio::test]
async fn a_pool_that_does_not_read_is_left_and_no_share_is_lost() {
    let (listener, port) = listen().await;
    let mut session = FakeSession::default();
    session.padding = 60_000;
    let mut rig = Rig::with(settings("127.0.0.1", port), session, 64);
    rig.order(LinkCommand::Connect).await;
    let _deaf = Peer::accept(&listener).await;
    let commands = rig.commands.clone();
    let sending = tokio::spawn(async move {
        for ticket in 0..400 {
            let share = crate::fake::share();
            let submit = LinkCommand::Submit { share, ticket };
            commands.send(submit).await.unwrap();
        }
    });
    let mut verdicts = BTreeMap::new();
    let mut causes = Vec::new();
    while verdicts.len() < 400 {
        match rig.next().await {
            LinkEvent::Verdict { ticket, .. } => *verdicts.entry(ticket).or_insert(0) += 1,
            LinkEvent::Lost { why, .. } => causes.push(why),
            _ => {}
        }
    }
    sending.await.unwrap();
    assert!(verdicts.values().all(|count| *count == 1));
    assert_eq!(causes[0], "the pool takes no data any more");
}

#[tokio::test]
async fn nonsense_is_ignored_and_told_once_a_fatal_one_ends_the_connection() {
    let (mut rig, mut peer, _listener) = pair().await;
    peer.say("rubbish\n\u{1}\u{2}\nrubbish\nready\nfatal\n")
        .await;
    let told = rig.message().await;
    assert_eq!(
        told,
        "unusable line ignored: a line: \"rubbish\" is no word"
    );
    assert!(matches!(
        rig.next().await,
        LinkEvent::Pool(PoolEvent::Ready)
    ));
    let (why, _) = rig.lost().await;
    assert_eq!(
        why,
        "unusable message from the pool: a line: \"fatal\" is no word"
    );
}
