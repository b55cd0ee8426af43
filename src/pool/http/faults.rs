//! What goes wrong at an emulated pool that is asked by HTTP, and when: against its own time, which begins with the first call.

use std::time::{Duration, Instant};

use crate::pool::{Fault, FaultKind};
use crate::work::Reject;

/// The faults of an emulated pool.
#[derive(Debug)]
pub(in crate::pool) struct Faults {
    list: Vec<Fault>,
    start: Option<Instant>,
    now: Option<Instant>,
}

impl Faults {
    pub(in crate::pool) fn new(list: Vec<Fault>) -> Self {
        Self {
            list,
            start: None,
            now: None,
        }
    }

    /// Goes on to `now`: the kinds of the faults that begin.
    pub(in crate::pool) fn advance(&mut self, now: Instant) -> Vec<FaultKind> {
        let start = *self.start.get_or_insert(now);
        let before = self.now.replace(now);
        let begins = |fault: &&Fault| {
            let at = start.checked_add(fault.after);
            at.is_some_and(|at| at <= now && before.is_none_or(|before| before < at))
        };
        self.list
            .iter()
            .filter(begins)
            .map(|fault| fault.kind)
            .collect()
    }

    /// Time since the first call.
    pub(in crate::pool) fn elapsed(&self) -> Duration {
        match (self.start, self.now) {
            (Some(start), Some(now)) => now.saturating_duration_since(start),
            _ => Duration::ZERO,
        }
    }

    /// When the next fault begins or ends.
    pub(in crate::pool) fn next_change(&self) -> Option<Instant> {
        let (start, now) = (self.start?, self.now?);
        self.list
            .iter()
            .flat_map(|fault| [Some(fault.after), fault.after.checked_add(fault.lasting)])
            .filter_map(|after| start.checked_add(after?))
            .filter(|at| *at > now)
            .min()
    }

    fn active(&self) -> impl Iterator<Item = FaultKind> + '_ {
        let elapsed = self.elapsed();
        let is_active = move |fault: &&Fault| {
            fault.after <= elapsed && elapsed < fault.after.saturating_add(fault.lasting)
        };
        self.list.iter().filter(is_active).map(|fault| fault.kind)
    }

    /// Whether this goes wrong now.
    pub(in crate::pool) fn has(&self, kind: FaultKind) -> bool {
        self.active().any(|active| active == kind)
    }

    /// How late answers are now.
    pub(in crate::pool) fn delay(&self) -> Option<Duration> {
        self.active().find_map(|kind| match kind {
            FaultKind::Slow(delay) => Some(delay),
            _ => None,
        })
    }

    /// The unjust verdict of the moment, in BIP22's words.
    pub(in crate::pool) fn unjust_verdict(&self) -> Option<(Reject, &'static str)> {
        self.active().find_map(|kind| match kind {
            FaultKind::Stale => Some((Reject::Stale, "stale-prevblk")),
            FaultKind::Duplicate => Some((Reject::Duplicate, "duplicate")),
            FaultKind::LowDifficulty => Some((Reject::LowDifficulty, "high-hash")),
            _ => None,
        })
    }
}
