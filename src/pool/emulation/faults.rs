//! What goes wrong, and when.

use std::time::{Duration, Instant};

use crate::pool::{Fault, FaultKind};
use crate::work::Reject;

/// How bytes go out.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::pool) struct Manner {
    /// Nothing goes out.
    pub(in crate::pool) mute: bool,
    /// One byte a write.
    pub(in crate::pool) split: bool,
    /// Answers wait this long.
    pub(in crate::pool) delay: Option<Duration>,
}

/// The faults of an emulated pool against its own time, which begins with the first call.
#[derive(Debug)]
pub(in crate::pool) struct Faults {
    /// Each with whether it was active when last looked at.
    list: Vec<(Fault, bool)>,
    start: Option<Instant>,
    now: Option<Instant>,
}

impl Faults {
    pub(in crate::pool) fn new(faults: Vec<Fault>) -> Self {
        Self {
            list: faults.into_iter().map(|fault| (fault, false)).collect(),
            start: None,
            now: None,
        }
    }

    /// Goes on to `now`: the kinds of the faults that begin.
    pub(in crate::pool) fn advance(&mut self, now: Instant) -> Vec<FaultKind> {
        self.start.get_or_insert(now);
        self.now = Some(now);
        let elapsed = self.elapsed();
        let mut begun = Vec::new();
        for (fault, was_active) in &mut self.list {
            let active = is_active(fault, elapsed);
            if active && !*was_active {
                begun.push(fault.kind);
            }
            *was_active = active;
        }
        begun
    }

    /// Time since the first call.
    pub(in crate::pool) fn elapsed(&self) -> Duration {
        let both = self.start.zip(self.now);
        both.map_or(Duration::ZERO, |(start, now)| {
            now.saturating_duration_since(start)
        })
    }

    /// When the next fault begins or ends.
    pub(in crate::pool) fn next_change(&self) -> Option<Instant> {
        let (start, now) = (self.start?, self.now?);
        self.list
            .iter()
            .flat_map(|(fault, _)| [Some(fault.after), fault.after.checked_add(fault.lasting)])
            .filter_map(|after| start.checked_add(after?))
            .filter(|at| *at > now)
            .min()
    }

    fn active(&self) -> impl Iterator<Item = FaultKind> + '_ {
        let elapsed = self.elapsed();
        self.list
            .iter()
            .filter(move |(fault, _)| is_active(fault, elapsed))
            .map(|(fault, _)| fault.kind)
    }

    /// Whether this goes wrong now.
    pub(in crate::pool) fn has(&self, kind: FaultKind) -> bool {
        self.active().any(|active| active == kind)
    }

    /// How bytes go out now.
    pub(in crate::pool) fn manner(&self) -> Manner {
        Manner {
            mute: self.has(FaultKind::Mute),
            split: self.has(FaultKind::SplitWrites),
            delay: self.active().find_map(|kind| match kind {
                FaultKind::Slow(delay) => Some(delay),
                _ => None,
            }),
        }
    }

    /// The HTTP status that every request is answered with at the moment.
    pub(in crate::pool) fn status(&self) -> Option<u16> {
        self.active().find_map(|kind| match kind {
            FaultKind::Status(status) => Some(status),
            _ => None,
        })
    }

    /// What every share is called at the moment, whatever it is.
    pub(in crate::pool) fn unjust_verdict(&self) -> Option<Reject> {
        self.active().find_map(|kind| match kind {
            FaultKind::Stale => Some(Reject::Stale),
            FaultKind::Duplicate => Some(Reject::Duplicate),
            FaultKind::LowDifficulty => Some(Reject::LowDifficulty),
            _ => None,
        })
    }
}

fn is_active(fault: &Fault, elapsed: Duration) -> bool {
    let end = fault.after.saturating_add(fault.lasting);
    fault.after <= elapsed && elapsed < end
}
