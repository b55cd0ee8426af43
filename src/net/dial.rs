//! From an endpoint to a connected stream: names, addresses, the proxy, TLS. Every step has its bound.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::{NetError, Proxy, TlsSettings};
use crate::pool::Endpoint;

/// Bound of each step: name, connection, proxy, TLS (user-expectations.md section 11).
pub(super) const CONNECT_TIME: Duration = Duration::from_secs(10);

/// At most so many addresses of a name are tried, so that each gets a fair part of [`CONNECT_TIME`].
const MAX_ADDRESSES: usize = 4;

/// A connection of any kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects to `endpoint`; its name is resolved anew each time, by the proxy if there is one.
pub(super) async fn dial(
    endpoint: Endpoint,
    proxy: Option<Proxy>,
    tls: Arc<TlsSettings>,
) -> Result<Box<dyn Stream>, NetError> {
    let tcp = match &proxy {
        None => connect(&endpoint.host, endpoint.port).await?,
        Some(proxy) => proxy.connect(&endpoint).await?,
    };
    if endpoint.tls {
        Ok(Box::new(tls.secure(tcp, &endpoint.host).await?))
    } else {
        Ok(Box::new(tcp))
    }
}

/// A TCP connection to `host`, trying its addresses in turn.
pub(super) async fn connect(host: &str, port: u16) -> Result<TcpStream, NetError> {
    let addresses = resolve(host, port).await?;
    let share = CONNECT_TIME / addresses.len() as u32;
    let mut failure = None;
    for address in addresses {
        match connect_to(address, share).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.expect("resolve returns at least one address"))
}

/// The addresses of `host`, one at least, both families among them where there are both.
async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, NetError> {
    let failed = |source| NetError::Name {
        host: host.to_owned(),
        source,
    };
    let found = timeout(CONNECT_TIME, lookup_host((host, port))).await;
    let found = found.map_err(|_| NetError::TimedOut {
        step: "looking up",
        at: host.to_owned(),
        after: CONNECT_TIME,
        hint: "check this machine's DNS",
    })?;
    let addresses = interleaved(found.map_err(failed)?.collect());
    if addresses.is_empty() {
        return Err(failed(io::Error::other("no address")));
    }
    Ok(addresses)
}

/// The families in turn, beginning with the resolver's favourite: a dead IPv6 must not use up all attempts.
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (favourite, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let longest = favourite.len().max(other.len());
    (0..longest)
        .flat_map(|at| [favourite.get(at), other.get(at)])
        .flatten()
        .copied()
        .take(MAX_ADDRESSES)
        .collect()
}

async fn connect_to(at: SocketAddr, patience: Duration) -> Result<TcpStream, NetError> {
    let stream = match timeout(patience, TcpStream::connect(at)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
            return Err(NetError::Refused { at });
        }
        Ok(Err(source)) => return Err(NetError::Unreachable { at, source }),
        Err(_) => {
            return Err(NetError::TimedOut {
                step: "connecting to",
                at: at.to_string(),
                after: patience,
                hint: "check host, port and firewall",
            });
        }
    };
    tune(&stream).map_err(|source| NetError::Unreachable { at, source })?;
    Ok(stream)
}

/// A share leaves at once; a peer that vanished is noticed although nobody writes (pool-protocols.md 2.8: idle 45 s, interval 30 s).
fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(45))
        .with_interval(Duration::from_secs(30));
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(last: u8) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, last], 1))
    }

    fn v6(last: u16) -> SocketAddr {
        SocketAddr::from(([0xfd00, 0, 0, 0, 0, 0, 0, last], 1))
    }

    #[test]
    fn both_families_get_their_turn() {
        let many = vec![v6(1), v6(2), v6(3), v6(4), v6(5), v4(1)];
        assert_eq!(interleaved(many), [v6(1), v4(1), v6(2), v6(3)]);
        assert_eq!(interleaved(vec![v4(1), v4(2)]), [v4(1), v4(2)]);
        assert_eq!(interleaved(vec![]), []);
    }

    #[tokio::test]
    async fn the_socket_is_tuned() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stream = connect("127.0.0.1", port).await.unwrap();
        assert!(stream.nodelay().unwrap());
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(
            socket.tcp_keepalive_time().unwrap(),
            Duration::from_secs(45)
        );
        assert_eq!(
            socket.tcp_keepalive_interval().unwrap(),
            Duration::from_secs(30)
        );
    }

    #[tokio::test]
    async fn a_refusal_names_the_address() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        drop(listener);
        let error = connect("127.0.0.1", at.port()).await.unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(&format!("connection refused by {at}")));
    }

    #[tokio::test]
    async fn an_empty_label_is_no_name() {
        let error = connect("no..such..name", 1).await.unwrap_err().to_string();
        assert!(
            error.contains("\"no..such..name\" was not found"),
            "{error}"
        );
    }
}
