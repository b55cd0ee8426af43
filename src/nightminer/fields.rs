//! A job's fields as `mining.notify` writes them.

use super::HandError;
use crate::units::{Hash256, printable};
use crate::work::HeaderTemplate;

/// The parameters of `mining.notify`, all in hex as they stand there.
#[derive(Debug, Clone, Copy)]
pub struct JobFields<'a> {
    /// The pool's name of the job.
    pub job_id: &'a str,
    /// Hash of the previous block; each of its 32-bit words byte by byte reversed.
    pub prevhash: &'a str,
    /// The coinbase transaction before the extranonces.
    pub coinb1: &'a str,
    /// The coinbase transaction after them.
    pub coinb2: &'a str,
    /// The merkle branch, leaf side first.
    pub merkle_branches: &'a [&'a str],
    /// Block version, most significant byte first.
    pub version: &'a str,
    /// Compact network target, most significant byte first.
    pub nbits: &'a str,
    /// Unix time, most significant byte first.
    pub ntime: &'a str,
}

pub(super) struct Decoded {
    pub(super) header: HeaderTemplate,
    pub(super) prefix: Vec<u8>,
    pub(super) suffix: Vec<u8>,
    pub(super) branch: Vec<[u8; 32]>,
}

impl JobFields<'_> {
    pub(super) fn decode(&self) -> Result<Decoded, HandError> {
        let mut previous = hash("prevhash", self.prevhash)?;
        previous.chunks_exact_mut(4).for_each(<[u8]>::reverse);
        let steps = self.merkle_branches.iter();
        Ok(Decoded {
            header: HeaderTemplate {
                version: word("version", self.version)?,
                previous: Hash256::from_internal(previous),
                merkle_root: Hash256::ZERO,
                ntime: word("ntime", self.ntime)?,
                nbits: word("nbits", self.nbits)?,
            },
            prefix: bytes("coinb1", self.coinb1)?,
            suffix: bytes("coinb2", self.coinb2)?,
            branch: steps
                .map(|step| hash("merkle_branches", step))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// The header whose first 76 bytes these are.
pub(super) fn header(prefix: &[u8; 76]) -> HeaderTemplate {
    let word = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| prefix[at + i]));
    let hash = |at: usize| Hash256::from_internal(std::array::from_fn(|i| prefix[at + i]));
    HeaderTemplate {
        version: word(0),
        previous: hash(4),
        merkle_root: hash(36),
        ntime: word(68),
        nbits: word(72),
    }
}

fn bytes(field: &'static str, text: &str) -> Result<Vec<u8>, HandError> {
    hex::decode(text).map_err(|_| wrong(field, "bytes in hex", text))
}

fn hash(field: &'static str, text: &str) -> Result<[u8; 32], HandError> {
    let bytes = bytes(field, text)?;
    bytes
        .try_into()
        .map_err(|_| wrong(field, "64 hex digits", text))
}

fn word(field: &'static str, text: &str) -> Result<u32, HandError> {
    let bytes: [u8; 4] = bytes(field, text)?
        .try_into()
        .map_err(|_| wrong(field, "8 hex digits", text))?;
    Ok(u32::from_be_bytes(bytes))
}

fn wrong(field: &'static str, expected: &'static str, got: &str) -> HandError {
    HandError::Field {
        field,
        expected,
        got: printable(got, 80),
    }
}
