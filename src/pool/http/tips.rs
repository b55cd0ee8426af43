//! The blocks that were left for newer ones: an answer to a question that was asked before must not lead back.

use std::collections::VecDeque;
use std::time::Instant;

use crate::units::Hash256;

/// How many are remembered.
const KEPT: usize = 8;

/// The last blocks that were left, and when.
#[derive(Debug, Default)]
pub(in crate::pool) struct Tips {
    left: VecDeque<(Hash256, Instant)>,
}

impl Tips {
    /// `previous` is not worked on any more.
    pub(in crate::pool) fn leave(&mut self, previous: Hash256, now: Instant) {
        self.left.push_back((previous, now));
        if self.left.len() > KEPT {
            self.left.pop_front();
        }
    }

    /// Whether work on `previous` is out of date, given when it was asked for.
    pub(in crate::pool) fn is_outdated(&self, previous: Hash256, asked: Option<Instant>) -> bool {
        let before = |at: Instant| asked.is_some_and(|asked| asked <= at);
        self.left
            .iter()
            .any(|(left, at)| *left == previous && before(*at))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_what_was_asked_before_leads_back() {
        let hash = |byte| Hash256::from_internal([byte; 32]);
        let start = Instant::now();
        let at = |secs| start + Duration::from_secs(secs);
        let mut tips = Tips::default();
        tips.leave(hash(1), at(10));
        assert!(tips.is_outdated(hash(1), Some(at(9))));
        // A reorganisation may lead back to it.
        assert!(!tips.is_outdated(hash(1), Some(at(11))));
        assert!(!tips.is_outdated(hash(2), Some(at(9))));
        for byte in 2..10 {
            tips.leave(hash(byte), at(20));
        }
        assert!(!tips.is_outdated(hash(1), Some(at(9))));
    }
}
