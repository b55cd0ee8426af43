//! When the next job is due.

use std::time::{Duration, Instant};

/// The shortest time between jobs.
const MIN_INTERVAL: Duration = Duration::from_millis(10);

/// The pace of an emulated pool's jobs; it begins with the first look.
#[derive(Debug)]
pub(in crate::pool) struct JobPace {
    interval: Duration,
    next: Option<Instant>,
}

impl JobPace {
    pub(in crate::pool) fn new(interval: Duration) -> Self {
        Self {
            interval: interval.max(MIN_INTERVAL),
            next: None,
        }
    }

    /// Whether a job is due; then the next one is due an interval later. Jobs that were missed are not made up for.
    pub(in crate::pool) fn take_due(&mut self, now: Instant) -> bool {
        let due = *self.next.get_or_insert(now + self.interval);
        if now < due {
            return false;
        }
        let next = due + self.interval;
        self.next = Some(if next <= now {
            now + self.interval
        } else {
            next
        });
        true
    }

    pub(in crate::pool) fn next(&self) -> Option<Instant> {
        self.next
    }
}
