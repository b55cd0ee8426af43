//! What can go wrong between us and a pool, in words that say what to try.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::ProxyError;
use crate::pool::{CloseReason, Endpoint, Overlong, PlaceError, SessionError};
use crate::units::printable;

/// Why there is no connection, or none any more. The text of one cause is always the same, so that it can be told once.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// The name has no address.
    #[error(
        "the name {host:?} was not found ({source}); check its spelling and this machine's DNS"
    )]
    Name {
        /// What was asked for.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// Nobody listens there.
    #[error("connection refused by {at}; check the port, and that the pool is up")]
    Refused {
        /// The last address tried.
        at: SocketAddr,
    },
    /// The network does not lead there.
    #[error("cannot connect to {at}: {source}; check this machine's network")]
    Unreachable {
        /// The last address tried.
        at: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A step of connecting took too long.
    #[error("{step} {at} timed out after {} s; {hint}", .after.as_secs())]
    TimedOut {
        /// Which step.
        step: &'static str,
        /// With whom.
        at: String,
        /// After how long.
        after: Duration,
        /// What to try.
        hint: &'static str,
    },
    /// The port answers a TLS greeting with something else.
    #[error("the port answers, but not with TLS")]
    NotTls,
    /// The port hung up on a TLS greeting.
    #[error("the pool hung up during the TLS handshake")]
    TlsHungUp,
    /// The port says nothing to a TLS greeting.
    #[error("TLS handshake with {at} timed out after {} s", .after.as_secs())]
    TlsTimedOut {
        /// With whom.
        at: String,
        /// After how long.
        after: Duration,
    },
    /// The certificate is not to be trusted.
    #[error("the pool's certificate is refused: {problem}; {hint}")]
    Certificate {
        /// What is wrong with it.
        problem: String,
        /// What to try.
        hint: &'static str,
    },
    /// TLS failed otherwise.
    #[error("TLS handshake: {0}")]
    Tls(String),
    /// A certificate file cannot be read.
    #[error("--tls-ca {}: cannot be read: {source}", path.display())]
    CaUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A certificate file is of no use.
    #[error("--tls-ca {}: {problem}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// No proxy of this form.
    #[error(transparent)]
    ProxyUrl(#[from] ProxyError),
    /// The proxy itself cannot be reached.
    #[error("proxy {proxy}: {source}")]
    ProxyUnreachable {
        /// The proxy's URL without credentials.
        proxy: String,
        /// Why.
        source: Box<NetError>,
    },
    /// The proxy does not connect us.
    #[error("proxy {proxy}, asked for {target}: {problem}")]
    Proxy {
        /// The proxy's URL without credentials.
        proxy: String,
        /// Host and port asked for.
        target: String,
        /// What it said, and what to try.
        problem: String,
    },
    /// A plain connection was answered with TLS records.
    #[error("the answer looks like TLS")]
    LooksLikeTls,
    /// The connection was answered with HTTP.
    #[error(
        "the answer looks like HTTP: that port is a web server, not a Stratum pool; check the port"
    )]
    LooksLikeHttp,
    /// The pool closed the connection.
    #[error("the pool closed the connection")]
    Closed,
    /// Reading or writing failed.
    #[error("{step} the pool: {source}")]
    Io {
        /// What we did.
        step: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The pool's line has no end.
    #[error("the pool sent {0}; is it a Stratum port?")]
    Overlong(#[from] Overlong),
    /// A message dribbled in.
    #[error("a message from the pool took more than {} s", .0.as_secs())]
    SlowMessage(Duration),
    /// The pool does not read what we send.
    #[error("the pool takes no data any more")]
    NotReading,
    /// The port answers a request with something that is no HTTP.
    #[error("the answer is no HTTP ({0})")]
    NotHttp(String),
    /// An answer has more headers than any pool sends.
    #[error("the head of the pool's answer is too large")]
    HeadTooLarge,
    /// An answer is larger than any pool sends.
    #[error("the pool's answer has more than {0} bytes")]
    BodyTooLarge(usize),
    /// An answer cannot be decoded.
    #[error("the pool's answer cannot be read: {0}")]
    Encoding(&'static str),
    /// An answer dribbled in, or did not come at all.
    #[error("no whole answer from the pool within {} s", .0.as_secs())]
    SlowAnswer(Duration),
    /// The pool sends us where we do not go.
    #[error("refused to be sent to {to}: {reason}")]
    RedirectRefused {
        /// Where to, safe to show.
        to: String,
        /// Why not.
        reason: &'static str,
    },
    /// The pool sends us round and round.
    #[error("the pool's redirects have no end; the last led to {0}")]
    RedirectLoop(String),
    /// The pool names a place that is none.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The login file is of no use.
    #[error("--cookie {}: {problem}", path.display())]
    Cookie {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A message made the connection useless.
    #[error("unusable message from the pool: {0}")]
    Session(#[from] SessionError),
    /// The session gave the connection up.
    #[error(transparent)]
    Given(#[from] CloseReason),
}

impl NetError {
    /// The error in words, with what to try where it was met: which scheme, when TLS is on one side only.
    pub fn advised(&self, endpoint: &Endpoint) -> String {
        let protocol = endpoint.protocol;
        let scheme = |schemes: &[&'static str]| schemes.first().copied();
        let plain = scheme(protocol.plain_schemes).unwrap_or_default();
        match (self, scheme(protocol.tls_schemes)) {
            (Self::NotTls, _) => format!("{self}: use {plain}://, or the pool's TLS port"),
            (Self::TlsHungUp | Self::TlsTimedOut { .. }, _) => {
                format!("{self}; if the port is plain, use {plain}://")
            }
            (Self::LooksLikeTls, Some(secure)) => {
                format!("{self}: use {secure}://, or the pool's plain port")
            }
            (Self::LooksLikeTls, None) => format!("{self}: use the pool's plain port"),
            (Self::NotHttp(_), Some(secure)) => {
                format!("{self}; check the URL's port, and {plain}:// or {secure}://")
            }
            _ => self.to_string(),
        }
    }

    /// Whether the pool refused the worker, so that trying again soon is rude.
    pub fn is_refused_login(&self) -> bool {
        matches!(
            self,
            Self::Given(CloseReason::Refused { .. } | CloseReason::Misfit(_))
        )
    }

    /// Whether the pool forbids us to ask at all.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Given(CloseReason::Forbidden(_)))
    }

    /// What hyper says, `step` being what we did.
    pub(super) fn hyper(step: &'static str, error: &hyper::Error) -> Self {
        use std::error::Error as _;
        if error.is_parse_too_large() {
            return Self::HeadTooLarge;
        }
        if error.is_parse() {
            return Self::NotHttp(printable(&error.to_string(), 100));
        }
        let inner = error
            .source()
            .and_then(|source| source.downcast_ref::<io::Error>());
        match inner {
            Some(inner) => Self::io(step, io::Error::new(inner.kind(), inner.to_string())),
            None => Self::Closed,
        }
    }

    /// A read or write that failed, `step` being "reading from" or "writing to".
    pub(super) fn io(step: &'static str, source: io::Error) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        match source.kind() {
            BrokenPipe | ConnectionReset | UnexpectedEof => Self::Closed,
            _ => Self::Io { step, source },
        }
    }
}
