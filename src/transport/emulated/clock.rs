//! A clock that stands still until somebody moves it on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Virtual time: clones show the same time, and it never goes back.
#[derive(Debug, Clone)]
pub struct VirtualClock {
    base: Instant,
    /// Nanoseconds since `base`; 584 years of them.
    elapsed: Arc<AtomicU64>,
}

impl VirtualClock {
    /// A clock that shows `base`.
    pub fn new(base: Instant) -> Self {
        let elapsed = Arc::default();
        Self { base, elapsed }
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.base + Duration::from_nanos(self.elapsed.load(Ordering::Acquire))
    }

    /// Moves the clock to `time`, unless it shows a later time already.
    pub fn advance_to(&self, time: Instant) {
        let elapsed = time.saturating_duration_since(self.base).as_nanos();
        let elapsed = u64::try_from(elapsed).unwrap_or(u64::MAX);
        self.elapsed.fetch_max(elapsed, Ordering::AcqRel);
    }
}
