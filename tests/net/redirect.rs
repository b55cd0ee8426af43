//! `client.reconnect`, followed or refused, over real sockets.

use std::time::Duration;

use midstate::net::LinkEvent;
use midstate::pool::PoolEvent;

use crate::rig::{Peer, Rig, listen, settings};

#[tokio::test]
async fn another_port_of_the_same_host_is_followed_and_its_end_leads_back() {
    let (first, port) = listen().await;
    let (second, other) = listen().await;
    let mut rig = Rig::connecting(settings("127.0.0.1", port)).await;
    let mut peer = Peer::accept(&first).await;
    rig.connected().await;
    peer.say(&format!("redirect - {other} 0\n")).await;
    let (why, wait) = rig.lost().await;
    assert_eq!(
        why,
        format!("the pool sends us to fake+tcp://127.0.0.1:{other}")
    );
    assert_eq!(wait, Some(Duration::ZERO));
    assert!(matches!(rig.next().await, LinkEvent::Connecting));
    drop(Peer::accept(&second).await);
    rig.lost().await;
    Peer::accept(&first).await;
}

#[tokio::test(start_paused = true)]
async fn a_redirect_to_nobody_falls_back_to_the_configured_address() {
    let (first, port) = listen().await;
    let (gone, other) = listen().await;
    drop(gone);
    let mut rig = Rig::connecting(settings("127.0.0.1", port)).await;
    let mut peer = Peer::accept(&first).await;
    peer.say(&format!("redirect - {other} 1000000\n")).await;
    assert_eq!(rig.lost().await.1, Some(Duration::from_secs(60)));
    let (why, _) = rig.lost().await;
    assert!(why.starts_with("connection refused by"), "{why}");
    Peer::accept(&first).await;
}

#[tokio::test]
async fn a_foreign_host_is_refused_and_the_connection_goes_on() {
    let (listener, port) = listen().await;
    let mut rig = Rig::connecting(settings("127.0.0.1", port)).await;
    let mut peer = Peer::accept(&listener).await;
    rig.connected().await;
    peer.say("redirect evil.example 3333 0\nready\n").await;
    let words = rig.message().await;
    assert!(
        words.starts_with("refused to be sent to evil.example:3333: "),
        "{words}"
    );
    assert!(matches!(
        rig.next().await,
        LinkEvent::Pool(PoolEvent::Ready)
    ));
    rig.submit(1).await;
    assert_eq!(peer.line().await, "share 0");
}

#[tokio::test]
async fn allow_redirect_lets_the_pool_choose() {
    let (first, port) = listen().await;
    let (second, other) = listen().await;
    let mut settings = settings("127.0.0.1", port);
    settings.allow_redirect = true;
    let mut rig = Rig::connecting(settings).await;
    let mut peer = Peer::accept(&first).await;
    peer.say(&format!("redirect localhost {other} 0\n")).await;
    rig.lost().await;
    Peer::accept(&second).await;
}

#[tokio::test(start_paused = true)]
async fn the_fourth_redirect_within_an_hour_is_refused() {
    let (listener, port) = listen().await;
    let mut rig = Rig::connecting(settings("127.0.0.1", port)).await;
    for _ in 0..3 {
        let mut peer = Peer::accept(&listener).await;
        peer.say("redirect - - 0\n").await;
        rig.lost().await;
    }
    let mut peer = Peer::accept(&listener).await;
    peer.say("redirect - - 0\nready\n").await;
    assert!(matches!(rig.next().await, LinkEvent::Connecting));
    rig.connected().await;
    let words = rig.message().await;
    assert!(
        words.ends_with("it was the fourth time within an hour"),
        "{words}"
    );
    assert!(matches!(
        rig.next().await,
        LinkEvent::Pool(PoolEvent::Ready)
    ));
}
