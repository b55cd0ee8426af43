//! Ports that are no pool's, and names that are nobody's: each cause is told with what to try.

use tokio::io::AsyncWriteExt;

use crate::fake::MAX_LINE;
use crate::rig::{Rig, listen, settings};

/// What a link says of a port that answers any connection with `bytes` and stays open.
async fn cause_of(bytes: &'static [u8]) -> String {
    let (listener, port) = listen().await;
    let mut rig = Rig::connecting(settings("127.0.0.1", port)).await;
    let (mut stream, _) = listener.accept().await.unwrap();
    stream.set_nodelay(true).unwrap();
    for piece in bytes.chunks(3) {
        // The link may hang up before the last piece.
        let _ = stream.write_all(piece).await;
        tokio::task::yield_now().await;
    }
    rig.lost().await.0
}

#[tokio::test]
async fn a_web_server_is_recognised() {
    let cause = cause_of(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert!(cause.contains("looks like HTTP"), "{cause}");
}

#[tokio::test]
async fn a_tls_port_is_recognised_even_if_its_alert_holds_a_line_end() {
    for alert in [
        b"\x15\x03\x03\x00\x02\x02\x0a",
        b"\x15\x03\x01\x00\x02\x02\x46",
    ] {
        let cause = cause_of(alert).await;
        assert!(cause.contains("use fake+ssl://"), "{cause}");
    }
}

#[tokio::test]
async fn an_endless_line_is_bounded() {
    let (listener, port) = listen().await;
    let mut rig = Rig::connecting(settings("127.0.0.1", port)).await;
    let (mut stream, _) = listener.accept().await.unwrap();
    let endless = tokio::spawn(async move {
        let mut sent = 0_usize;
        while stream.write_all(&[b'x'; 1000]).await.is_ok() {
            sent += 1000;
        }
        sent
    });
    let (cause, _) = rig.lost().await;
    let expected =
        format!("the pool sent a line of more than {MAX_LINE} bytes; is it a Stratum port?");
    assert_eq!(cause, expected);
    endless.await.unwrap();
}

#[tokio::test]
async fn nobody_there() {
    let (listener, port) = listen().await;
    drop(listener);
    let mut rig = Rig::connecting(settings("127.0.0.1", port)).await;
    let (cause, retry_in) = rig.lost().await;
    let expected =
        format!("connection refused by 127.0.0.1:{port}; check the port, and that the pool is up");
    assert_eq!(cause, expected);
    assert!(retry_in.is_some());
}

#[tokio::test]
async fn a_name_that_is_none() {
    let mut rig = Rig::connecting(settings("no..such..name", 3333)).await;
    let (cause, _) = rig.lost().await;
    assert!(
        cause.starts_with("the name \"no..such..name\" was not found"),
        "{cause}"
    );
    assert!(
        cause.ends_with("check its spelling and this machine's DNS"),
        "{cause}"
    );
}

#[tokio::test]
async fn ipv6_works_where_the_machine_has_it() {
    let Ok(listener) = tokio::net::TcpListener::bind("[::1]:0").await else {
        eprintln!("SKIPPED: this machine has no IPv6 loopback");
        return;
    };
    let port = listener.local_addr().unwrap().port();
    let mut rig = Rig::connecting(settings("::1", port)).await;
    crate::rig::Peer::accept(&listener).await;
    rig.connected().await;
}
