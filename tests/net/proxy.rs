//! SOCKS5 through a proxy written from RFC 1928 and RFC 1929.

use midstate::net::Proxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::rig::{Peer, Rig, listen, settings};

/// What the proxy was asked for: its target as bytes (kind, then address or length and name, then port).
type Asked = JoinHandle<Vec<u8>>;

/// A proxy for one connection: `login` it wants, `reply` it gives; with reply 0 it connects to `pool`, whatever it was asked for.
async fn proxy(login: Option<(&'static str, &'static str)>, reply: u8, pool: u16) -> (u16, Asked) {
    let (listener, port) = listen().await;
    let task = tokio::spawn(async move { serve(listener, login, reply, pool).await });
    (port, task)
}

async fn serve(
    listener: TcpListener,
    login: Option<(&str, &str)>,
    reply: u8,
    pool: u16,
) -> Vec<u8> {
    let (mut client, _) = listener.accept().await.unwrap();
    let methods = prefixed(&mut client, 5).await;
    let method = if login.is_some() { 2 } else { 0 };
    let method = if methods.contains(&method) {
        method
    } else {
        0xff
    };
    client.write_all(&[5, method]).await.unwrap();
    if let (Some((user, pass)), 2) = (login, method) {
        let right = prefixed(&mut client, 1).await == user.as_bytes()
            && rest(&mut client).await == pass.as_bytes();
        client.write_all(&[1, u8::from(!right)]).await.unwrap();
        if !right {
            return Vec::new();
        }
    }
    if method == 0xff {
        return Vec::new();
    }
    let asked = request(&mut client).await;
    client
        .write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0])
        .await
        .unwrap();
    if reply == 0 {
        let mut server = TcpStream::connect(("127.0.0.1", pool)).await.unwrap();
        tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
    }
    asked
}

/// A version byte, then bytes with their number before them.
async fn prefixed(client: &mut TcpStream, version: u8) -> Vec<u8> {
    assert_eq!(client.read_u8().await.unwrap(), version);
    rest(client).await
}

async fn rest(client: &mut TcpStream) -> Vec<u8> {
    let mut bytes = vec![0; usize::from(client.read_u8().await.unwrap())];
    client.read_exact(&mut bytes).await.unwrap();
    bytes
}

async fn request(client: &mut TcpStream) -> Vec<u8> {
    let mut head = [0; 4];
    client.read_exact(&mut head).await.unwrap();
    assert_eq!(head[..3], [5, 1, 0]);
    let mut asked = vec![head[3]];
    let length = match head[3] {
        1 => 4,
        4 => 16,
        _ => usize::from(client.read_u8().await.unwrap()),
    };
    let mut target = vec![0; length + 2];
    client.read_exact(&mut target).await.unwrap();
    asked.extend(target);
    asked
}

async fn rig(proxy: &str, host: &str, port: u16) -> Rig {
    let mut settings = settings(host, port);
    settings.proxy = Some(Proxy::parse(proxy).unwrap());
    Rig::connecting(settings).await
}

#[tokio::test]
async fn the_name_goes_to_the_proxy_unresolved() {
    let (listener, pool) = listen().await;
    let (port, asked) = proxy(None, 0, pool).await;
    // No resolver knows a name in .invalid (RFC 6761).
    let mut rig = rig(&format!("socks5://127.0.0.1:{port}"), "pool.invalid", 3333).await;
    let mut peer = Peer::accept(&listener).await;
    rig.connected().await;
    peer.say("say through\n").await;
    assert_eq!(rig.message().await, "through");
    assert_eq!(asked.await.unwrap(), b"\x03pool.invalid\x0d\x05");
}

#[tokio::test]
async fn an_address_goes_as_one_and_a_login_is_given() {
    let (listener, pool) = listen().await;
    let (port, asked) = proxy(Some(("me", "p@ss")), 0, pool).await;
    let url = format!("socks5://me:p%40ss@127.0.0.1:{port}");
    let mut rig = rig(&url, "127.0.0.1", pool).await;
    Peer::accept(&listener).await;
    rig.connected().await;
    let expected = [&[1, 127, 0, 0, 1][..], &pool.to_be_bytes()].concat();
    assert_eq!(asked.await.unwrap(), expected);
}

async fn cause(url: &str) -> String {
    let mut rig = rig(url, "pool.invalid", 3333).await;
    let cause = rig.lost().await.0;
    assert!(cause.starts_with("proxy socks5://127.0.0.1:"), "{cause}");
    assert!(!cause.contains("wrong-pass"), "{cause}");
    cause
}

#[tokio::test]
async fn refusals_say_whose_and_what_to_try() {
    for (reply, words) in [
        (2, "the proxy's rules forbid it"),
        (4, "check the pool's host and port"),
        (5, "check the pool's host and port"),
    ] {
        let (port, _asked) = proxy(None, reply, 0).await;
        let cause = cause(&format!("socks5://127.0.0.1:{port}")).await;
        assert!(cause.contains("asked for pool.invalid:3333"), "{cause}");
        assert!(cause.contains(words), "{cause}");
    }
    let (port, _asked) = proxy(Some(("me", "right")), 0, 0).await;
    let wrong = cause(&format!("socks5://me:wrong-pass@127.0.0.1:{port}")).await;
    assert!(wrong.contains("check user and password"), "{wrong}");
    let (port, _asked) = proxy(Some(("me", "right")), 0, 0).await;
    let none = cause(&format!("socks5://127.0.0.1:{port}")).await;
    assert!(none.contains("it wants a login"), "{none}");
}

#[tokio::test]
async fn what_is_no_proxy_is_told() {
    let (listener, port) = listen().await;
    drop(listener);
    let nobody = cause(&format!("socks5://127.0.0.1:{port}")).await;
    assert!(nobody.contains("connection refused"), "{nobody}");
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        std::future::pending::<()>().await;
    });
    let web = cause(&format!("socks5://127.0.0.1:{port}")).await;
    assert!(web.contains("is it a SOCKS5 proxy?"), "{web}");
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_says_nothing_is_not_waited_for() {
    let (_listener, port) = listen().await;
    let mute = cause(&format!("socks5://127.0.0.1:{port}")).await;
    assert!(mute.contains("no answer; is it a SOCKS5 proxy?"), "{mute}");
}
