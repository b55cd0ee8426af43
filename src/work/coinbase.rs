//! A coinbase transaction with a hole for the extranonce2, and the merkle root above it.

use crate::algorithm::sha256d::{compress, hash_pairs};
use crate::units::Hash256;

use super::WorkError;

/// A coinbase whose extranonce2 is the miner's, with the branch that leads from it to the merkle root.
///
/// All whole 64-byte blocks before the hole are hashed once, when the template is made; the rest is kept as padded blocks, so that
/// a merkle root costs a copy, the remaining compressions and three compressions a branch step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoinbaseTemplate {
    /// State after the whole blocks before the hole.
    state: [u32; 8],
    /// What follows, padded to whole blocks; the hole is zero.
    rest: Vec<[u8; 64]>,
    /// Where the hole begins in `rest`, in bytes.
    hole: usize,
    extranonce2_size: usize,
    branch: Vec<[u8; 32]>,
    /// The transaction itself, hole zero, and where the hole begins: for protocols that submit whole blocks, and for tests.
    transaction: Vec<u8>,
    transaction_hole: usize,
}

impl CoinbaseTemplate {
    /// The largest coinbase that is taken, in bytes.
    pub const MAX_SIZE: usize = 100_000;
    /// The longest merkle branch that is taken.
    pub const MAX_BRANCH: usize = 32;
    /// The largest extranonce2 that is taken, in bytes.
    pub const MAX_EXTRANONCE2: usize = 16;

    /// A coinbase `prefix ‖ extranonce1 ‖ (extranonce2_size bytes) ‖ suffix` without witness, and its merkle branch in
    /// internal byte order, leaf side first.
    ///
    /// # Errors
    /// [`WorkError`] when a size is out of the bounds above.
    pub fn new(
        prefix: &[u8],
        extranonce1: &[u8],
        extranonce2_size: usize,
        suffix: &[u8],
        branch: Vec<[u8; 32]>,
    ) -> Result<Self, WorkError> {
        let hole = prefix.len() + extranonce1.len();
        let size = hole + extranonce2_size + suffix.len();
        if !(1..=Self::MAX_EXTRANONCE2).contains(&extranonce2_size) {
            return Err(WorkError::Extranonce2Size(extranonce2_size));
        }
        if size > Self::MAX_SIZE {
            return Err(WorkError::CoinbaseSize(size));
        }
        if branch.len() > Self::MAX_BRANCH {
            return Err(WorkError::Branches(branch.len()));
        }
        let transaction = [
            prefix,
            extranonce1,
            &[0; Self::MAX_EXTRANONCE2][..extranonce2_size],
            suffix,
        ]
        .concat();
        let blocks = padded_blocks(&transaction);
        let (whole, rest) = blocks.split_at(hole / 64);
        let mut state = crate::algorithm::sha256d::INITIAL;
        compress(&mut state, whole);
        Ok(Self {
            state,
            rest: rest.to_vec(),
            hole: hole % 64,
            extranonce2_size,
            branch,
            transaction,
            transaction_hole: hole,
        })
    }

    /// How many bytes of extranonce2 the miner owns.
    pub fn extranonce2_size(&self) -> usize {
        self.extranonce2_size
    }

    /// The whole transaction with `extranonce2` in its hole; bytes beyond the hole's size are left out.
    pub fn transaction(&self, extranonce2: &[u8]) -> Vec<u8> {
        let mut transaction = self.transaction.clone();
        for (byte, value) in transaction[self.transaction_hole..]
            .iter_mut()
            .take(self.extranonce2_size)
            .zip(extranonce2)
        {
            *byte = *value;
        }
        transaction
    }

    /// Scratch space for [`CoinbaseTemplate::merkle_root`]: one allocation a job and board, none a piece of work.
    pub(crate) fn scratch(&self) -> Vec<[u8; 64]> {
        self.rest.clone()
    }

