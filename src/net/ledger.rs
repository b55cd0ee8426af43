//! Which share is whose: every ticket gets exactly one verdict.

use std::collections::HashMap;

use crate::pool::SubmitId;

/// Shares handed to the session whose verdict has not come.
#[derive(Default)]
pub(super) struct Ledger {
    open: HashMap<SubmitId, u64>,
}

impl Ledger {
    /// Notes that the share of `ticket` went out under `id`. A ticket whose id the session has used twice comes back.
    pub(super) fn enter(&mut self, id: SubmitId, ticket: u64) -> Option<u64> {
        self.open.insert(id, ticket)
    }

    /// Whose verdict came; `None` if it was told already.
    pub(super) fn settle(&mut self, id: SubmitId) -> Option<u64> {
        self.open.remove(&id)
    }

    /// Whether every share has its verdict.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The tickets that nobody will answer any more, oldest first.
    pub(super) fn abandon(&mut self) -> Vec<u64> {
        let mut left: Vec<_> = self.open.drain().collect();
        left.sort_unstable();
        left.into_iter().map(|(_, ticket)| ticket).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ticket_is_settled_once() {
        let mut ledger = Ledger::default();
        for id in 0..4 {
            assert_eq!(ledger.enter(SubmitId(id), 100 - id), None);
        }
        assert_eq!(ledger.enter(SubmitId(3), 50), Some(97));
        assert_eq!(ledger.settle(SubmitId(1)), Some(99));
        assert_eq!(ledger.settle(SubmitId(1)), None);
        assert_eq!(ledger.abandon(), [100, 98, 50]);
        assert!(ledger.abandon().is_empty());
    }
}
