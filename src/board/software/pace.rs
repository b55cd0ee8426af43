//! How many nonces to search before the next look at the wake flag, and how fast that went. Pure.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use crate::algorithm::Algorithm;
use crate::units::Hashrate;

/// How long a chunk of headers should take, and the bounds of its nonces.
const HEADERS: (f64, RangeInclusive<u64>) = (0.06e-3, 256..=8192);
/// The same for every other search: few look-ups of the flag a second matter more there.
const ANYTHING: (f64, RangeInclusive<u64>) = (2e-3, 1..=1 << 16);
/// How often the rate is told.
const TELL_EVERY: Duration = Duration::from_secs(5);
/// How long an algorithm that was not measured before is measured for the first time.
const FIRST_TELL: Duration = Duration::from_millis(500);

/// Chunk size and rate of one thread.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    chunk: u64,
    /// Seconds that a chunk should take.
    chunk_time: f64,
    bounds: RangeInclusive<u64>,
    /// Hashes and hashing time since the rate was told last.
    hashes: u64,
    busy: Duration,
    told: Option<Instant>,
    tell_after: Duration,
    rate: Option<Hashrate>,
}

impl Pace {
    /// For SHA-256d of headers, whose rate is known well enough at the start.
    pub(super) const fn headers() -> Self {
        Self::new(HEADERS, TELL_EVERY)
    }

    /// For an algorithm of unknown rate.
    pub(super) fn of(algorithm: &dyn Algorithm) -> Self {
        if algorithm.name() == "sha256d" {
            Self::headers()
        } else {
            Self::new(ANYTHING, FIRST_TELL)
        }
    }

    const fn new((chunk_time, bounds): (f64, RangeInclusive<u64>), tell_after: Duration) -> Self {
        Self {
            chunk: *bounds.start(),
            chunk_time,
            bounds,
            hashes: 0,
            busy: Duration::ZERO,
            told: None,
            tell_after,
            rate: None,
        }
    }

    /// Nonces of the next chunk.
    pub(super) const fn chunk(&self) -> u64 {
        self.chunk
    }

    /// About as many nonces as are hashed in so many seconds, at least a chunk.
    pub(super) fn nonces_in(&self, seconds: f64) -> u64 {
        let rate = self.rate.map_or(0.0, Hashrate::get);
        ((rate * seconds) as u64).max(self.chunk)
    }

    /// `hashes` took `time`. After a whole chunk its size is adapted; one that grew stays within twice the last one, so one
    /// mismeasurement does no harm.
    pub(super) fn learn(&mut self, hashes: u64, time: Duration) {
        self.hashes += hashes;
        self.busy += time;
        if hashes < self.chunk {
            return;
        }
        let fitting = hashes as f64 * self.chunk_time / time.as_secs_f64().max(1e-9);
        let near = (fitting as u64).clamp(self.chunk / 2, self.chunk * 2);
        self.chunk = near.clamp(*self.bounds.start(), *self.bounds.end());
    }

    /// The rate since the last time, when it is due.
    pub(super) fn news(&mut self, now: Instant) -> Option<Hashrate> {
        let told = *self.told.get_or_insert(now);
        if now.saturating_duration_since(told) < self.tell_after || self.hashes == 0 {
            return None;
        }
        let rate = Hashrate::over(self.hashes as f64, self.busy);
        (self.hashes, self.busy, self.told) = (0, Duration::ZERO, Some(now));
        self.tell_after = TELL_EVERY;
        self.rate = Some(rate);
        Some(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_grows_and_shrinks_to_its_time() {
        let mut pace = Pace::headers();
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
        let mut pace = Pace::headers();
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

    #[test]
    fn a_slow_algorithm_is_measured_soon_and_searched_hash_by_hash() {
        let mut pace = Pace::new(ANYTHING, FIRST_TELL);
        let start = Instant::now();
        assert_eq!((pace.news(start), pace.chunk()), (None, 1));
        for _ in 0..30 {
            pace.learn(
                pace.chunk(),
                Duration::from_millis(20) * pace.chunk() as u32,
            );
        }
        assert_eq!(pace.chunk(), 1);
        let rate = pace.news(start + Duration::from_millis(600)).unwrap();
        assert!((rate.get() - 50.0).abs() < 1e-6);
        assert_eq!(pace.nonces_in(2.0), 100);
    }
}
