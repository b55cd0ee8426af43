//! How fast we are, as far as a session can see it: it knows only the shares that pass through it.

use std::time::{Duration, Instant};

use crate::units::Target;

/// The shortest count that an estimate is made of.
const SHORT: Duration = Duration::from_secs(2);
/// A count after which even one share makes an estimate.
const LONG: Duration = Duration::from_secs(300);
/// Shares that make a good estimate.
const ENOUGH: u32 = 8;

/// The shares that were found since the last estimate.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// When the count began.
    since: Option<Instant>,
    /// Hashes that the counted shares stand for.
    hashes: f64,
    shares: u32,
}

impl Found {
    /// Counts a share that is handed in.
    pub(super) fn count(&mut self, target: Target, now: Instant) {
        self.since.get_or_insert(now);
        self.hashes += target.expected_hashes();
        self.shares += 1;
    }

    /// Hashes a second, and a new count; `None`, and the count goes on, while there is too little to tell.
    pub(super) fn estimate(&mut self, now: Instant) -> Option<f64> {
        let elapsed = now.saturating_duration_since(self.since?);
        // Where shares are rare, a few minutes of them must do; where there are none at all, perhaps nobody mines here now.
        let enough = self.shares >= ENOUGH || self.shares >= 1 && elapsed >= LONG;
        if !enough || elapsed < SHORT {
            return None;
        }
        let rate = self.hashes / elapsed.as_secs_f64();
        *self = Self {
            since: Some(now),
            ..Self::default()
        };
        Some(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Difficulty;

    fn one() -> Target {
        Target::from_difficulty(Difficulty::new(1.0).unwrap())
    }

    #[test]
    fn few_shares_make_an_estimate_after_minutes_and_many_after_seconds() {
        let start = Instant::now();
        let at = |secs| start + Duration::from_secs(secs);
        let mut found = Found::default();
        assert_eq!(found.estimate(at(1000)), None, "nothing was found");
        found.count(one(), start);
        assert_eq!(found.estimate(at(299)), None);
        let hashes = one().expected_hashes();
        assert_eq!(found.estimate(at(300)), Some(hashes / 300.0));
        assert_eq!(found.estimate(at(900)), None, "nothing since");
        for _ in 0..8 {
            found.count(one(), at(301));
        }
        assert_eq!(found.estimate(at(301)), None, "a second says nothing");
        assert_eq!(found.estimate(at(304)), Some(hashes * 2.0));
    }
}
