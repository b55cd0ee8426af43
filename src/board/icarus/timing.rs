//! How fast a board hashes, learnt from where in the range its nonces lie, and when it must get new work.
//!
//! A nonce tells how many hashes the board had done when it found it; the slope of that number against time is the board's speed,
//! and the line's and adapter's latencies fall into the intercept. Pure: times come in as values.

use std::time::Duration;

use crate::units::Hashrate;

/// Samples earlier than this may belong to the work before.
const EARLIEST: Duration = Duration::from_millis(20);
/// No adapter holds bytes back longer.
const LARGEST_LATENCY: Duration = Duration::from_millis(80);
/// Fewer samples make no slope.
const FEWEST: f64 = 5.0;
/// What a sample weighs after the next one has come.
const FADING: f64 = 0.98;
/// So many samples in a row that do not fit mean that the board has changed.
const STRANGERS: u32 = 8;

/// Least squares of seconds against hashes, older samples fading.
#[derive(Debug, Clone, Copy, Default)]
struct Fit {
    n: f64,
    x: f64,
    t: f64,
    xx: f64,
    xt: f64,
    tt: f64,
}

impl Fit {
    fn add(&mut self, x: f64, t: f64) {
        let fade = |sum: f64, new: f64| sum * FADING + new;
        *self = Self {
            n: fade(self.n, 1.0),
            x: fade(self.x, x),
            t: fade(self.t, t),
            xx: fade(self.xx, x * x),
            xt: fade(self.xt, x * t),
            tt: fade(self.tt, t * t),
        };
    }

    /// Slope and intercept, when the slope's standard error is below 2 %.
    fn line(&self) -> Option<(f64, f64)> {
        let spread = self.xx - self.x * self.x / self.n;
        let slope = (self.xt - self.x * self.t / self.n) / spread;
        let rest = self.tt - self.t * self.t / self.n - slope * slope * spread;
        let error = (rest.max(0.0) / (self.n - 2.0) / spread).sqrt();
        let good = self.n >= FEWEST * 0.9 && slope > 0.0 && error < 0.02 * slope;
        good.then(|| (slope, (self.t - slope * self.x) / self.n))
    }
}

/// A board's speed: assumed, then measured.
#[derive(Debug, Clone)]
pub(super) struct RateMeter {
    /// Seconds for a hash of the whole board until measured.
    assumed: f64,
    /// Whether the user gave it, so that it rules the refresh.
    fixed: bool,
    /// Seconds for a hash that the board does not exceed, if the probe told.
    at_most: Option<f64>,
    fit: Fit,
    strangers: u32,
    reported: f64,
}

impl RateMeter {
    /// A meter that assumes `assumed` seconds a hash; `fixed` when the user said so.
    pub(super) fn new(assumed: f64, fixed: bool) -> Self {
        Self {
            assumed,
            fixed,
            at_most: fixed.then_some(assumed),
            fit: Fit::default(),
            strangers: 0,
            reported: 0.0,
        }
    }

    /// The board did `hashes` within `time`, latencies included.
    ///
    /// A time beyond any latency is the board's own: then it is as slow as that.
    pub(super) fn at_least(&mut self, hashes: f64, time: Duration) {
        let bound = time.as_secs_f64() / hashes;
        if self.fixed {
            return;
        }
        self.at_most = Some(bound);
        if bound < self.assumed || time > LARGEST_LATENCY {
            self.assumed = bound;
        }
    }

    /// `hashes` were done `time` after they were begun.
    pub(super) fn sample(&mut self, hashes: f64, time: Duration) {
        if time < EARLIEST {
            return;
        }
        let seconds = time.as_secs_f64();
        if self.fits(hashes, seconds) {
            self.strangers = 0;
        } else {
            self.strangers += 1;
            if self.strangers < STRANGERS {
                return;
            }
            self.fit = Fit::default();
        }
        self.fit.add(hashes, seconds);
    }

    fn fits(&self, hashes: f64, seconds: f64) -> bool {
        self.fit.line().is_none_or(|(slope, intercept)| {
            let expected = intercept + slope * hashes;
            (seconds - expected).abs() < (0.1 * expected).max(0.05)
        })
    }

