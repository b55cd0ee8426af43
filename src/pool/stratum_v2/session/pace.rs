//! How fast we are, as far as a pool can see it, and telling it when that changes.
//!
//! Pools choose the first target by what a channel says of its hashrate. A session knows only the shares that pass through it, so it
//! begins with a guess and corrects it by what was found.

use std::time::{Duration, Instant};

use mining_sv2::{UpdateChannelErrorOwned, UpdateChannelOwned};

use super::Sv2Session;
use super::setup::MAX_TARGET;
use crate::pool::PoolEvent;
use crate::pool::pace::Found;
use crate::pool::stratum_v2::messages::shown_text;
use crate::pool::talk::Stage;
use crate::units::{Difficulty, Target};

/// What is told before anything is known, in hashes a second: a small board.
const FIRST_GUESS: f64 = 1e9;
/// Shares a minute that pools of the reference implementation aim at; who asks for a difficulty gets the hashrate that leads to it.
const USUAL_PACE: f64 = 6.0;
/// How often the pace is looked at.
const LOOK: Duration = Duration::from_secs(20);
/// How often as long as what the pool was told is but a guess: a fast miner would drown it in shares of a target for a slow one.
const FIRST_LOOK: Duration = Duration::from_secs(2);
/// An estimate within these factors of what the pool was told is no news.
const SAME: std::ops::RangeInclusive<f64> = 0.6..=1.7;

/// What was found, and what the pool was told.
#[derive(Debug)]
pub(super) struct Pace {
    /// Hashes a second that the pool was told.
    told: f64,
    next_look: Option<Instant>,
    /// There was an estimate once, here or on an earlier connection.
    is_known: bool,
    found: Found,
}

impl Pace {
    pub(super) fn new(suggested: Option<Difficulty>) -> Self {
        let told = suggested.map_or(FIRST_GUESS, |difficulty| {
            Target::from_difficulty(difficulty).expected_hashes() * USUAL_PACE / 60.0
        });
        Self {
            told,
            next_look: None,
            is_known: false,
            found: Found::default(),
        }
    }

    /// Hashes a second, as messages carry them.
    pub(super) fn nominal(&self) -> f32 {
        self.told as f32
    }

    /// When [`look`](Self::look) has something to see.
    pub(super) fn next_look(&self) -> Option<Instant> {
        self.next_look
    }

    /// Counts a share that is handed in.
    pub(super) fn count(&mut self, target: Target, now: Instant) {
        self.found.count(target, now);
        let pause = self.pause_between();
        self.next_look.get_or_insert(now + pause);
    }

    fn pause_between(&self) -> Duration {
        if self.is_known { LOOK } else { FIRST_LOOK }
    }

    /// The connection is gone: what is found meanwhile does not count.
    pub(super) fn pause(&mut self) {
        *self = Self {
            told: self.told,
            is_known: self.is_known,
            ..Self::new(None)
        };
    }

    /// What the pool should know by now, if it is news.
    fn look(&mut self, now: Instant) -> Option<f32> {
        self.next_look = Some(now + self.pause_between());
        let rate = self.found.estimate(now)?;
        self.is_known = true;
        self.next_look = Some(now + LOOK);
        if SAME.contains(&(rate / self.told)) {
            return None;
        }
        self.told = rate;
        Some(self.nominal())
    }
}

impl Sv2Session {
    pub(super) fn look_at_pace(&mut self, now: Instant) {
        let is_due = self.pace.next_look().is_some_and(|due| due <= now);
        if !is_due || self.talk.stage != Stage::Ready {
            return;
        }
        let Some(channel) = self.link.channel.as_ref().map(|channel| channel.id) else {
            return;
        };
        if let Some(nominal_hash_rate) = self.pace.look(now) {
            self.send(UpdateChannelOwned {
                channel_id: channel,
                nominal_hash_rate,
                maximum_target: MAX_TARGET.into(),
            });
        }
    }

    /// The channel stays as it was.
    pub(super) fn update_refused(&mut self, error: &UpdateChannelErrorOwned) {
        if self.channel_meant_by(error.channel_id).is_some() {
            let code = shown_text(&error.error_code);
            let words = format!("the pool does not take our hashrate: {code}");
            self.talk.events.push_back(PoolEvent::Message(words));
        }
    }
}
