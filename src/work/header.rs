//! The 80-byte block header in consensus order.

use std::fmt;

use crate::algorithm::sha256d::Midstate;
use crate::units::{Hash256, Nonce};

/// 80 bytes exactly as they are hashed: version, previous hash, merkle root, ntime, nbits, nonce; numbers little-endian.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Header([u8; 80]);

impl Header {
    /// From 80 bytes in consensus order.
    pub const fn from_bytes(bytes: [u8; 80]) -> Self {
        Self(bytes)
    }

    /// The 80 bytes in consensus order.
    pub const fn as_bytes(&self) -> &[u8; 80] {
        &self.0
    }

    /// SHA-256's state after the first 64 bytes.
    pub fn midstate(&self) -> Midstate {
        let mut block = [0; 64];
        block.copy_from_slice(&self.0[..64]);
        Midstate::of(&block)
    }

    /// Bytes 64..76 as they stand in the header: the last merkle word, ntime, nbits.
    pub fn tail(&self) -> [u8; 12] {
        let mut tail = [0; 12];
        tail.copy_from_slice(&self.0[64..76]);
        tail
    }

    /// The version number.
    pub fn version(&self) -> u32 {
        self.number_at(0)
    }

    /// The time stamp, Unix seconds.
    pub fn ntime(&self) -> u32 {
        self.number_at(68)
    }

    /// The compact network target.
    pub fn nbits(&self) -> u32 {
        self.number_at(72)
    }

    /// The nonce.
    pub fn nonce(&self) -> Nonce {
        Nonce::from_u32(self.number_at(76))
    }

    /// The same header with another nonce.
    pub fn with_nonce(mut self, nonce: Nonce) -> Self {
        self.0[76..].copy_from_slice(&nonce.to_u32_lossy().to_le_bytes());
        self
    }

    /// The same header with another version.
    pub fn with_version(mut self, version: u32) -> Self {
        self.0[..4].copy_from_slice(&version.to_le_bytes());
        self
    }

    fn number_at(&self, at: usize) -> u32 {
        u32::from_le_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Header({})", hex::encode(self.0))
    }
}

/// A header whose merkle root is fixed: what getwork and Stratum V2's standard channels hand out, and what is left of any
/// other job once its merkle root is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderTemplate {
    /// Version before any rolling.
    pub version: u32,
    /// Hash of the previous block.
    pub previous: Hash256,
    /// Merkle root.
    pub merkle_root: Hash256,
    /// The pool's time stamp, Unix seconds.
    pub ntime: u32,
    /// Compact network target.
    pub nbits: u32,
}

impl HeaderTemplate {
    /// The header with these rolled values and nonce zero.
    pub fn header(&self, version: u32, ntime: u32) -> Header {
        let mut bytes = [0; 80];
        bytes[..4].copy_from_slice(&version.to_le_bytes());
        bytes[4..36].copy_from_slice(self.previous.as_internal());
        bytes[36..68].copy_from_slice(self.merkle_root.as_internal());
        bytes[68..72].copy_from_slice(&ntime.to_le_bytes());
        bytes[72..76].copy_from_slice(&self.nbits.to_le_bytes());
        Header(bytes)
    }
}
