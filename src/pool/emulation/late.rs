//! What leaves later: kept in the order in which it is due.

use std::collections::BTreeMap;
use std::time::Instant;

/// Things that wait for their time.
#[derive(Debug)]
pub(in crate::pool) struct Late<T> {
    waiting: BTreeMap<(Instant, u64), T>,
    /// Counts them, so that those of one moment keep their order.
    count: u64,
}

impl<T> Default for Late<T> {
    fn default() -> Self {
        Self {
            waiting: BTreeMap::new(),
            count: 0,
        }
    }
}

impl<T> Late<T> {
    pub(in crate::pool) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(in crate::pool) fn add(&mut self, due: Instant, thing: T) {
        self.count += 1;
        self.waiting.insert((due, self.count), thing);
    }

    /// The first thing whose time has come by `now`.
    pub(in crate::pool) fn take_due(&mut self, now: Instant) -> Option<T> {
        let first = self.waiting.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    pub(in crate::pool) fn next_due(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|((at, _), _)| *at)
    }

    /// When the last of those that `is_meant` are is due.
    #[cfg(feature = "sv2")]
    pub(in crate::pool) fn last_due(&self, is_meant: impl Fn(&T) -> bool) -> Option<Instant> {
        let mut newest_first = self.waiting.iter().rev();
        let last = newest_first.find(|(_, thing)| is_meant(thing));
        last.map(|((at, _), _)| *at)
    }

    pub(in crate::pool) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.waiting.retain(|_, thing| keep(thing));
    }
}
