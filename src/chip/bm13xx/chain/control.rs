//! What a board does to its running chain: the clock, registers, and the end.

use std::time::Duration;

use super::Chain;
use crate::chip::bm13xx::bring_up;
use crate::chip::bm13xx::error::ChainError;
use crate::chip::bm13xx::event::ChainEvent;
use crate::chip::bm13xx::frames::{Command, RegisterReply, To};
use crate::chip::bm13xx::pll::solve;
use crate::chip::bm13xx::registers::{HashCounting, Register};

/// How long a chip may take to tell a register.
const PATIENCE: Duration = Duration::from_millis(500);

impl Chain {
    /// Changes the clock, in the ramp's steps; the clock that the chips' dividers make of it, MHz. The new rate comes as an event.
    ///
    /// # Errors
    /// As the transport's, or [`ChainError::Setting`] with the possible range.
    pub fn set_clock(&mut self, mhz: f64) -> Result<f64, ChainError> {
        self.settings.check_clock(mhz)?;
        let is_faster = mhz > self.pll.mhz;
        // The deadline of a sweep may be too short for the clock, never too long: nonces would be hashed twice.
        if is_faster {
            self.write_counting(mhz)?;
        }
        let register = bring_up::clock_register(&self.settings);
        for step in bring_up::ramp(self.pll.mhz, mhz, self.settings.ramp.step_mhz) {
            self.pll = solve(self.settings.chip, step);
            bring_up::write_clock(&mut self.line, self.settings.chip, register, self.pll)?;
            self.line.sleep(self.settings.ramp.pause);
        }
        if !is_faster {
            self.write_counting(mhz)?;
        }
        self.settings.clock_mhz = mhz;
        self.remember_clock()?;
        self.news.push_back(ChainEvent::Rate(self.nominal()));
        Ok(self.pll.mhz)
    }

    /// Stops the chips for good: no hashing, no reports; those that cannot be told run at their slowest. The board takes reset and voltage
    /// away next.
    ///
    /// # Errors
    /// As the transport's.
    pub fn halt(&mut self) -> Result<(), ChainError> {
        self.idle()?;
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
