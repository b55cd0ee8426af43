//! How long to wait before the next attempt.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::NetError;

/// How the pauses between attempts grow (user-expectations.md section 11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    /// The first pause; each further one is twice as long.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// The first pause after the pool refused the worker.
    pub first_refused: Duration,
    /// The longest pause after the pool refused the worker.
    pub longest_refused: Duration,
    /// How long a connection must have lasted, and delivered a job, before the pauses start small again.
    pub lasting: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            first_refused: Duration::from_secs(30),
            longest_refused: Duration::from_secs(600),
            lasting: Duration::from_secs(60),
        }
    }
}

/// The pause after the pool forbade us to ask.
const FORBIDDEN: Duration = Duration::from_secs(3600);

/// Where in its [`Backoff`] a link stands.
pub(super) struct Retry {
    limits: Backoff,
    next: Duration,
    next_refused: Duration,
    dice: StdRng,
}

impl Retry {
    pub(super) fn new(limits: Backoff, seed: u64) -> Self {
        Self {
            next: limits.first,
            next_refused: limits.first_refused,
            limits,
            dice: StdRng::seed_from_u64(seed),
        }
    }

    /// A connection has ended that lasted so long and delivered so many jobs.
    pub(super) fn had(&mut self, lasted: Duration, jobs: u64) {
        if lasted >= self.limits.lasting && jobs > 0 {
            self.next = self.limits.first;
            self.next_refused = self.limits.first_refused;
        }
    }

    /// The pause after `error`, within 20 % of its size so that a thousand miners do not come back together.
    pub(super) fn pause_after(&mut self, error: &NetError) -> Duration {
        if error.is_forbidden() {
            return FORBIDDEN;
        }
        let (next, longest) = if error.is_refused_login() {
            (&mut self.next_refused, self.limits.longest_refused)
        } else {
            (&mut self.next, self.limits.longest)
        };
        let pause = (*next).min(longest);
        *next = pause.saturating_mul(2).min(longest);
        pause.mul_f64(self.dice.random_range(0.8..=1.2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::CloseReason;

    fn assert_near(pause: Duration, secs: u64) {
        let ratio = pause.as_secs_f64() / Duration::from_secs(secs).as_secs_f64();
        assert!((0.79..=1.21).contains(&ratio), "{pause:?} for {secs} s");
    }

    fn refused() -> NetError {
        NetError::Given(CloseReason::Refused {
            user: "me".into(),
            text: "no".into(),
        })
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut retry = Retry::new(Backoff::default(), 1);
        for secs in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert_near(retry.pause_after(&NetError::Closed), secs);
        }
    }

    #[test]
    fn a_refused_login_waits_much_longer() {
        let mut retry = Retry::new(Backoff::default(), 2);
        for secs in [30, 60, 120, 240, 480, 600, 600] {
            assert_near(retry.pause_after(&refused()), secs);
        }
        assert_near(retry.pause_after(&NetError::Closed), 1);
    }

    #[test]
    fn only_a_lasting_connection_with_a_job_resets() {
        let mut retry = Retry::new(Backoff::default(), 3);
        retry.pause_after(&NetError::Closed);
        retry.had(Duration::from_secs(3600), 0);
        assert_near(retry.pause_after(&NetError::Closed), 2);
        retry.had(Duration::from_secs(59), 100);
        assert_near(retry.pause_after(&NetError::Closed), 4);
        retry.had(Duration::from_secs(60), 1);
        assert_near(retry.pause_after(&NetError::Closed), 1);
    }

    #[test]
    fn jitter_depends_on_the_seed_only() {
        let pauses = |seed| {
            let mut retry = Retry::new(Backoff::default(), seed);
            [0; 6].map(|_| retry.pause_after(&NetError::Closed))
        };
        assert_eq!(pauses(7), pauses(7));
        assert_ne!(pauses(7), pauses(8));
    }
}
