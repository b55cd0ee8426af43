//! A job of an emulated pool: what is announced, and what a share of it must hash to.

use sha2::{Digest as _, Sha256};

use crate::algorithm::sha256d::SHA256D;
use crate::units::{CompactTarget, Hash256};

/// A job as every client gets it, but for the extranonce1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pool) struct ChainJob {
    pub(in crate::pool) id: String,
    /// Internal order.
    pub(in crate::pool) previous: [u8; 32],
    pub(in crate::pool) prefix: Vec<u8>,
    pub(in crate::pool) suffix: Vec<u8>,
    /// Internal order, leaf side first.
    pub(in crate::pool) branch: Vec<[u8; 32]>,
    pub(in crate::pool) version: u32,
    pub(in crate::pool) nbits: u32,
    pub(in crate::pool) ntime: u32,
    /// Whether the jobs before it are void.
    pub(in crate::pool) clean: bool,
    /// The parameters of its notify, if they are given.
    pub(in crate::pool) verbatim: Option<String>,
}

impl ChainJob {
    /// What stands in until the first real job is made.
    pub(in crate::pool) fn stand_in() -> Self {
        Self {
            id: String::new(),
            previous: [0; 32],
            prefix: Vec::new(),
            suffix: Vec::new(),
            branch: Vec::new(),
            version: 0,
            nbits: 0,
            ntime: 0,
            clean: true,
            verbatim: None,
        }
    }

    /// The header with these values filled in, from the whole coinbase up.
    pub(in crate::pool) fn header(
        &self,
        extranonces: [&[u8]; 2],
        version: u32,
        ntime: u32,
        nonce: u32,
    ) -> Vec<u8> {
        let mut header = Vec::with_capacity(80);
        header.extend(version.to_le_bytes());
        header.extend(self.previous);
        header.extend(self.merkle_root(extranonces));
        header.extend(ntime.to_le_bytes());
        header.extend(self.nbits.to_le_bytes());
        header.extend(nonce.to_le_bytes());
        header
    }

    /// The merkle root in internal order with these extranonces filled in, from the whole coinbase up.
    pub(in crate::pool) fn merkle_root(&self, extranonces: [&[u8]; 2]) -> [u8; 32] {
        let [first, second] = extranonces;
        let coinbase = [&self.prefix, first, second, &self.suffix].concat();
        let leaf = *SHA256D.hash(&coinbase).as_internal();
        self.branch.iter().fold(leaf, |root, step| {
            Sha256::digest(Sha256::digest([root, *step].concat())).into()
        })
    }

    /// Whether a header of this value solves the block.
    pub(in crate::pool) fn is_solved_by(&self, value: &Hash256) -> bool {
        let target = CompactTarget::from_consensus(self.nbits).to_target();
        target.is_ok_and(|target| target.is_met_by(value))
    }
}
