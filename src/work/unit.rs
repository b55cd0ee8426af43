//! One thing to hash, and what a board says of it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::{Checked, Header, Job, Share};
use crate::algorithm::{NonceField, Proof};
use crate::units::{Nonce, Target};

/// Bytes to hash with a place for a nonce; kept in place, so that a unit is copied without allocation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HashInput {
    bytes: [u8; HashInput::MAX],
    len: u8,
    field: NonceField,
}

impl HashInput {
    /// The longest input that is taken, in bytes.
    pub const MAX: usize = 128;

    /// An 80-byte header: the nonce is its last four bytes.
    pub fn from_header(header: Header) -> Self {
        let mut bytes = [0; Self::MAX];
        bytes[..80].copy_from_slice(header.as_bytes());
        Self {
            bytes,
            len: 80,
            field: NonceField::HEADER,
        }
    }

    /// Any bytes with a nonce in `field`; `None`: too many, or the field (1 to 8 bytes) is not within them.
    pub fn new(input: &[u8], field: NonceField) -> Option<Self> {
        let end = usize::from(field.at()) + usize::from(field.len());
        if !(1..=8).contains(&field.len()) || end > input.len() {
            return None;
        }
        let mut bytes = [0; Self::MAX];
        bytes.get_mut(..input.len())?.copy_from_slice(input);
        Some(Self {
            bytes,
            len: input.len() as u8,
            field,
        })
    }

    /// A digest and the 8 bytes of nonce after it.
    pub(super) fn of_digest(digest_and_nonce: &[u8; 40]) -> Self {
        let mut bytes = [0; Self::MAX];
        bytes[..40].copy_from_slice(digest_and_nonce);
        Self {
            bytes,
            len: 40,
            field: NonceField::new(32, 8),
        }
    }

    /// Where the nonce stands.
    pub fn field(&self) -> NonceField {
        self.field
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The bytes, to be searched in place.
    pub fn as_bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..usize::from(self.len)]
    }

    /// The input as a block header, if it has the shape of one.
    pub fn to_header(&self) -> Option<Header> {
        let bytes: [u8; 80] = self.as_bytes().try_into().ok()?;
        (self.field == NonceField::HEADER).then(|| Header::from_bytes(bytes))
    }

    /// The same input with `nonce` in its place, least significant byte first.
    pub fn with_nonce(mut self, nonce: Nonce) -> Self {
        self.field.write(&mut self.bytes, nonce);
        self
    }
}

impl fmt::Debug for HashInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HashInput({})", hex::encode(self.as_bytes()))
    }
}

/// The miner's part of the coinbase, 0 to 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Extranonce2 {
    bytes: [u8; 16],
    len: u8,
}

impl Extranonce2 {
    /// A field of `len` bytes (at most 16) that counts: the counter's least significant byte comes first.
    pub fn from_counter(counter: u64, len: usize) -> Self {
        let mut bytes = [0; 16];
        let len = len.min(16);
        let used = len.min(8);
        bytes[..used].copy_from_slice(&counter.to_le_bytes()[..used]);
        Self {
            bytes,
            len: len as u8,
        }
    }

    /// From the very bytes, at most 16 of them.
    pub fn from_bytes(value: &[u8]) -> Option<Self> {
        let mut bytes = [0; 16];
        bytes.get_mut(..value.len())?.copy_from_slice(value);
        Some(Self {
            bytes,
            len: value.len() as u8,
        })
    }

    /// The bytes as they stand in the coinbase.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    pub(super) fn as_padded(&self) -> &[u8; 16] {
        &self.bytes
    }
}

impl fmt::Debug for Extranonce2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extranonce2({})", hex::encode(self.as_bytes()))
    }
}

/// What was rolled to make a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rolled {
    /// The miner's part of the coinbase.
    pub extranonce2: Extranonce2,
    /// The header's time stamp, Unix seconds.
    pub ntime: u32,
    /// The header's version.
    pub version: u32,
}

/// One thing to hash: what a board loads, and what a nonce refers to.
///
/// It carries its job, so a late nonce cannot be credited to another one. Cloning costs a reference count and a copy.
#[derive(Clone)]
pub struct WorkUnit {
    pub(super) job: Arc<Job>,
    pub(super) rolled: Rolled,
    pub(super) input: HashInput,
    pub(super) nonces: Range<u64>,
    /// Whether all versions of it are the board's.
    pub(super) rolls: bool,
}

/// A nonce as a board reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The nonce.
    pub nonce: Nonce,
    /// The whole version, when the board rolled it itself.
    pub version: Option<u32>,
}

impl Found {
    /// A nonce from a board that rolls nothing else.
    pub const fn nonce(nonce: Nonce) -> Self {
        Self {
            nonce,
            version: None,
        }
    }
}

impl WorkUnit {
    /// The job that it is a piece of.
    pub fn job(&self) -> &Arc<Job> {
        &self.job
    }

    /// What was rolled to make it.
    pub fn rolled(&self) -> &Rolled {
        &self.rolled
    }

    /// The bytes to hash, nonce zero.
    pub fn input(&self) -> &HashInput {
        &self.input
    }

    /// The nonces to search, as the input's [`field`](HashInput::field) counts them: message words for headers, the number itself for
    /// blobs. A board that cannot be told searches all.
    pub fn nonces(&self) -> Range<u64> {
        self.nonces.clone()
    }

    /// How many combinations of version bits the board may roll by itself; 1: none but the unit's own.
    pub fn versions(&self) -> u64 {
        if self.rolls {
            1 << self.job.version_mask.count_ones()
        } else {
            1
        }
    }

    /// The version that combination number `index` of the rollable bits makes, lowest bit first; 0: the unit's own.
    pub fn version(&self, index: u64) -> u32 {
        self.rolled.version | super::assignment::spread(index, self.job.version_mask)
    }

    /// The 80-byte header, nonce zero, if the job's algorithm hashes headers.
    pub fn header(&self) -> Option<Header> {
        self.input.to_header()
    }

    /// Hashes the full input with what the board found and compares: first with `threshold`, what the board promised to report,
    /// then with the job's share target. A nonce that the pool keeps for others makes no share.
    pub fn check(&self, found: Found, threshold: &Target) -> Checked {
        let mut rolled = self.rolled;
        let mut input = self.input;
        if let (Some(version), Some(header)) = (found.version, input.to_header()) {
            rolled.version = version;
            input = HashInput::from_header(header.with_version(version));
        }
        let input = input.with_nonce(found.nonce);
        let Proof { hash, value } = self.job.hasher.prove(input.as_bytes());
        let is_ours = self.job.space.allows(found.nonce.to_u64());
        if self.job.target.is_met_by(&value) && is_ours {
            return Checked::Share(Share {
                job: Arc::clone(&self.job),
                rolled,
                nonce: found.nonce,
                hash,
                value,
            });
        }
        if threshold.is_met_by(&value) || self.job.target.is_met_by(&value) {
            Checked::Weak(value)
        } else {
            Checked::Wrong(value)
        }
    }
}

impl fmt::Debug for WorkUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkUnit")
            .field("job", &self.job.key)
            .field("rolled", &self.rolled)
            .finish_non_exhaustive()
    }
}
