//! Whether a board's answers make sense: only garbage, only wrong nonces, a flood or silence mean that it must be reset.

use std::time::{Duration, Instant};

use crate::units::{Hashrate, Target};

/// Bad answers in a row, without a right nonce between them, after which a board is reset.
const BAD_IN_A_ROW: u32 = 24;
/// A board that has work is silent when this many nonces were to be expected and none came: chance does that once in e^30 times.
const MISSED_NONCES: f64 = 30.0;
/// And never before this time, so that a slow start is no illness.
const PATIENCE: Duration = Duration::from_secs(60);
/// A board may answer this many times faster than it can; anything above is a flood.
const FLOOD_FACTOR: f64 = 10.0;
/// Answers that are always allowed in one go.
const BURST: f64 = 200.0;

/// Judges one board from start to reset.
#[derive(Debug)]
pub(super) struct Health {
    bad_in_a_row: u32,
    /// Right nonces to be expected a second, at least.
    expected_per_second: f64,
    /// Right nonces to be expected a second at most: of a board that knows how easy the job's target is.
    most_per_second: f64,
    /// Token bucket against floods.
    tokens: f64,
    refilled: Instant,
    /// Since when it has had work without a right nonce.
    waiting_since: Instant,
    good: u64,
}

impl Health {
    /// A board of rate `nominal` that reports hashes meeting `threshold`, started at `now`.
    pub(super) fn new(nominal: Hashrate, threshold: Target, now: Instant) -> Self {
        Self {
            bad_in_a_row: 0,
            expected_per_second: nominal.get() / threshold.expected_hashes(),
            most_per_second: nominal.get() / threshold.expected_hashes(),
            tokens: BURST,
            refilled: now,
            waiting_since: now,
            good: 0,
        }
    }

    /// A right nonce came.
    pub(super) fn good(&mut self, now: Instant) {
        self.bad_in_a_row = 0;
        self.good += 1;
        self.waiting_since = now;
    }

    /// A wrong nonce or bytes that make no frame came.
    pub(super) fn bad(&mut self) {
        self.bad_in_a_row += 1;
    }

    /// What is to be expected of a board of this rate: hashes that meet `threshold`, and at most those that meet `easiest`.
    pub(super) fn expect(&mut self, rate: Hashrate, threshold: Target, easiest: Target) {
        self.expected_per_second = rate.get() / threshold.expected_hashes();
        self.most_per_second = rate.get() / easiest.expected_hashes();
    }

    /// The board has no work: silence is right.
    pub(super) fn idle(&mut self, now: Instant) {
        self.waiting_since = now;
    }

    /// How many right nonces came.
    pub(super) fn good_nonces(&self) -> u64 {
        self.good
    }

    /// Takes an answer out of the bucket; `false`: the board floods us.
    pub(super) fn admit(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.refilled).as_secs_f64();
        let refill = elapsed * (self.most_per_second * FLOOD_FACTOR).max(20.0);
        self.tokens = (self.tokens + refill).min(BURST.max(self.most_per_second * FLOOD_FACTOR));
        self.refilled = now;
        self.tokens -= 1.0;
        self.tokens >= 0.0
    }

    /// What is wrong with the board, if anything is.
    pub(super) fn complaint(&self, now: Instant) -> Option<String> {
        if self.tokens < 0.0 {
            return Some("it floods us with answers, far more than it can find".to_owned());
        }
        if self.bad_in_a_row >= BAD_IN_A_ROW {
            return Some(format!("{BAD_IN_A_ROW} wrong answers in a row"));
        }
        let waited = now.saturating_duration_since(self.waiting_since);
        let missed = waited.as_secs_f64() * self.expected_per_second;
        (waited >= PATIENCE && missed >= MISSED_NONCES).then(|| {
            format!(
                "silent for {} s, where {missed:.0} nonces were to be expected",
                waited.as_secs()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(start: Instant) -> Health {
        Health::new(Hashrate::new(4.3e9), Target::from_zero_bits(32), start) // one nonce a second
    }

    #[test]
    fn wrong_answers_alone_are_an_illness_but_not_between_right_ones() {
        let start = Instant::now();
        let mut health = health(start);
        for _ in 0..100 {
            (1..BAD_IN_A_ROW).for_each(|_| health.bad());
            assert_eq!(health.complaint(start), None);
            health.good(start);
        }
        (0..BAD_IN_A_ROW).for_each(|_| health.bad());
        assert!(health.complaint(start).unwrap().contains("wrong answers"));
    }

    #[test]
    fn silence_counts_only_with_work() {
        let start = Instant::now();
        let mut health = health(start);
        assert_eq!(health.complaint(start + Duration::from_secs(59)), None);
        assert!(
            health
                .complaint(start + Duration::from_secs(61))
                .unwrap()
                .contains("silent")
        );
        health.idle(start + Duration::from_secs(61));
        assert_eq!(health.complaint(start + Duration::from_secs(100)), None);
    }

    #[test]
    fn a_flood_is_stopped_and_a_fast_board_is_not() {
        let start = Instant::now();
        let mut slow = health(start);
        let admitted = (0..10_000).filter(|_| slow.admit(start)).count();
        assert_eq!(admitted, BURST as usize);
        assert!(slow.complaint(start).unwrap().contains("floods"));
        let mut easy = health(start);
        let (hardware, pool) = (Target::from_zero_bits(32), Target::from_zero_bits(22));
        easy.expect(Hashrate::new(4.3e9), hardware, pool); // a thousand a second
        for millisecond in 0..60_000 {
            assert!(easy.admit(start + Duration::from_millis(millisecond)));
        }
        let mut fast = Health::new(Hashrate::new(1e12), Target::from_zero_bits(32), start); // 233 a second
        for millisecond in 0..60_000 {
            let now = start + Duration::from_millis(millisecond);
            assert!(millisecond % 4 != 0 || fast.admit(now));
        }
    }
}
