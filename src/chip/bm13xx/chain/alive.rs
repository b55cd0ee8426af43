//! A chain that has work and says nothing: asked whether it still is what it was.
//!
//! After a brown-out chips stand in their power-on state and wait for a bring-up that nobody gives them. Their clock tells: it is
//! read when nonces stay away, and a chain that has lost it, or does not answer, is an error, so that the board starts anew.

use std::time::{Duration, Instant};

use super::Chain;
use crate::chip::bm13xx::bring_up;
use crate::chip::bm13xx::error::ChainError;
use crate::chip::bm13xx::frames::{Command, Dialect, RegisterReply, To};

/// The shortest silence that is asked about.
const SILENCE: Duration = Duration::from_secs(5);
/// Nonces that must be missing: chance does that once in e^10 times, and then costs a question.
const MISSED: f64 = 10.0;
/// How long the chain may take to answer.
const PATIENCE: Duration = Duration::from_millis(200);
/// Questions that may stay unanswered in a row: one may be lost on the line.
const QUESTIONS: u32 = 3;

/// When a chain has last shown that it is there.
#[derive(Debug)]
pub(super) struct Alive {
    shown: Instant,
    /// What the first chip's clock register held after it was set; `None`: chips do not tell, or did not.
    clock: Option<u32>,
}

impl Alive {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            shown: now,
            clock: None,
        }
    }

    /// The chain has spoken, or has no reason to.
    pub(super) fn shown(&mut self, now: Instant) {
        self.shown = now;
    }

    /// The chain is not asked any more.
    pub(super) fn expect_nothing(&mut self) {
        self.clock = None;
    }
}

impl Chain {
    /// Takes note of what the first chip's clock register holds, where chips tell.
    pub(super) fn remember_clock(&mut self) -> Result<(), ChainError> {
        self.alive.clock = None;
        if self.settings.chip.dialect == Dialect::Preambled {
            self.alive.clock = self.ask_clock()?;
        }
        Ok(())
    }

    /// When to ask; `None`: there is no reason to.
    pub(super) fn asks_at(&self) -> Option<Instant> {
        self.alive.clock?;
        self.refresh?;
        let hashes = self.threshold().expected_hashes();
        let missed = self.nominal().time_for(MISSED * hashes)?;
        Some(self.alive.shown + missed.max(SILENCE))
    }

    /// Asks, if it is time.
    pub(super) fn check_alive(&mut self) -> Result<(), ChainError> {
        let now = self.line.now();
        let Some(expected) = self.alive.clock else {
            return Ok(());
        };
        if self.asks_at().is_none_or(|due| now < due) {
            return Ok(());
        }
        self.alive.shown(now);
        let answer = self.ask_clock()?;
        if answer == Some(expected) {
            return Ok(());
        }
        let got = answer.map_or_else(|| self.line.quote(), |value| format!("{value:08x}"));
        Err(ChainError::Step {
            step: "asking the silent chain for its clock",
            chip: "0".to_owned(),
            expected: format!("{expected:08x}"),
            got,
        })
    }

    fn ask_clock(&mut self) -> Result<Option<u32>, ChainError> {
        let register = bring_up::clock_register(&self.settings);
        let to: To = bring_up::to_chip(&self.settings, self.addresses, 0);
        let is_it = |reply: &RegisterReply| reply.register == Some(register);
        for _ in 0..QUESTIONS {
            let question = Command::Read { to, register };
            if let Some(reply) = self.line.ask(question, PATIENCE, &is_it)? {
                return Ok(Some(reply.value));
            }
        }
        Ok(None)
    }
}
