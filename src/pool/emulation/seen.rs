//! What was handed in before: so that a share counts once.

use std::collections::{HashSet, VecDeque};
use std::hash::Hash;

/// How many shares are remembered; a further one pushes the oldest out.
const KEPT: usize = 16_384;

/// The shares that were handed in last.
#[derive(Debug)]
pub(in crate::pool) struct Seen<T> {
    known: HashSet<T>,
    by_age: VecDeque<T>,
}

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self {
            known: HashSet::new(),
            by_age: VecDeque::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Seen<T> {
    /// Whether a share is handed in for the first time; notes it.
    pub(in crate::pool) fn is_new(&mut self, share: T) -> bool {
        if !self.known.insert(share.clone()) {
            return false;
        }
        self.by_age.push_back(share);
        if self.by_age.len() > KEPT
            && let Some(oldest) = self.by_age.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }

    pub(in crate::pool) fn clear(&mut self) {
        self.known.clear();
        self.by_age.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_new_once_and_the_oldest_are_forgotten() {
        let mut seen = Seen::default();
        assert!(seen.is_new(0));
        assert!(!seen.is_new(0));
        assert!((1..KEPT).all(|share| seen.is_new(share)));
        assert!(!seen.is_new(0));
        assert!(seen.is_new(KEPT));
        assert!(seen.is_new(0));
        assert!(!seen.is_new(KEPT));
        seen.clear();
        assert!(seen.is_new(KEPT));
    }
}
