//! The hashes of the newest shares, so that none is sent twice.

use std::collections::{HashSet, VecDeque};

use crate::units::Hash256;

/// A bounded set of the newest hashes. A hash names a whole header, so equal hashes are the same share.
#[derive(Debug, Default)]
pub(super) struct Recent {
    order: VecDeque<Hash256>,
    known: HashSet<Hash256>,
}

/// Far more shares than any pool takes between two jobs of one connection.
const KEPT: usize = 8192;

impl Recent {
    /// Remembers `hash`; `false`: it was known already.
    pub(super) fn insert(&mut self, hash: Hash256) -> bool {
        if !self.known.insert(hash) {
            return false;
        }
        self.order.push_back(hash);
        if self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_newest_and_forgets_the_oldest() {
        let hash = |number: u32| {
            let mut bytes = [0; 32];
            bytes[..4].copy_from_slice(&number.to_le_bytes());
            Hash256::from_internal(bytes)
        };
        let mut recent = Recent::default();
        assert!(recent.insert(hash(0)));
        assert!(!recent.insert(hash(0)));
        for number in 1..=KEPT as u32 {
            assert!(recent.insert(hash(number)));
        }
        assert!(recent.insert(hash(0)), "the oldest is forgotten");
        assert_eq!(recent.known.len(), KEPT);
    }
}
