//! Where a pool is: its URL, checked; and where a pool may send us.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use super::{OPTIONAL_SCHEMES, PROTOCOLS, Protocol, UrlPath};
use crate::units::{Secret, printable};

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
    /// What follows the port, from its `/` on, where the protocol gives it a meaning; else empty.
    pub path: String,
}

/// User and password that stood in a URL (`scheme://user:password@host`), percent-decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    /// Worker name, if the URL had one.
    pub user: Option<String>,
    /// Password, if the URL had one.
    pub pass: Option<Secret>,
}

/// Why a text is no pool URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Not of the form `scheme://host:port`.
    #[error("{url:?} is no pool URL: {problem}; try {form}")]
    Malformed {
        /// The text, without credentials.
        url: String,
        /// What is wrong.
        problem: String,
        /// What URLs of that scheme look like.
        form: String,
    },
    /// This build was made without the protocol.
    #[error(
        "{scheme}:// is not in this build, which was made without the cargo feature {feature:?}; build it with that"
    )]
    LeftOut {
        /// The scheme.
        scheme: &'static str,
        /// What brings it.
        feature: &'static str,
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

impl Endpoint {
    /// Reads `scheme://[user[:password]@]host[:port]`; a bare `host:port` is the first protocol without TLS.
    ///
    /// A fragment (`#xnsub`) is ignored. The credentials are given apart, so that the endpoint can be shown and logged.
    ///
    /// # Errors
    /// [`EndpointError`], which never repeats user or password.
    pub fn parse(text: &str) -> Result<(Self, Credentials), EndpointError> {
        let text = text.trim();
        let malformed_as = |form: String, problem: &str| EndpointError::Malformed {
            url: without_credentials(text),
            problem: problem.to_owned(),
            form,
        };
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => (canonical_scheme().to_owned(), text),
        };
        if !is_scheme(&scheme) {
            let form = form_of(canonical_scheme(), UrlPath::Refused);
            return Err(malformed_as(form, "it does not begin with a scheme"));
        }
        let (protocol, tls) = protocol_of(&scheme)?;
        let malformed = |problem: &str| malformed_as(form_of(&scheme, protocol.path), problem);
        let url =
            Url::parse(&format!("{scheme}://{rest}")).map_err(|error| malformed(&reason(error)))?;
        let path = path_of(&url, protocol.path)
            .ok_or_else(|| malformed("there is something after the port"))?;
        let host = host_of(&url).ok_or_else(|| malformed("the host is missing or unusable"))?;
        // The URL library leaves a port out that is the scheme's own: 80 for http, 443 for https.
        let port = url.port_or_known_default().unwrap_or(protocol.default_port);
        if port == 0 {
            return Err(malformed("the port must be 1 to 65535"));
        }
        if let UrlPath::Checked { check, .. } = protocol.path {
            check(&host, &path).map_err(|problem| malformed(&problem))?;
        }
        let endpoint = Self {
            protocol,
            tls,
            host,
            port,
            path,
        };
        Ok((endpoint, credentials_of(&url)))
    }
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
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)?;
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)?;
        }
        f.write_str(&self.path)
    }
}

/// Every scheme that some protocol has.
pub(crate) fn known_schemes() -> impl Iterator<Item = &'static str> {
    PROTOCOLS
        .iter()
        .flat_map(|protocol| protocol.plain_schemes.iter().chain(protocol.tls_schemes))
        .copied()
}

/// Whether a pool at host `from` may send us to host `to` (`client.reconnect`): the same host, or one of the same registered
/// domain.
///
/// The list of public suffixes says where a registered domain begins (<https://publicsuffix.org>), the suffixes under which a provider gives
/// names to anybody (`duckdns.org`, `github.io`) included. Addresses and bare names are nobody's siblings.
pub fn may_redirect(from: &str, to: &str) -> bool {
    let (from, to) = (normalised(from), normalised(to));
    if from == to {
        return !to.is_empty();
    }
    match (domain(&from), domain(&to)) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => false,
    }
}

fn normalised(host: &str) -> String {
    let host = host.trim_start_matches('[').trim_end_matches([']', '.']);
    host.to_ascii_lowercase()
}

fn domain(host: &str) -> Option<&str> {
    if host.parse::<IpAddr>().is_ok() || host.split('.').any(str::is_empty) {
        return None;
    }
    psl::domain_str(host)
}

fn canonical_scheme() -> &'static str {
    known_schemes().next().unwrap_or_default()
}

/// What URLs of this scheme look like.
fn form_of(scheme: &str, path: UrlPath) -> String {
    let path = match path {
        UrlPath::Checked { form, .. } => form,
        UrlPath::Refused | UrlPath::Taken => "",
    };
    format!("{scheme}://HOST:PORT{path}")
}

