//! What a board does while its chain is brought up, which takes seconds: it moves the reset line, and looks at its sensors.

use std::time::Instant;

use super::driver::CHECK;
use super::kind::Kind;
use super::parts::Parts;
use crate::board::peripheral::PeripheralError;
use crate::board::safety::Guard;
use crate::chip::bm13xx::{ChainError, ResetLine};

/// A board that stands by its chain.
pub(super) struct Bystander<'a> {
    pub(super) parts: &'a mut Parts,
    pub(super) guard: &'a mut Guard,
    pub(super) kind: &'static Kind,
    /// The core voltage that was set, millivolts.
    pub(super) millivolts: u32,
    pub(super) next_look: Instant,
}

impl Bystander<'_> {
    /// Why the bring-up failed: what the sensors say, if that is bad enough, explains whatever else went wrong.
    pub(super) fn explain(&mut self, error: ChainError, now: Instant) -> ChainError {
        if error.is_gone() {
            return error;
        }
        self.next_look = now;
        self.look_after(now).err().unwrap_or(error)
    }
}

impl ResetLine for Bystander<'_> {
    fn reset(&mut self, asserted: bool) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        match self.parts.reset(self.kind, asserted) {
            // A chain recognises a port that is gone by this.
            Err(PeripheralError::Transport(error)) => Err(Box::new(error)),
            result => Ok(result?),
        }
    }

    fn look_after(&mut self, now: Instant) -> Result<(), ChainError> {
        if now < self.next_look {
            return Ok(());
        }
        self.next_look = now + CHECK;
        // Nothing but a port that is gone is an error here; what is silent is the guard's business.
        let mut measured = self.parts.measure().map_err(gone)?;
        measured.expect_voltage(self.millivolts);
        match self.guard.alarm(&measured.readings, now) {
            Some(why) => Err(ChainError::Unsafe(why)),
            None => Ok(()),
        }
    }
}

fn gone(error: PeripheralError) -> ChainError {
    match error {
        PeripheralError::Transport(error) => ChainError::Transport(error),
        error => ChainError::Unsafe(error.to_string()),
    }
}
