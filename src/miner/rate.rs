//! A rate from events: how many hashes the verified nonces stand for, over a sliding window.

use std::time::{Duration, Instant};

use crate::units::Hashrate;

/// How long the window is, and how finely it slides.
const WINDOW: Duration = Duration::from_secs(300);
const BUCKETS: usize = 60;

/// Hashes proven by nonces over the last five minutes; memory does not grow.
#[derive(Debug, Clone)]
pub(super) struct RateWindow {
    buckets: [f64; BUCKETS],
    /// Number of the newest bucket since `start`.
    newest: u64,
    start: Instant,
}

impl RateWindow {
    /// An empty window; the rate is taken over the time since `start` until the window is full.
    pub(super) fn new(start: Instant) -> Self {
        Self {
            buckets: [0.0; BUCKETS],
            newest: 0,
            start,
        }
    }

    /// Adds `hashes` that are proven to have been done by `now`.
    pub(super) fn add(&mut self, hashes: f64, now: Instant) {
        self.slide(now);
        self.buckets[(self.newest % BUCKETS as u64) as usize] += hashes;
    }

    /// Everything so far stands for `factor` times as many hashes.
    pub(super) fn scale(&mut self, factor: f64) {
        self.buckets.iter_mut().for_each(|bucket| *bucket *= factor);
    }

    /// The rate at `now`.
    pub(super) fn rate(&self, now: Instant) -> Hashrate {
        let mut current = self.clone();
        current.slide(now);
        let since_start = now.saturating_duration_since(self.start);
        let covered =
            since_start.min(WINDOW.saturating_sub(Self::width()) + Self::into_bucket(since_start));
        Hashrate::over(current.buckets.iter().sum(), covered)
    }

    fn slide(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.start);
        let bucket = (elapsed.as_nanos() / Self::width().as_nanos()) as u64;
        let steps = bucket.saturating_sub(self.newest);
        for step in 1..=steps.min(BUCKETS as u64) {
            self.buckets[((self.newest + step) % BUCKETS as u64) as usize] = 0.0;
        }
        self.newest = self.newest.max(bucket);
    }

    fn width() -> Duration {
        WINDOW / BUCKETS as u32
    }

    fn into_bucket(elapsed: Duration) -> Duration {
        Duration::from_nanos((elapsed.as_nanos() % Self::width().as_nanos()) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_rate_reads_as_such_before_and_after_the_window_is_full() {
        let start = Instant::now();
        let mut window = RateWindow::new(start);
        for second in 1..1000_u64 {
            let now = start + Duration::from_secs(second);
            window.add(1e6, now);
            let rate = window.rate(now).get();
            assert!((0.98e6..1.05e6).contains(&rate), "{rate} after {second} s");
        }
    }

    #[test]
    fn silence_empties_it() {
        let start = Instant::now();
        let mut window = RateWindow::new(start);
        window.add(1e9, start + Duration::from_secs(1));
        assert!(window.rate(start + Duration::from_secs(100)).get() > 0.0);
        assert_eq!(
            window.rate(start + Duration::from_secs(400)),
            Hashrate::ZERO
        );
    }
}
