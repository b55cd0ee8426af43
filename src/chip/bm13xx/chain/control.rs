//! What a board does to its running chain: the clock, registers, and the end.

use std::time::{Duration, Instant};

use super::Chain;
use crate::chip::bm13xx::bring_up;
use crate::chip::bm13xx::error::ChainError;
use crate::chip::bm13xx::event::ChainEvent;
use crate::chip::bm13xx::frames::{Command, RegisterReply, To};
use crate::chip::bm13xx::pll::solve;
use crate::chip::bm13xx::registers::{HashCounting, Register};

/// How long a chip may take to tell a register.
const PATIENCE: Duration = Duration::from_millis(500);

/// A clock on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ramping {
    /// What the dividers make at the end, MHz.
    goal: f64,
    /// The step that was made last, as it was asked for, MHz.
    at: f64,
    /// When the next step is due.
    next: Instant,
}

impl Chain {
    /// Begins to change the clock; the clock that the chips' dividers will make of it, MHz.
    ///
    /// The ramp's first step is made at once, the others by [`poll`](Chain::poll), so that the chips have work and the board looks at its
    /// sensors meanwhile. The new rate comes as an event.
    ///
    /// # Errors
    /// As the transport's, or [`ChainError::Setting`] with the possible range.
    pub fn set_clock(&mut self, mhz: f64) -> Result<f64, ChainError> {
        self.settings.check_clock(mhz)?;
        let goal = solve(self.settings.chip, mhz).mhz;
        // The deadline of a sweep may be too short for the clock, never too long: nonces would be hashed twice.
        if goal > self.pll.mhz {
            self.write_counting(goal)?;
        }
        self.settings.clock_mhz = mhz;
        self.alive.expect_nothing();
        self.ramp = Some(Ramping {
            goal,
            at: self.pll.mhz,
            next: self.line.now(),
        });
        self.ramp()?;
        Ok(goal)
    }

    /// The clock that the chips have, or are on their way to, MHz.
    pub fn goal_mhz(&self) -> f64 {
        self.ramp.map_or(self.pll.mhz, |ramp| ramp.goal)
    }

    /// When the clock's next step is due.
    pub(super) fn ramps_at(&self) -> Option<Instant> {
        self.ramp.map(|ramp| ramp.next)
    }

    /// The highest clock that the chips may have before they get other work, MHz.
    pub(super) fn fastest_mhz(&self) -> f64 {
        self.pll.mhz.max(self.goal_mhz())
    }

    /// Makes the clock's next step, if there is one and it is time.
    pub(super) fn ramp(&mut self) -> Result<(), ChainError> {
        let Some(ramp) = self.ramp.filter(|ramp| self.line.now() >= ramp.next) else {
            return Ok(());
        };
        let wish = self.settings.clock_mhz;
        let steps = bring_up::ramp(ramp.at, wish, self.settings.ramp.step_mhz);
        let at = steps[0];
        self.pll = solve(self.settings.chip, at);
        let register = bring_up::clock_register(&self.settings);
        bring_up::write_clock(&mut self.line, self.settings.chip, register, self.pll)?;
        if steps.len() == 1 {
            return self.end_ramp();
        }
        let next = self.line.now() + self.settings.ramp.pause;
        self.ramp = Some(Ramping { at, next, ..ramp });
        Ok(())
    }

    fn end_ramp(&mut self) -> Result<(), ChainError> {
        self.ramp = None;
        self.write_counting(self.pll.mhz)?;
        self.remember_clock()?;
        self.news.push_back(ChainEvent::Rate(self.nominal()));
        Ok(())
    }

    /// Stops the chips for good: no hashing, no reports; those that cannot be told run at their slowest. The board takes reset and voltage
    /// away next.
    ///
    /// # Errors
    /// As the transport's.
    pub fn halt(&mut self) -> Result<(), ChainError> {
        self.idle()?;
        self.ramp = None;
        self.alive.expect_nothing();
        if self.settings.chip.job.rolls_version() {
            return self.write_register(0x18, 0x0000_c100);
        }
        let slowest = solve(self.settings.chip, self.settings.chip.clock.min_mhz);
        let register = bring_up::clock_register(&self.settings);
        bring_up::write_clock(&mut self.line, self.settings.chip, register, slowest)?;
        self.pll = slowest;
        Ok(())
    }

    /// Reads a register of chip `chip` (counted from the host). Nonces that come meanwhile are kept, in order.
    ///
    /// # Errors
    /// As the transport's, or [`ChainError::Step`] when the chip does not answer.
    pub fn read_register(&mut self, chip: u16, register: u8) -> Result<u32, ChainError> {
        let to = bring_up::to_chip(&self.settings, self.addresses, chip);
        let is_it = |reply: &RegisterReply| reply.register.is_none_or(|other| other == register);
        let question = Command::Read { to, register };
        let answer = self.line.ask(question, PATIENCE, &is_it)?;
        answer
            .map(|reply| reply.value)
            .ok_or_else(|| ChainError::Step {
                step: "reading a register",
                chip: chip.to_string(),
                expected: format!("the value of register {register:02x}"),
                got: format!("{} within {} ms", self.line.quote(), PATIENCE.as_millis()),
            })
    }

    /// Writes a register of all chips.
    ///
    /// # Errors
    /// As the transport's.
    pub fn write_register(&mut self, register: u8, value: u32) -> Result<(), ChainError> {
        self.line.command(Command::Write {
            to: To::All,
            register,
            value,
        })
    }

    /// Writes the hash counting number for a clock, where there is such a register and the chips are not stopped.
    pub(super) fn write_counting(&mut self, mhz: f64) -> Result<(), ChainError> {
        let has_register = self.settings.chip.job.rolls_version();
        match self.sweep(mhz).counting() {
            Some(ticks) if has_register && !self.in_force.is_stopped => {
                self.write_register(HashCounting::ADDRESS, ticks)
            }
            _ => Ok(()),
        }
    }
}
