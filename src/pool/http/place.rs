//! Where a request goes: a URL reference (RFC 3986) resolved against the pool's own URL.

use std::fmt;

use url::{Host, Url};

use crate::pool::Endpoint;
use crate::units::printable;

/// The longest reference that is taken, in bytes.
const MAX_REFERENCE: usize = 2048;

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HttpPlace {
    /// Whether the connection is TLS.
    pub tls: bool,
    /// Host name or address, IPv6 without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Path and query, from the `/` on.
    pub path: String,
}

/// Why a text leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reference:?} leads nowhere: {problem}")]
pub struct PlaceError {
    reference: String,
    problem: String,
}

impl HttpPlace {
    /// The pool's own URL.
    pub fn of(endpoint: &Endpoint) -> Self {
        let path = match endpoint.path.as_str() {
            "" => "/".to_owned(),
            path => path.to_owned(),
        };
        Self {
            tls: endpoint.tls,
            host: endpoint.host.clone(),
            port: endpoint.port,
            path,
        }
    }

    /// Where `reference` leads from here: empty: here; a path, or a whole URL.
    ///
    /// # Errors
    /// [`PlaceError`] for what is no reference, or another scheme than `http` and `https`.
    pub fn join(&self, reference: &str) -> Result<Self, PlaceError> {
        if reference.is_empty() {
            return Ok(self.clone());
        }
        let wrong = |problem: &str| PlaceError {
            reference: printable(reference, 200),
            problem: problem.to_owned(),
        };
        if reference.len() > MAX_REFERENCE {
            return Err(wrong("it is too long"));
        }
        let base = Url::parse(&self.to_string()).map_err(|error| wrong(&error.to_string()))?;
        let url = base
            .join(reference.trim())
            .map_err(|error| wrong(&error.to_string()))?;
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(wrong("it is neither http nor https")),
        };
        let query = url.query().map(|query| format!("?{query}"));
        Ok(Self {
            tls,
            host: host_of(&url).ok_or_else(|| wrong("it has no host"))?,
            port: url
                .port_or_known_default()
                .filter(|port| *port != 0)
                .ok_or_else(|| wrong("there is no port 0"))?,
            path: format!("{}{}", url.path(), query.unwrap_or_default()),
        })
    }

    /// Host and port as a `Host` header has them.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Whether both are reached by one connection.
    pub fn shares_connection(&self, other: &Self) -> bool {
        (self.tls, &self.host, self.port) == (other.tls, &other.host, other.port)
    }
}

impl fmt::Display for HttpPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

fn host_of(url: &Url) -> Option<String> {
    match url.host()? {
        Host::Domain(name) => (!name.is_empty()).then(|| name.to_owned()),
        Host::Ipv4(address) => Some(address.to_string()),
        Host::Ipv6(address) => Some(address.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> HttpPlace {
        let start = HttpPlace {
            tls: false,
            host: "start.example".into(),
            port: 1,
            path: "/".into(),
        };
        start.join(text).unwrap()
    }

    #[test]
    fn references_are_resolved_as_in_rfc_3986() {
        for (base, reference, expected) in [
            ("http://p.example:8337/", "/LP", "http://p.example:8337/LP"),
            ("http://p.example:8337", "/LP", "http://p.example:8337/LP"),
            (
                "http://p.example:8337/a/b?c",
                "/LP",
                "http://p.example:8337/LP",
            ),
            (
                "http://p.example:8337/a/b",
                "LP?x=1",
                "http://p.example:8337/a/LP?x=1",
            ),
            ("http://p.example:8337/a/b", "", "http://p.example:8337/a/b"),
            (
                "http://p.example:8337/",
                "http://lp.p.example:9000/w",
                "http://lp.p.example:9000/w",
            ),
            ("https://p.example/", "/LP", "https://p.example:443/LP"),
            (
                "http://p.example/",
                "//other.example/x",
                "http://other.example:80/x",
            ),
            ("http://[::1]:8/", "/LP", "http://[::1]:8/LP"),
        ] {
            assert_eq!(place(base).join(reference).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn polls_are_where_the_published_vectors_have_them() {
        let text = include_str!("../../../tests/data/http-pools.json");
        let vectors: serde_json::Value = serde_json::from_str(text).unwrap();
        let rows = vectors["getwork"]["long_poll_uri_resolution"].as_array();
        for row in rows.unwrap() {
            let [base, header, resolved] =
                ["base", "header", "resolved"].map(|key| row[key].as_str().unwrap());
            assert_eq!(place(base).join(header).unwrap().to_string(), resolved);
        }
    }

    #[test]
    fn what_leads_nowhere_is_named() {
        let base = place("http://p.example/");
        for (reference, problem) in [
            ("ftp://p.example/", "neither http nor https"),
            ("javascript:1", "neither http nor https"),
            ("http://", "host"),
            ("http://p.example:0/", "port 0"),
            (&"x".repeat(3000), "too long"),
        ] {
            let error = base.join(reference).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
