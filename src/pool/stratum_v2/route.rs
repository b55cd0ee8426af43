//! What a Stratum V2 URL says after the port: `/AUTHORITY_KEY?channel=standard&mask=1fffe000`.
//!
//! The key is base58check of `01 00` and the 32 bytes of the authority's x-only public key (sv2-spec 04, section 4.7). A URL without
//! one means no encryption, which the specification allows on local networks only.

use std::net::IpAddr;

use super::{ROLLABLE_BITS, noise};
use crate::algorithm::sha256d::SHA256D;
use crate::units::printable;

/// What stands before the key in its encoding: version 1.
const KEY_VERSION: [u8; 2] = [1, 0];

/// What a URL says of the way to a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route {
    /// The authority's key; `None`: no encryption.
    pub(super) key: Option<[u8; 32]>,
    /// A standard channel is wanted, not an extended one.
    pub(super) standard: bool,
    /// The version bits that the pool lets us roll, where it differs from the usual.
    pub(super) mask: Option<u32>,
}

impl Route {
    /// Reads what follows the port in a URL; `host` decides whether the key may be missing.
    ///
    /// # Errors
    /// What is wrong, for the person who wrote the URL.
    pub(super) fn parse(host: &str, path: &str) -> Result<Self, String> {
        let (key, options) = path.split_once('?').unwrap_or((path, ""));
        let mut route = Self {
            key: key_of(key.trim_matches('/'))?,
            standard: false,
            mask: None,
        };
        for option in options.split('&').filter(|option| !option.is_empty()) {
            route.set(option)?;
        }
        if route.key.is_none() && !is_local(host) {
            let problem = "the pool's authority key is missing; without one there is no encryption, \
                           which is allowed on a local network only";
            return Err(problem.to_owned());
        }
        Ok(route)
    }

    fn set(&mut self, option: &str) -> Result<(), String> {
        match option.split_once('=') {
            Some(("channel", "standard")) => self.standard = true,
            Some(("channel", "extended")) => self.standard = false,
            Some(("mask", mask)) => self.mask = Some(mask_of(mask)?),
            _ => {
                let option = printable(option, 40);
                return Err(format!(
                    "unknown option {option:?}; known are channel=standard, channel=extended and mask=HEX"
                ));
            }
        }
        Ok(())
    }
}

/// A key as a URL shows it.
pub(super) fn key_text(key: [u8; 32]) -> String {
    let mut bytes = [KEY_VERSION.as_slice(), &key].concat();
    bytes.extend(checksum(&bytes));
    bs58::encode(bytes).into_string()
}

fn key_of(text: &str) -> Result<Option<[u8; 32]>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |problem: &str| format!("the authority key {problem}; copy it again");
    let bytes = bs58::decode(text).into_vec();
    let bytes = bytes.map_err(|_| wrong("has characters that base58 has not"))?;
    let Some((content, sum)) = bytes.split_last_chunk::<4>() else {
        return Err(wrong("is too short"));
    };
    if checksum(content) != *sum {
        return Err(wrong("has a typing error: its checksum is wrong"));
    }
    let key = content.strip_prefix(&KEY_VERSION);
    let key = key.and_then(|key| <[u8; 32]>::try_from(key).ok());
    let key = key.ok_or_else(|| wrong("is of an unknown version or length"))?;
    if noise::is_public_key(&key) {
        Ok(Some(key))
    } else {
        Err(wrong("is no point of the curve"))
    }
}

fn checksum(bytes: &[u8]) -> [u8; 4] {
    let hash = SHA256D.hash(bytes);
    let [a, b, c, d, ..] = *hash.as_internal();
    [a, b, c, d]
}

fn mask_of(text: &str) -> Result<u32, String> {
    match u32::from_str_radix(text, 16) {
        Ok(mask) if mask & !ROLLABLE_BITS == 0 => Ok(mask),
        _ => Err(format!(
            "mask={} is no part of {ROLLABLE_BITS:08x}, the bits that may be rolled",
            printable(text, 20)
        )),
    }
}

/// Whether a host is of this machine or of a local network, as far as its name or address tells.
fn is_local(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => {
            ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
        }
        Err(_) => {
            let local = [".local", ".lan", ".internal", ".home.arpa", ".localhost"];
            !host.contains('.') || local.iter().any(|end| host.ends_with(end))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh";

    #[test]
    fn the_specifications_key_is_read_and_written() {
        let route = Route::parse("pool.example", &format!("/{KEY}")).unwrap();
        let key = "76637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a7455";
        assert_eq!(hex::encode(route.key.unwrap()), key);
        assert_eq!(key_text(route.key.unwrap()), KEY);
        assert_eq!((route.standard, route.mask), (false, None));
    }

    #[test]
    fn options_follow_the_key() {
        let path = format!("/{KEY}?channel=standard&mask=1fffe000");
        let route = Route::parse("pool.example", &path).unwrap();
        assert_eq!((route.standard, route.mask), (true, Some(0x1fff_e000)));
        for (options, problem) in [
            ("mask=20000000", "no part of 1fffffe0"),
            ("mask=x", "no part of"),
            ("colour=red", "unknown option \"colour=red\""),
        ] {
            let error = Route::parse("pool", &format!("/{KEY}?{options}")).unwrap_err();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn a_key_with_a_mistake_is_refused_with_the_mistake() {
        let mistyped = KEY.replacen('9', "8", 1);
        let longer = key_text_of(&[&[1, 0][..], &[7; 33]].concat());
        let versioned = key_text_of(&[&[2, 0][..], &[7; 32]].concat());
        let off_curve = key_text([0xff; 32]);
        for (key, problem) in [
            (mistyped.as_str(), "checksum"),
            ("0OIl", "base58"),
            ("abc", "too short"),
            (&longer, "version or length"),
            (&versioned, "version or length"),
            (&off_curve, "curve"),
        ] {
            let error = Route::parse("pool.example", &format!("/{key}")).unwrap_err();
            assert!(error.contains(problem), "{key}: {error}");
        }
    }

    fn key_text_of(content: &[u8]) -> String {
        let bytes = [content, &checksum(content)].concat();
        bs58::encode(bytes).into_string()
    }

    #[test]
    fn without_a_key_only_local_hosts_are_spoken_to() {
        for host in ["127.0.0.1", "10.1.2.3", "::1", "fd00::1", "rig", "rig.lan"] {
            assert_eq!(Route::parse(host, "").unwrap().key, None, "{host}");
        }
        for host in ["pool.example", "8.8.8.8", "2001:4860::1", "notlocal.com"] {
            let error = Route::parse(host, "").unwrap_err();
            assert!(
                error.contains("authority key is missing"),
                "{host}: {error}"
            );
        }
    }
}
