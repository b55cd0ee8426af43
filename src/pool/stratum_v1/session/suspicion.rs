//! What a pool may dislike so much that it hangs up on it: a lesson that has to be learnt twice, and that is forgotten again. Connections
//! end for many reasons, and a wish that is given up for ever costs more than an attempt now and then.

use std::time::{Duration, Instant};

/// How often in a row a pool must hang up on a request before that is left out.
const PROOF: u32 = 2;
/// For how long it is left out.
const MEMORY: Duration = Duration::from_secs(3600);

/// How a pool has taken a request so far.
#[derive(Debug, Default)]
pub(super) struct Suspicion {
    /// How often in a row it hung up on it.
    drops: u32,
    /// When it last did.
    last: Option<Instant>,
}

impl Suspicion {
    /// The pool hung up where an answer was due.
    pub(super) fn confirm(&mut self, now: Instant) {
        self.drops = self.drops.saturating_add(1);
        self.last = Some(now);
    }

    /// The request is not to blame.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether the request is better left out at `now`. Once that was so for an hour it is made again, and one more drop is proof enough.
    pub(super) fn holds(&self, now: Instant) -> bool {
        let fresh = |last| now.saturating_duration_since(last) < MEMORY;
        self.drops >= PROOF && self.last.is_some_and(fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_two_in_a_row_and_lasts_an_hour() {
        let start = Instant::now();
        let later = start + MEMORY;
        let mut suspicion = Suspicion::default();
        suspicion.confirm(start);
        assert!(!suspicion.holds(start));
        suspicion.clear();
        suspicion.confirm(start);
        assert!(!suspicion.holds(start), "not in a row");
        suspicion.confirm(start);
        assert!(suspicion.holds(start) && !suspicion.holds(later));
        suspicion.confirm(later);
        assert!(suspicion.holds(later));
    }
}
