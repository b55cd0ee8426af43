//! The SOCKS5 proxy: its URL, checked.

use std::fmt;

use url::{Host, Url};

use crate::units::{Secret, printable};

/// A SOCKS5 proxy. Host names are resolved by the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Host name or address, IPv6 without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// User and password.
    pub login: Option<(String, Secret)>,
}

const FORM: &str = "expected socks5://[USER:PASS@]HOST:PORT";

impl Proxy {
    /// Parses `socks5://[USER:PASS@]HOST[:PORT]` (`socks5h` too); the port is 1080 unless given. The error never shows credentials.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("{FORM}: {error}"))?;
        if !matches!(url.scheme(), "socks5" | "socks5h") {
            let scheme = printable(url.scheme(), 40);
            return Err(format!("{FORM}, got the scheme {scheme:?}"));
        }
        let host = match url.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => return Err(format!("{FORM}: no host")),
        };
        Ok(Self {
            host,
            port: url.port().unwrap_or(1080),
            login: login(&url)?,
        })
    }
}

fn login(url: &Url) -> Result<Option<(String, Secret)>, String> {
    if url.username().is_empty() {
        return Ok(None);
    }
    let pass = unescape(url.password().unwrap_or_default())?;
    Ok(Some((unescape(url.username())?, Secret::new(pass))))
}

/// Undoes `%41`.
fn unescape(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let digits = rest.get(at + 1..at + 3);
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.ok_or("user or password has a bad % escape")?);
        rest = &rest[at + 3..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).map_err(|_| "user or password is no UTF-8".to_owned())
}

impl fmt::Display for Proxy {
    /// The URL, with `***` for the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("socks5://")?;
        if let Some((user, pass)) = &self.login {
            write!(f, "{user}:{pass}@")?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let proxy = Proxy::parse("socks5://me:s%40cret@tor.local:9050").unwrap();
        assert_eq!((proxy.host.as_str(), proxy.port), ("tor.local", 9050));
        assert_eq!(proxy.login.as_ref().unwrap().1.expose(), "s@cret");
        assert_eq!(proxy.to_string(), "socks5://me:***@tor.local:9050");
        let proxy = Proxy::parse("socks5h://[::1]").unwrap();
        assert_eq!(proxy.to_string(), "socks5://[::1]:1080");
    }

    #[test]
    fn errors_do_not_show_the_password() {
        for bad in [
            "http://me:hunter2@host:1",
            "socks5://me:hunter2@host:99999",
            "socks5://me:hunter2%zz@host",
            "me:hunter2@host:1",
        ] {
            let error = Proxy::parse(bad).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
