//! Where a long poll stands: one is asked at a time. One that fails, or says nothing new too soon, is followed by a rest, and one that brings news
//! too soon by a short one: no pool makes us ask without a pause.

use std::time::{Duration, Instant};

/// A poll that is answered sooner without news has failed; and the pause after that.
const TOO_SOON: Duration = Duration::from_secs(30);
/// The pause after a poll that brought news so soon: blocks may follow each other within seconds.
const BREATH: Duration = Duration::from_secs(1);
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
        if soon {
            let pause = if has_news { BREATH } else { TOO_SOON };
            *self = Self::Resting(now + pause);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_answered_too_soon_is_followed_by_a_rest() {
        let start = Instant::now();
        let at = |secs| start + Duration::from_secs(secs);
        for (has_news, answered, again) in [
            (true, 30, 30),
            (false, 30, 30),
            (true, 29, 30),
            (false, 29, 59),
        ] {
            let mut poll = Poll::Asked(start);
            assert!(!poll.is_due(at(1000)), "one at a time");
            poll.answered(has_news, at(answered));
            assert!(poll.is_due(at(again)), "{has_news} {answered}");
            assert!(
                answered == again || !poll.is_due(at(again - 1)),
                "{has_news} {answered}"
            );
        }
    }
}
