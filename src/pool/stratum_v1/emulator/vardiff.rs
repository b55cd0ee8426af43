//! Variable difficulty: a client's difficulty is steered so that its shares come at a set pace.

use std::time::{Duration, Instant};

use super::StratumEmulator;
use crate::pool::ClientId;
use crate::units::Difficulty;

/// Shares that a window is made for.
const WINDOW_SHARES: f64 = 10.0;
/// One step never changes the difficulty by more than these factors.
const STEPS: std::ops::RangeInclusive<f64> = 0.25..=8.0;
/// A pace within these factors of the wanted one is left alone.
const TOLERANCE: std::ops::RangeInclusive<f64> = 0.5..=2.0;
/// The least difficulty that is steered to.
const FLOOR: f64 = 1e-9;

/// The pace of one client since the last look at it.
#[derive(Debug, Default)]
pub(in crate::pool) struct Vardiff {
    since: Option<Instant>,
    shares: u32,
}

impl Vardiff {
    pub(in crate::pool) fn count_share(&mut self) {
        self.shares += 1;
    }

    /// The difficulty that comes after `difficulty` to get `wanted` shares a minute, not below `minimum` nor above `hardest`, when it
    /// is another one and there is enough to judge by.
    pub(in crate::pool) fn steered(
        &mut self,
        wanted: f64,
        difficulty: Difficulty,
        minimum: Option<Difficulty>,
        hardest: Difficulty,
        now: Instant,
    ) -> Option<Difficulty> {
        let factor = self.factor(wanted.max(0.01), now)?;
        let hardest = hardest.get();
        let least = minimum.map_or(FLOOR, Difficulty::get).min(hardest);
        let steered = (difficulty.get() * factor).clamp(least, hardest.max(least));
        let steered = Difficulty::new(steered).ok();
        steered.filter(|steered| *steered != difficulty)
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
        *self = Self {
            since: Some(now),
            shares: 0,
        };
        (!TOLERANCE.contains(&factor)).then(|| factor.clamp(*STEPS.start(), *STEPS.end()))
    }
}

impl StratumEmulator {
    /// Steers before a job goes out anyway.
    pub(super) fn steer_at_job(&mut self, id: ClientId, now: Instant) -> bool {
        let hardest = self.chain.network_difficulty();
        let (Some(wanted), Some(client)) = (self.settings.vardiff, self.clients.get_mut(&id))
        else {
            return false;
        };
        let steered =
            client
                .vardiff
                .steered(wanted, client.difficulty, client.minimum, hardest, now);
        client.difficulty = steered.unwrap_or(client.difficulty);
        steered.is_some()
    }

    /// Steers after a share: a new difficulty needs a new job.
    pub(super) fn steer_at_share(&mut self, id: ClientId, now: Instant) {
        if let Some(client) = self.clients.get_mut(&id) {
            client.vardiff.count_share();
        }
        if self.steer_at_job(id, now) {
            let job = self.chain.refreshed();
            self.serve(id, &job, now);
        }
    }
}
