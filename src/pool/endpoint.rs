//! Where a pool is: its URL, checked.

use std::fmt;

use super::{PROTOCOLS, Protocol};

/// Where a pool is and what it speaks. Never holds user or password.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// What it speaks.
    pub protocol: &'static Protocol,
    /// Whether the connection is TLS.
    pub tls: bool,
    /// Host name or address, IPv6 without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// Why a text is no pool URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Not of the form `scheme://host:port`.
    #[error("{url:?} is no pool URL: {problem}; try stratum+tcp://HOST:PORT")]
    Malformed {
        /// The text, without credentials.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// No protocol has this scheme.
    #[error("unknown scheme {scheme:?}; known are {known}")]
    Scheme {
        /// The scheme.
        scheme: String,
        /// Those that exist.
        known: String,
    },
}

impl fmt::Display for Endpoint {
    /// The canonical URL, without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schemes = if self.tls {
            self.protocol.tls_schemes
        } else {
            self.protocol.plain_schemes
        };
        let scheme = schemes.first().copied().unwrap_or_default();
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

/// Every scheme that some protocol has.
pub(crate) fn known_schemes() -> impl Iterator<Item = &'static str> {
    PROTOCOLS
        .iter()
        .flat_map(|protocol| protocol.plain_schemes.iter().chain(protocol.tls_schemes))
        .copied()
}
