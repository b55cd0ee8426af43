//! Variable difficulty: a client's difficulty is steered so that its shares come at a set pace.

use std::time::{Duration, Instant};

use crate::units::Difficulty;

/// Shares that a window is made for.
const WINDOW_SHARES: f64 = 10.0;
/// One step never changes the difficulty by more than these factors.
const STEPS: std::ops::RangeInclusive<f64> = 0.25..=8.0;
/// A pace within these factors of the wanted one is left alone.
const TOLERANCE: std::ops::RangeInclusive<f64> = 0.5..=2.0;
/// The least difficulty that is steered to.
const FLOOR: f64 = 1e-9;

/// The difficulty of one client, and its pace since the last look at it.
#[derive(Debug)]
pub(in crate::pool) struct Vardiff {
    pub(in crate::pool) difficulty: Difficulty,
    since: Option<Instant>,
    shares: u32,
}

impl Vardiff {
    pub(in crate::pool) fn new(difficulty: Difficulty) -> Self {
        Self {
            difficulty,
            since: None,
            shares: 0,
        }
    }

    pub(in crate::pool) fn count_share(&mut self) {
        self.shares += 1;
    }

    /// Goes on to the difficulty that gives `wanted` shares a minute (if that is wanted), not below `minimum` nor above `hardest`, when
    /// there is enough to judge by; whether it is another one than before.
    pub(in crate::pool) fn steer(
        &mut self,
        wanted: Option<f64>,
        minimum: Option<Difficulty>,
        hardest: Difficulty,
        now: Instant,
    ) -> bool {
        let factor = wanted.and_then(|wanted| self.factor(wanted.max(0.01), now));
        let Some(factor) = factor else {
            return false;
        };
        let hardest = hardest.get();
        let least = minimum.map_or(FLOOR, Difficulty::get).min(hardest);
        let steered = (self.difficulty.get() * factor).clamp(least, hardest.max(least));
        let before = self.difficulty;
        self.difficulty = Difficulty::new(steered).unwrap_or(before);
        self.difficulty != before
    }

    /// By which factor the difficulty should change, when there is enough to judge by: a window has passed, or shares come far
    /// too fast.
    fn factor(&mut self, wanted_a_minute: f64, now: Instant) -> Option<f64> {
        let elapsed = now.saturating_duration_since(*self.since.get_or_insert(now));
        let window = (60.0 * WINDOW_SHARES / wanted_a_minute).clamp(5.0, 120.0);
        let flood = f64::from(self.shares) >= 2.0 * WINDOW_SHARES;
        if !flood && elapsed < Duration::from_secs_f64(window) {
            return None;
        }
        let minutes = elapsed.as_secs_f64().max(1.0) / 60.0;
        let factor = f64::from(self.shares) / (wanted_a_minute * minutes);
        self.since = Some(now);
        self.shares = 0;
        (!TOLERANCE.contains(&factor)).then(|| factor.clamp(*STEPS.start(), *STEPS.end()))
    }
}
