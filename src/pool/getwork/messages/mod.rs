//! getwork's bodies and headers.
//!
//! `data` and a submission hold 128 bytes: the 80-byte header with SHA-256's padding, the bytes of each 32-bit word reversed. The midstate's
//! words are little-endian, the target is a little-endian number (sheet section 1.1).

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use crate::pool::SessionError;
use crate::pool::http::request_body;
use crate::units::{CompactTarget, Hash256, Nonce, Target, printable};
use crate::work::{Header, HeaderTemplate};

/// Which message errors are about.
const STEP: &str = "getwork";

/// The lifetime of work whose pool names none.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(60);
/// The farthest that time is rolled, in seconds, as in cgminer.
const MAX_ROLL: u32 = 7000;

/// The extensions that we know; `midstate` says that we compute it ourselves.
pub(super) const EXTENSIONS: &str = "longpoll midstate rollntime submitold";

/// One answer's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Work {
    /// The header; the nonce given is the pool's text and means nothing.
    pub(super) header: HeaderTemplate,
    /// What a share must meet.
    pub(super) target: Target,
    /// What a block must meet.
    pub(super) network_target: Target,
    /// Whether shares of older work still count.
    pub(super) submit_old: bool,
    /// The nonces allowed, as numbers.
    pub(super) nonces: Range<u64>,
    /// Whether a midstate was given that is not this header's.
    pub(super) wrong_midstate: bool,
}

#[derive(Deserialize)]
#[serde(expecting = "work")]
struct RawWork {
    data: String,
    target: String,
    midstate: Option<String>,
    submitold: Option<bool>,
    noncerange: Option<String>,
    algorithm: Option<String>,
}

/// An error about getwork's answer.
pub(super) fn wrong(problem: impl Into<String>) -> SessionError {
    SessionError {
        step: STEP,
        problem: problem.into(),
        fatal: false,
    }
}

impl Work {
    /// Reads an answer's body.
    ///
    /// # Errors
    /// What is wrong with it, or what the pool says instead of work.
    pub(super) fn parse(body: &[u8]) -> Result<Self, SessionError> {
        let answer = crate::pool::http::answer::<RawWork>(body).map_err(wrong)?;
        match answer {
            Ok(Some(raw)) => Self::check(&raw),
            Ok(None) => Err(wrong("an answer without result and without error")),
            Err(error) => Err(wrong(format!("the pool says: {}", error.text))),
        }
    }

    fn check(raw: &RawWork) -> Result<Self, SessionError> {
        if let Some(other) = raw.algorithm.as_deref().filter(|name| !is_sha256d(name)) {
            let problem = format!("work for {:?}, and this is SHA-256d", printable(other, 40));
            return Err(wrong(problem));
        }
        let header = header_of(&raw.data)?;
        let target = Target::from_le_bytes(bytes::<32>("target", &raw.target)?);
        let network_target = CompactTarget::from_consensus(header.nbits())
            .to_target()
            .map_err(|error| wrong(error.to_string()))?;
        if target.to_le_bytes() == [0; 32] {
            return Err(wrong("a target of zero, which no hash meets"));
        }
        let given = raw.midstate.as_deref().filter(|text| !text.is_empty());
        let right = header.midstate().to_le_bytes();
        Ok(Self {
            header: template_of(&header),
            target,
            network_target,
            submit_old: raw.submitold.unwrap_or(false),
            nonces: raw.noncerange.as_deref().map_or(Ok(0..1 << 32), nonces)?,
            wrong_midstate: given
                .is_some_and(|text| !text.eq_ignore_ascii_case(&hex::encode(right))),
        })
    }
}

fn is_sha256d(name: &str) -> bool {
    ["sha256d", "sha256", "double-sha256"]
        .iter()
        .any(|known| name.to_ascii_lowercase().starts_with(known))
}

fn bytes<const N: usize>(what: &str, text: &str) -> Result<[u8; N], SessionError> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| {
        let got = printable(text, 80);
        wrong(format!(
            "{what} must be {} hex digits, got {:?} ({} characters)",
            2 * N,
            got,
            text.len()
        ))
    })?;
    Ok(bytes)
}

fn nonces(text: &str) -> Result<Range<u64>, SessionError> {
    let range = u64::from_be_bytes(bytes::<8>("noncerange", text)?);
    let (first, last) = (range >> 32, range & 0xffff_ffff);
    if first > last {
        return Err(wrong(format!("noncerange {text} is empty")));
    }
    Ok(first..last + 1)
}

/// What follows the header in `data`: the padding of an 80-byte message.
fn padding() -> [u8; 48] {
    let mut padding = [0; 48];
    padding[0] = 0x80;
    padding[46..].copy_from_slice(&640_u16.to_be_bytes());
    padding
}

fn swap_words(bytes: &mut [u8]) {
    for word in bytes.chunks_exact_mut(4) {
        word.reverse();
    }
}

fn header_of(data: &str) -> Result<Header, SessionError> {
    let mut bytes = bytes::<128>("data", data)?;
    swap_words(&mut bytes);
    let (header, rest) = bytes.split_at(80);
    if rest != padding() {
        return Err(wrong(
            "data does not end with the padding of an 80-byte header",
        ));
    }
    let header = header.try_into().expect("it was split at 80");
    Ok(Header::from_bytes(header))
}

fn template_of(header: &Header) -> HeaderTemplate {
    let bytes = header.as_bytes();
    let hash = |at: usize| {
        let hash = bytes[at..at + 32]
            .try_into()
            .expect("the range has 32 bytes");
        Hash256::from_internal(hash)
    };
    HeaderTemplate {
        version: header.version(),
        previous: hash(4),
        merkle_root: hash(36),
        ntime: header.ntime(),
        nbits: header.nbits(),
    }
}

/// `data` of a header, as a submission has it.
pub(super) fn data_of(header: &HeaderTemplate, ntime: u32, nonce: Nonce) -> String {
    let header = header.header(header.version, ntime).with_nonce(nonce);
    let mut bytes = [0; 128];
    bytes[..80].copy_from_slice(header.as_bytes());
    bytes[80..].copy_from_slice(&padding());
    swap_words(&mut bytes);
    hex::encode(bytes)
}

/// The body that asks for work.
pub(super) fn ask() -> Bytes {
    request_body(0, "getwork", &json!([]))
}

/// The body that hands a share in.
pub(super) fn submission(data: &str) -> Bytes {
    request_body(1, "getwork", &json!([data]))
}

/// What `X-Roll-NTime` allows for the one work that it came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rolling {
    /// How many seconds the time may be rolled.
    pub(super) seconds: u32,
    /// How long the work lives.
    pub(super) lifetime: Duration,
}

impl Rolling {
    /// Reads the header; `None`: there was none.
    pub(super) fn of(header: Option<&str>) -> Self {
        let not_at_all = Self {
            seconds: 0,
            lifetime: DEFAULT_LIFETIME,
        };
        let Some(text) = header.map(|text| text.trim().to_ascii_lowercase()) else {
            return not_at_all;
        };
        if text.is_empty() || text.starts_with('n') {
            return not_at_all;
        }
        let expire = text
            .strip_prefix("expire=")
            .and_then(|number| number.trim().parse().ok());
        let seconds = expire
            .unwrap_or(DEFAULT_LIFETIME.as_secs())
            .clamp(1, MAX_ROLL.into());
        Self {
            seconds: seconds as u32,
            lifetime: Duration::from_secs(seconds),
        }
    }
}

#[cfg(test)]
mod tests;