/// Whether a text can be a scheme at all (RFC 3986); what cannot might hold a password.
fn is_scheme(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}

fn protocol_of(scheme: &str) -> Result<(&'static Protocol, bool), EndpointError> {
    let has = |schemes: &[&str]| schemes.contains(&scheme);
    PROTOCOLS
        .iter()
        .find_map(|protocol| {
            let tls = has(protocol.tls_schemes);
            (tls || has(protocol.plain_schemes)).then_some((*protocol, tls))
        })
        .ok_or_else(|| unknown(scheme))
}

fn unknown(scheme: &str) -> EndpointError {
    let left_out = OPTIONAL_SCHEMES.iter().find(|(known, _)| *known == scheme);
    match *left_out.unwrap_or(&("", "")) {
        ("", _) => EndpointError::Scheme {
            scheme: printable(scheme, 40),
            known: known_schemes().collect::<Vec<_>>().join(", "),
        },
        (scheme, feature) => EndpointError::LeftOut { scheme, feature },
    }
}

/// The URL parser's complaint in this program's words.
fn reason(error: url::ParseError) -> String {
    match error {
        url::ParseError::InvalidPort => "the port must be 1 to 65535".to_owned(),
        url::ParseError::EmptyHost => "the host is missing or unusable".to_owned(),
        other => other.to_string(),
    }
}

/// What follows the port, query included; `None`: there is something, and the protocol knows no use for it.
fn path_of(url: &Url, rule: UrlPath) -> Option<String> {
    let query = url.query().map(|query| format!("?{query}"));
    let path = format!("{}{}", url.path(), query.unwrap_or_default());
    match (path.as_str(), rule) {
        ("" | "/", _) => Some(String::new()),
        (_, UrlPath::Taken | UrlPath::Checked { .. }) => Some(path),
        (_, UrlPath::Refused) => None,
    }
}

/// The host: names in lower case and ASCII (IDNA), IPv6 without brackets.
fn host_of(url: &Url) -> Option<String> {
    match url.host()? {
        Host::Domain(name) => match Host::parse(&percent_decoded(name)).ok()? {
            Host::Domain(name) => (!name.is_empty()).then_some(name),
            address => Some(address.to_string()),
        },
        Host::Ipv4(address) => Some(address.to_string()),
        Host::Ipv6(address) => Some(address.to_string()),
    }
}

