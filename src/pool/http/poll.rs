//! Where a long poll stands: one is asked at a time, and one that fails, or says nothing new too soon, is followed by a rest.

use std::time::{Duration, Instant};

/// A poll that is answered sooner without news has failed; and the pause after that.
const TOO_SOON: Duration = Duration::from_secs(30);
/// How long a poll's answer may take: pools keep it for as long as a block takes.
pub(in crate::pool) const POLL_PATIENCE: Duration = Duration::from_secs(2 * 3600);

/// A session's long poll.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::pool) enum Poll {
    /// None is asked.
    #[default]
    Idle,
    /// Asked, at this time.
    Asked(Instant),
    /// Failed; not again before this time.
    Resting(Instant),
}

impl Poll {
    /// Whether it is time for one.
    pub(in crate::pool) fn is_due(self, now: Instant) -> bool {
        match self {
            Self::Idle => true,
            Self::Asked(_) => false,
            Self::Resting(until) => until <= now,
        }
    }

    /// The poll was answered, with news or without.
    pub(in crate::pool) fn answered(&mut self, has_news: bool, now: Instant) {
        let before = std::mem::take(self);
        let soon =
            matches!(before, Self::Asked(at) if now.saturating_duration_since(at) < TOO_SOON);
        if soon && !has_news {
            self.failed(now);
        }
    }

    /// The poll has failed: a rest.
    pub(in crate::pool) fn failed(&mut self, now: Instant) {
        *self = Self::Resting(now + TOO_SOON);
    }

    /// When the next poll may be asked.
    pub(in crate::pool) fn next_try(self) -> Option<Instant> {
        match self {
            Self::Resting(until) => Some(until),
            Self::Idle | Self::Asked(_) => None,
        }
    }
}
