//! A job of an emulated pool: what is announced, and what a share of it must hash to.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::algorithm::sha256d::SHA256D;
use crate::units::{CompactTarget, Hash256};

/// A job as every client gets it, but for the extranonce1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChainJob {
    pub(super) id: String,
    /// Internal order.
    pub(super) previous: [u8; 32],
    pub(super) prefix: Vec<u8>,
    pub(super) suffix: Vec<u8>,
    /// Internal order, leaf side first.
    pub(super) branch: Vec<[u8; 32]>,
    pub(super) version: u32,
    pub(super) nbits: u32,
    pub(super) ntime: u32,
    /// Whether the jobs before it are void.
    pub(super) clean: bool,
    /// The parameters of its notify, if they are given.
    pub(super) verbatim: Option<String>,
}

impl ChainJob {
    /// What stands in until the first real job is made.
    pub(super) fn stand_in() -> Self {
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

    /// The line that announces it.
    pub(super) fn notify_line(&self, clean: bool) -> String {
        if let Some(params) = &self.verbatim {
            return format!(r#"{{"id":null,"method":"mining.notify","params":{params}}}"#);
        }
        let mut previous = self.previous;
        for word in previous.chunks_exact_mut(4) {
            word.reverse();
        }
        let branch: Vec<String> = self.branch.iter().map(hex::encode).collect();
        json!({"id": null, "method": "mining.notify", "params": [
            self.id,
            hex::encode(previous),
            hex::encode(&self.prefix),
            hex::encode(&self.suffix),
            branch,
            format!("{:08x}", self.version),
            format!("{:08x}", self.nbits),
            format!("{:08x}", self.ntime),
            clean,
        ]})
        .to_string()
    }

    /// The header with these values filled in, from the whole coinbase up.
    pub(super) fn header(
        &self,
        extranonces: [&[u8]; 2],
        version: u32,
        ntime: u32,
        nonce: u32,
    ) -> Vec<u8> {
        let [first, second] = extranonces;
        let coinbase = [&self.prefix, first, second, &self.suffix].concat();
        let leaf = *SHA256D.hash(&coinbase).as_internal();
        let root = self.branch.iter().fold(leaf, |root, step| {
            Sha256::digest(Sha256::digest([root, *step].concat())).into()
        });
        let mut header = Vec::with_capacity(80);
        header.extend(version.to_le_bytes());
        header.extend(self.previous);
        header.extend(root);
        header.extend(ntime.to_le_bytes());
        header.extend(self.nbits.to_le_bytes());
        header.extend(nonce.to_le_bytes());
        header
    }

    /// Whether a header of this value solves the block.
    pub(super) fn is_solved_by(&self, value: &Hash256) -> bool {
        let target = CompactTarget::from_consensus(self.nbits).to_target();
        target.is_ok_and(|target| target.is_met_by(value))
    }
}