fn credentials_of(url: &Url) -> Credentials {
    let user = percent_decoded(url.username());
    Credentials {
        user: (!user.is_empty()).then_some(user),
        pass: url
            .password()
            .map(|pass| Secret::new(percent_decoded(pass))),
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let mut value = [0];
        let escaped = *first == b'%' && after.len() >= 2;
        if escaped && hex::decode_to_slice(&after[..2], &mut value).is_ok() {
            bytes.push(value[0]);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `text` without anything that could be user or password: whatever stands before the last `@` goes, but for a scheme. What
/// stands before `://` may be the beginning of a password (`me:hunter://2@pool`), so it must look like a scheme.
fn without_credentials(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme, rest),
        _ => ("", text),
    };
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let separator = if scheme.is_empty() { "" } else { "://" };
    printable(&format!("{scheme}{separator}{rest}"), 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Endpoint::parse(text).unwrap().0.to_string()
    }

    fn refused(text: &str) -> String {
        Endpoint::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn every_form_becomes_the_canonical_one() {
        let plain = "stratum+tcp://pool.example:3333";
        for text in [
            plain,
            "pool.example",
            "pool.example:3333",
            " STRATUM+TCP://Pool.Example ",
            "stratum+tcp://u:p@pool.example/",
            "stratum+tcp://pool.example/#xnsub",
        ] {
            assert_eq!(shown(text), plain, "{text}");
        }
        for scheme in ["stratum+ssl", "stratum+tls", "stratum+tcps"] {
            let url = format!("{scheme}://[::1]:443");
            assert_eq!(shown(&url), "stratum+ssl://[::1]:443");
        }
        assert_eq!(shown("[fe80::1]:1"), "stratum+tcp://[fe80::1]:1");
        assert_eq!(shown("192.0.2.7:25"), "stratum+tcp://192.0.2.7:25");
        assert_eq!(
            shown("stratum+tcp://B\u{fc}cher.example"),
            "stratum+tcp://xn--bcher-kva.example:3333"
        );
    }

    #[test]
    fn requests_go_to_the_ports_of_the_web_unless_another_is_named() {
        for (text, expected) in [
            ("http://pool.example", "http://pool.example:80"),
            ("http://pool.example:80/x?y", "http://pool.example:80/x?y"),
            ("https://u:p@pool.example/", "https://pool.example:443"),
            ("http://pool.example:8332/a", "http://pool.example:8332/a"),
            ("gbt+http://127.0.0.1", "gbt+http://127.0.0.1:8332"),
            (
                "gbt+https://node.example:1/wallet/x",
                "gbt+https://node.example:1/wallet/x",
            ),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn credentials_are_decoded_and_kept_apart() {
        let (endpoint, credentials) =
            Endpoint::parse("stratum+tcp://me%40home.rig:p%3Ax%2F@pool.example:1").unwrap();
        assert_eq!(credentials.user.as_deref(), Some("me@home.rig"));
        assert_eq!(credentials.pass.unwrap().expose(), "p:x/");
        assert_eq!(endpoint.to_string(), "stratum+tcp://pool.example:1");
        let (_, none) = Endpoint::parse("pool.example").unwrap();
        assert_eq!(none, Credentials::default());
    }

    #[test]
    fn what_is_wrong_is_said() {
        let unknown = refused("foo://bar");
        let start = "unknown scheme \"foo\"; known are stratum+tcp, stratum+ssl, stratum+tls";
        assert!(unknown.starts_with(start), "{unknown}");
        for port in ["0", "65536", "99999", "x", "-1"] {
            let error = refused(&format!("stratum+tcp://pool.example:{port}"));
            assert!(error.contains("port must be 1 to 65535"), "{error}");
        }
        for text in ["", "stratum+tcp://", "stratum+tcp://:3333", ":3333"] {
            assert!(refused(text).contains("host"), "{}", refused(text));
        }
        assert!(refused("stratum+tcp://pool.example/path").contains("after the port"));
        for (text, form) in [
            ("hun?ter://2", "try stratum+tcp://HOST:PORT"),
            (":0", "try stratum+tcp://HOST:PORT"),
            ("gbt+http://x:0", "try gbt+http://HOST:PORT"),
            #[cfg(feature = "sv2")]
            (
                "stratum2+tcp://x/abc",
                "try stratum2+tcp://HOST:PORT/AUTHORITY_KEY",
            ),
        ] {
            assert!(refused(text).ends_with(form), "{}", refused(text));
        }
    }

    #[cfg(feature = "sv2")]
    #[test]
    fn what_follows_the_port_is_kept_where_it_means_something_and_checked() {
        let key = "9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh";
        let url = format!("stratum2+tcp://pool.example:3336/{key}?channel=standard");
        let (endpoint, _) = Endpoint::parse(&url).unwrap();
        assert_eq!(endpoint.path, format!("/{key}?channel=standard"));
        assert_eq!(endpoint.to_string(), url);
        assert!(refused("stratum2+tcp://pool.example/nokey").contains("authority key"));
        assert_eq!(
            shown("stratum2+tcp://127.0.0.1"),
            "stratum2+tcp://127.0.0.1:3336"
        );
    }

    #[cfg(not(feature = "sv2"))]
    #[test]
    fn a_protocol_that_was_left_out_says_what_brings_it() {
        let error = refused("stratum2+tcp://pool.example");
        assert!(error.contains("cargo feature \"sv2\""), "{error}");
    }

    #[test]
    fn no_error_repeats_the_password() {
        for text in [
            "stratum+tcp://me:hunter2@pool.example:99999",
            "stratum+tcp://me:hun@ter2@:1",
            "me:hunter2@pool.example:0",
            "me:hunter2@foo://x@pool:0",
            "me:hunter://2@pool",
            "stratum+tcp://me:hun/ter2@pool.example",
        ] {
            let error = refused(text);
            assert!(
                !error.contains("ter2") && !error.contains("hun"),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn redirects_stay_in_the_family() {
        for (from, to, allowed) in [
            ("stratum.pool.com", "eu.pool.com", true),
            ("Stratum.Pool.com.", "stratum.pool.com", true),
            ("pool.com", "eu.pool.com", true),
            ("localhost", "localhost", true),
            ("10.0.0.1", "10.0.0.1", true),
            ("[::1]", "::1", true),
            ("pool.com", "evil.com", false),
            ("stratum.pool.com", "pool.com.evil.com", false),
            ("pool.co.uk", "evil.co.uk", false),
            ("pool.co.uk", "eu.pool.co.uk", true),
            ("pool.example.com.au", "evil.com.au", false),
            ("a.b.pool.com", "c.pool.com", true),
            ("mypool.duckdns.org", "evil.duckdns.org", false),
            ("mypool.github.io", "evil.github.io", false),
            (
                "ec2-1.compute-1.amazonaws.com",
                "ec2-2.compute-1.amazonaws.com",
                false,
            ),
            ("eu.mypool.duckdns.org", "mypool.duckdns.org", true),
            ("10.0.0.1", "11.0.0.1", false),
            ("localhost", "pool", false),
            ("", "", false),
            ("pool.com", ".pool.com", false),
        ] {
            assert_eq!(may_redirect(from, to), allowed, "{from} -> {to}");
        }
    }
}
