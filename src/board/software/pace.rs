//! How many nonces to search before the next look at the wake flag, and how fast that went. Pure.

use std::time::{Duration, Instant};

use crate::units::Hashrate;

/// How long a chunk should take.
const CHUNK_TIME: f64 = 0.06e-3;
/// Bounds of a chunk, in nonces.
const CHUNK: std::ops::RangeInclusive<f64> = 256.0..=8192.0;
/// How often the rate is told.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// Chunk size and rate of one thread.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    chunk: u64,
    /// Hashes and hashing time since the rate was told last.
    hashes: u64,
    busy: Duration,
    told: Option<Instant>,
}

impl Pace {
    pub(super) const fn new() -> Self {
        Self {
            chunk: 256,
            hashes: 0,
            busy: Duration::ZERO,
            told: None,
        }
    }

    /// Nonces of the next chunk.
    pub(super) const fn chunk(&self) -> u64 {
        self.chunk
    }

    /// A chunk of `hashes` took `time`; a chunk that grew stays within twice the last one, so one mismeasurement does no harm.
    pub(super) fn learn(&mut self, hashes: u64, time: Duration) {
        self.hashes += hashes;
        self.busy += time;
        let fitting = hashes as f64 * CHUNK_TIME / time.as_secs_f64().max(1e-9);
        let bounded = fitting.clamp(*CHUNK.start(), *CHUNK.end()) as u64;
        self.chunk = bounded.clamp(self.chunk / 2, self.chunk * 2).max(256);
    }

    /// The rate since the last time, when it is due.
    pub(super) fn news(&mut self, now: Instant) -> Option<Hashrate> {
        let told = *self.told.get_or_insert(now);
        if now.saturating_duration_since(told) < TELL_EVERY || self.hashes == 0 {
            return None;
        }
        let rate = Hashrate::over(self.hashes as f64, self.busy);
        (self.hashes, self.busy, self.told) = (0, Duration::ZERO, Some(now));
        Some(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_grows_and_shrinks_to_its_time() {
        let mut pace = Pace::new();
        let run = |pace: &mut Pace, rate: f64| {
            for _ in 0..20 {
                let chunk = pace.chunk();
                pace.learn(chunk, Duration::from_secs_f64(chunk as f64 / rate));
            }
            pace.chunk()
        };
        assert_eq!(run(&mut pace, 1e9), 8192);
        assert!((590..=610).contains(&run(&mut pace, 10e6)), "{pace:?}");
        assert_eq!(run(&mut pace, 1e5), 256);
    }

    #[test]
    fn the_rate_is_told_now_and_then() {
        let mut pace = Pace::new();
        let start = Instant::now();
        assert_eq!(pace.news(start), None);
        pace.learn(1000, Duration::from_micros(100));
        assert_eq!(pace.news(start + Duration::from_secs(1)), None);
        let rate = pace.news(start + Duration::from_secs(5)).unwrap();
        assert!((rate.get() - 1e7).abs() < 1.0);
        assert_eq!(
            pace.news(start + Duration::from_secs(11)),
            None,
            "no hashes since"
        );
    }
}
