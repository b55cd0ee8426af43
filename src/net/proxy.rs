//! A SOCKS5 proxy: its URL, checked, and the way through it. Names are resolved by the proxy, never here.

use std::fmt;

use tokio::net::TcpStream;
use tokio_socks::tcp::Socks5Stream;
use url::Url;

use super::NetError;
use super::dial::{CONNECT_TIME, connect};
use crate::pool::Endpoint;
use crate::units::{Secret, printable};

/// A SOCKS5 proxy (RFC 1928, RFC 1929).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    host: String,
    port: u16,
    login: Option<(String, Secret)>,
}

/// Why a text is no proxy URL. Never holds the text itself: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("proxy: {problem}; try socks5://[USER:PASS@]HOST:PORT")]
pub struct ProxyError {
    problem: String,
}

impl ProxyError {
    fn new(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
        }
    }
}

impl Proxy {
    /// Reads `socks5://[user:pass@]host[:port]` (or `socks5h`, which means the same here); the port is 1080 if there is none.
    ///
    /// # Errors
    /// What is wrong with it, without repeating credentials.
    pub fn parse(text: &str) -> Result<Self, ProxyError> {
        let url = Url::parse(text).map_err(|error| ProxyError::new(format!("no URL ({error})")))?;
        if !matches!(url.scheme(), "socks5" | "socks5h") {
            let scheme = printable(url.scheme(), 20);
            return Err(ProxyError::new(format!("unknown scheme {scheme:?}")));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(ProxyError::new("nothing may follow the port"));
        }
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| ProxyError::new("no host"))?;
        let port = url.port().unwrap_or(1080);
        if port == 0 {
            return Err(ProxyError::new("port 0"));
        }
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            login: login_of(&url)?,
        })
    }

    /// A connection to `endpoint` through the proxy.
    pub(super) async fn connect(&self, endpoint: &Endpoint) -> Result<TcpStream, NetError> {
        let unreachable = |source| NetError::ProxyUnreachable {
            proxy: self.to_string(),
            source: Box::new(source),
        };
        let socket = connect(&self.host, self.port).await.map_err(unreachable)?;
        match tokio::time::timeout(CONNECT_TIME, self.ask(socket, endpoint)).await {
            Ok(Ok(stream)) => Ok(stream.into_inner()),
            Ok(Err(error)) => Err(self.failed(endpoint, explain(&error))),
            Err(_) => Err(self.failed(endpoint, "no answer; is it a SOCKS5 proxy?".into())),
        }
    }

    async fn ask(
        &self,
        socket: TcpStream,
        endpoint: &Endpoint,
    ) -> Result<Socks5Stream<TcpStream>, tokio_socks::Error> {
        let target = (endpoint.host.as_str(), endpoint.port);
        match &self.login {
            None => Socks5Stream::connect_with_socket(socket, target).await,
            Some((user, pass)) => {
                let pass = pass.expose();
                Socks5Stream::connect_with_password_and_socket(socket, target, user, pass).await
            }
        }
    }

    fn failed(&self, endpoint: &Endpoint, problem: String) -> NetError {
        NetError::Proxy {
            proxy: self.to_string(),
            target: format!("{}:{}", endpoint.host, endpoint.port),
            problem,
        }
    }
}

impl fmt::Display for Proxy {
    /// The URL without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "socks5://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "socks5://{}:{}", self.host, self.port)
        }
    }
}

fn login_of(url: &Url) -> Result<Option<(String, Secret)>, ProxyError> {
    let user = percent_decoded(url.username())?;
    let pass = percent_decoded(url.password().unwrap_or_default())?;
    if user.is_empty() && pass.is_empty() {
        return Ok(None);
    }
    // RFC 1929: both lengths are one byte, from 1.
    if !(1..=255).contains(&user.len()) || !(1..=255).contains(&pass.len()) {
        let problem = "user and password must both have 1 to 255 bytes";
        return Err(ProxyError::new(problem));
    }
    Ok(Some((user, Secret::new(pass))))
}

fn percent_decoded(text: &str) -> Result<String, ProxyError> {
    let wrong = || ProxyError::new("a bad %XX in user or password");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let digits = after.get(..2).ok_or_else(wrong)?;
            bytes.extend(hex::decode(digits).map_err(|_| wrong())?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

/// What the proxy said, with what to try.
fn explain(error: &tokio_socks::Error) -> String {
    use tokio_socks::Error as E;
    let hint = match error {
        E::NoAcceptableAuthMethods | E::AuthorizationRequired => {
            "it wants a login: socks5://USER:PASS@HOST:PORT"
        }
        E::PasswordAuthFailure(_) => "check user and password",
        E::HostUnreachable | E::ConnectionRefused | E::NetworkUnreachable | E::TtlExpired => {
            "check the pool's host and port"
        }
        E::ConnectionNotAllowedByRuleset => "the proxy's rules forbid it",
        E::InvalidResponseVersion | E::Io(_) => "is it a SOCKS5 proxy?",
        _ => return printable(&error.to_string(), 200),
    };
    format!("{}; {hint}", printable(&error.to_string(), 200))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_with_and_without_login() {
        let proxy = Proxy::parse("socks5://127.0.0.1:9050").unwrap();
        assert_eq!((proxy.host.as_str(), proxy.port), ("127.0.0.1", 9050));
        assert_eq!(proxy.login, None);
        let proxy = Proxy::parse("socks5h://me:p%40ss%3A@[::1]").unwrap();
        assert_eq!(proxy.host, "::1");
        assert_eq!(proxy.to_string(), "socks5://[::1]:1080");
        assert_eq!(proxy.login, Some(("me".into(), Secret::new("p@ss:"))));
    }

    #[test]
    fn errors_say_what_to_write_and_never_the_password() {
        for (text, problem) in [
            ("http://me:hunter2@host:1", "unknown scheme \"http\""),
            ("host:1080", "unknown scheme \"host\""),
            ("10.0.0.1:1080", "no URL"),
            ("socks5://me:hunter2@host:99999", "no URL (invalid port"),
            ("socks5://me:hunter2@host:0", "port 0"),
            ("socks5://", "no host"),
            ("socks5://hunter2@host:1", "1 to 255"),
            ("socks5://me:hunter%2@host:1", "bad %XX"),
            ("socks5://me:hunter2%ff@host:1", "bad %XX"),
            ("socks5://me:hunter2@host:1/x", "nothing may follow"),
        ] {
            let error = Proxy::parse(text).unwrap_err().to_string();
            assert!(error.contains(problem), "{text}: {error}");
            assert!(error.contains("socks5://[USER:PASS@]HOST:PORT"), "{error}");
            assert!(!error.contains("hunter"), "{error}");
        }
    }

    #[test]
    fn neither_form_of_print_shows_the_password() {
        let proxy = Proxy::parse("socks5://me:hunter2@host:1").unwrap();
        assert!(!format!("{proxy} {proxy:?}").contains("hunter2"));
    }
}
