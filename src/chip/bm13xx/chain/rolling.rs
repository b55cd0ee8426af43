//! Versions that the chain's driver rolls for chips that roll none, where there is nothing else to roll.
//!
//! Of a job with a fixed merkle root there is one place a second, with all its versions; chips that roll versions by themselves search
//! it for as long as it lasts. To the others the driver gives the same work again with its next versions, as often as there are
//! some, and asks for other work no sooner than the others do.

use std::time::Instant;

use super::Chain;
use crate::chip::bm13xx::chips::JobForm;
use crate::chip::bm13xx::error::ChainError;
use crate::work::WorkUnit;

/// Work of which the chips have not had all versions.
#[derive(Debug)]
pub(super) struct Left {
    work: WorkUnit,
    /// The number of the next version.
    next: u64,
    /// When the chips have searched what they have.
    at: Option<Instant>,
}

impl Left {
    /// All of `work`, where it is the driver who rolls its versions; `None`: other work is as near.
    pub(super) fn of(work: &WorkUnit, form: JobForm) -> Option<Self> {
        let fixed_root = work.job().template.extranonce2_size() == 0;
        (fixed_root && !form.rolls_version()).then(|| Self {
            work: work.clone(),
            next: 0,
            at: None,
        })
    }

    /// What is left when the versions before `next` have been given, which are searched at `at`.
    pub(super) fn after(self, next: u64, at: Instant) -> Option<Self> {
        (next < self.work.versions()).then(|| Self {
            next,
            at: Some(at),
            ..self
        })
    }
}

impl Chain {
    /// When the chips are to have their work's next versions.
    pub(super) fn rolls_at(&self) -> Option<Instant> {
        let at = self.left.as_ref()?.at?;
        Some(self.rested(at))
    }

    /// Gives the chips their work's next versions, if it is time.
    pub(super) fn roll(&mut self) -> Result<(), ChainError> {
        if self.rolls_at().is_none_or(|at| self.line.now() < at) {
            return Ok(());
        }
        let Some(Left { work, next, .. }) = self.left.take() else {
            return Ok(());
        };
        let Some(header) = work.header() else {
            return Ok(());
        };
        self.watch_chips();
        let lasts = self.give(&header, work, next)?;
        if self.left.is_none() {
            // These were the last.
            let end = self.line.now() + lasts;
            self.refresh = self.refresh.map(|refresh| refresh.min(end));
        }
        Ok(())
    }
}