    /// Seconds for a hash as far as known.
    pub(super) fn hash_time(&self) -> f64 {
        self.measured().unwrap_or(self.assumed)
    }

    fn measured(&self) -> Option<f64> {
        self.fit.line().map(|(slope, _)| slope)
    }

    /// The measured rate, when there is one that differs from the last one told by more than 2 %.
    pub(super) fn news(&mut self) -> Option<Hashrate> {
        let measured = self.measured()?;
        if (measured / self.reported - 1.0).abs() < 0.02 {
            return None;
        }
        self.reported = measured;
        Some(Hashrate::new(1.0 / measured))
    }

    /// When to give new work so that a board that searches `hashes` never idles: earlier the less is known.
    pub(super) fn refresh_after(&self, hashes: f64) -> Duration {
        let (seconds, share) = match self.measured() {
            _ if self.fixed => (self.assumed, 0.97),
            Some(measured) => (measured, 0.97),
            None => (self.assumed, 0.9),
        };
        let range = Duration::try_from_secs_f64(hashes * seconds * share);
        let latency = Duration::from_millis(2);
        range
            .unwrap_or(Duration::MAX)
            .saturating_sub(latency)
            .clamp(Duration::from_millis(1), Duration::from_secs(86_400))
    }

    /// How long silence can be chance when one hash in `hashes` is a nonce: 30 times the mean, as cgminer waits 30 ranges.
    pub(super) fn longest_silence(&self, hashes: f64) -> Option<Duration> {
        let seconds = self.measured().or(self.at_most)?;
        Duration::try_from_secs_f64(30.0 * hashes * seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn the_slope_is_found_whatever_the_latency() {
        let mut meter = RateMeter::new(1e-9, false);
        for (at, hashes) in [1e9, 4e9, 2e9, 3e9, 0.5e9, 3.5e9].into_iter().enumerate() {
            let jitter = [0.001, 0.004, 0.002][at % 3];
            meter.sample(hashes, seconds(hashes * 2.6e-9 + 0.016 + jitter));
        }
        assert!((meter.hash_time() / 2.6e-9 - 1.0).abs() < 0.01, "{meter:?}");
        assert!(meter.news().is_some());
        assert!(meter.news().is_none(), "told once");
    }

    #[test]
    fn a_late_or_lying_nonce_does_not_move_it() {
        let mut meter = RateMeter::new(1e-9, false);
        let learn = |meter: &mut RateMeter, slope: f64| {
            for step in 1..=12u32 {
                let hashes = f64::from(step * 7 % 13) * 3e8;
                meter.sample(hashes, seconds(hashes * slope + 0.001));
            }
        };
        learn(&mut meter, 2.6e-9);
        meter.sample(4e9, seconds(0.5));
        assert!((meter.hash_time() / 2.6e-9 - 1.0).abs() < 0.01);
        learn(&mut meter, 5.2e-9);
        learn(&mut meter, 5.2e-9);
        assert!((meter.hash_time() / 5.2e-9 - 1.0).abs() < 0.05, "{meter:?}");
    }

    #[test]
    fn the_refresh_comes_before_the_end_of_the_range() {
        let range = 4_294_967_296.0;
        let mut meter = RateMeter::new(2.6316e-9, false);
        let end = range * 2.6316e-9;
        assert!(meter.refresh_after(range).as_secs_f64() < 0.91 * end);
        meter.at_least(100_258.0, seconds(100_258.0 * 1e-9));
        assert!(meter.refresh_after(range).as_secs_f64() < 0.91 * range * 1e-9);
        let fixed = RateMeter::new(2.6316e-9, true);
        assert!(fixed.refresh_after(range).as_secs_f64() > 0.95 * end);
    }

    #[test]
    fn silence_is_judged_only_by_what_is_known() {
        let mut meter = RateMeter::new(1e-9, false);
        assert_eq!(meter.longest_silence(1e6), None);
        meter.at_least(1e5, seconds(0.1));
        assert_eq!(meter.longest_silence(1e6), Some(seconds(30.0)));
    }
}
