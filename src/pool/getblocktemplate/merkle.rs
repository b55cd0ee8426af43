//! Merkle trees over transaction ids, in internal byte order.

use crate::algorithm::sha256d::{SHA256D, hash_pair};

/// The branch that leads from the first leaf to the root when `others` are the leaves after it. An odd level's last node is paired
/// with itself.
pub(super) fn branch(others: &[[u8; 32]]) -> Vec<[u8; 32]> {
    let mut branch = Vec::new();
    // The level without its first node, which depends on the coinbase.
    let mut level = others.to_vec();
    while let Some(first) = level.first() {
        branch.push(*first);
        let rest = level[1..].chunks(2);
        level = rest
            .map(|pair| hash_pair(&pair[0], pair.last().unwrap_or(&pair[0])))
            .collect();
    }
    branch
}

/// The root above the first leaf.
pub(super) fn root(first: [u8; 32], branch: &[[u8; 32]]) -> [u8; 32] {
    branch
        .iter()
        .fold(first, |node, step| hash_pair(&node, step))
}

/// The witness commitment (BIP141): the coinbase's own id counts as zero, its reserved value is zero.
pub(super) fn commitment(witness_ids: &[[u8; 32]]) -> [u8; 32] {
    hash_pair(&root([0; 32], &branch(witness_ids)), &[0; 32])
}

/// A transaction's id from its bytes without witness.
pub(super) fn id_of(transaction: &[u8]) -> [u8; 32] {
    *SHA256D.hash(transaction).as_internal()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Bitcoin has it: whole levels, the last node of an odd one twice.
    fn plain_root(leaves: &[[u8; 32]]) -> [u8; 32] {
        let mut level = leaves.to_vec();
        while level.len() > 1 {
            if !level.len().is_multiple_of(2) {
                level.push(level[level.len() - 1]);
            }
            level = level
                .chunks(2)
                .map(|pair| hash_pair(&pair[0], &pair[1]))
                .collect();
        }
        level[0]
    }

    #[test]
    fn a_branch_leads_to_the_root_whatever_the_number_of_leaves() {
        for count in 1..70_u8 {
            let leaves: Vec<[u8; 32]> = (0..count).map(|leaf| [leaf; 32]).collect();
            let branch = branch(&leaves[1..]);
            assert_eq!(
                root(leaves[0], &branch),
                plain_root(&leaves),
                "{count} leaves"
            );
        }
    }
}