    /// The merkle root with `extranonce2` in the hole. `scratch` comes from [`CoinbaseTemplate::scratch`] of the same template.
    pub(crate) fn merkle_root(&self, extranonce2: &[u8], scratch: &mut [[u8; 64]]) -> Hash256 {
        let [root] = self.merkle_roots([extranonce2], scratch);
        root
    }

    /// The merkle roots with each of these extranonces in the hole, the branch climbed side by side.
    pub(crate) fn merkle_roots<const N: usize>(
        &self,
        extranonces: [&[u8]; N],
        scratch: &mut [[u8; 64]],
    ) -> [Hash256; N] {
        let leaves = extranonces.map(|extranonce2| self.leaf(extranonce2, scratch));
        let climb = |nodes: [[u8; 32]; N], step| hash_pairs(nodes.each_ref(), step);
        self.branch
            .iter()
            .fold(leaves, climb)
            .map(Hash256::from_internal)
    }

    /// The transaction's hash, internal order.
    fn leaf(&self, extranonce2: &[u8], scratch: &mut [[u8; 64]]) -> [u8; 32] {
        let bytes = scratch.as_flattened_mut();
        bytes[self.hole..self.hole + self.extranonce2_size]
            .copy_from_slice(&extranonce2[..self.extranonce2_size]);
        let mut state = self.state;
        compress(&mut state, scratch);
        crate::algorithm::sha256d::hash_digest(&state)
    }
}

/// `message` with SHA-256's padding (FIPS 180-4, section 5.1.1), as blocks.
fn padded_blocks(message: &[u8]) -> Vec<[u8; 64]> {
    let blocks = (message.len() + 9).div_ceil(64);
    let mut padded = vec![[0; 64]; blocks];
    let bytes = padded.as_flattened_mut();
    bytes[..message.len()].copy_from_slice(message);
    bytes[message.len()] = 0x80;
    let end = bytes.len();
    bytes[end - 8..].copy_from_slice(&(message.len() as u64 * 8).to_be_bytes());
    padded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::sha256d::SHA256D;

    #[test]
    fn the_root_is_that_of_the_whole_transaction_at_every_length() {
        for prefix in 0..140 {
            for (size, suffix) in [(1, 0), (4, 1), (8, 55), (16, 64)] {
                let prefix_bytes = vec![0xab; prefix];
                let suffix_bytes = vec![0xcd; suffix];
                let branch = vec![[0x77; 32]; prefix % 3];
                let template = CoinbaseTemplate::new(
                    &prefix_bytes,
                    &[1, 2],
                    size,
                    &suffix_bytes,
                    branch.clone(),
                )
                .unwrap();
                let extranonce2 = [0x5a; 16];
                let root = template.merkle_root(&extranonce2, &mut template.scratch());
                let leaf = *SHA256D
                    .hash(&template.transaction(&extranonce2))
                    .as_internal();
                let expected = branch.iter().fold(leaf, |root, step| {
                    *SHA256D.hash(&[root, *step].concat()).as_internal()
                });
                let others = [&[0x11; 16][..], &extranonce2];
                let both = template.merkle_roots(others, &mut template.scratch());
                assert_eq!(both[1], root);
                assert_ne!(both[0], root);
                assert_eq!(
                    root.as_internal(),
                    &expected,
                    "prefix {prefix}, size {size}, suffix {suffix}"
                );
            }
        }
    }

    #[test]
    fn sizes_out_of_bounds_are_named() {
        let new = |size, suffix: usize, steps| {
            CoinbaseTemplate::new(&[], &[], size, &vec![0; suffix], vec![[0; 32]; steps])
        };
        assert_eq!(new(0, 0, 0), Err(WorkError::Extranonce2Size(0)));
        assert_eq!(new(17, 0, 0), Err(WorkError::Extranonce2Size(17)));
        assert_eq!(new(4, 100_000, 0), Err(WorkError::CoinbaseSize(100_004)));
        assert_eq!(new(4, 0, 33), Err(WorkError::Branches(33)));
    }
}
