//! The clock: written in steps, read back where chips tell.

use std::time::Duration;

use super::{BringUp, clock_register, to_chip};
use crate::chip::bm13xx::chips::{ChipType, PllCoding};
use crate::chip::bm13xx::error::ChainError;
use crate::chip::bm13xx::frames::{Command, Dialect, RegisterReply, To};
use crate::chip::bm13xx::line::Line;
use crate::chip::bm13xx::pll::{Pll, solve};
use crate::chip::bm13xx::settings::Ramp;

/// How long a chip may take to tell its PLL.
const PATIENCE: Duration = Duration::from_millis(300);
/// The pause between the writes of chips that want them twice.
const TWICE: Duration = Duration::from_millis(10);
/// The bit that tells that a PLL has locked.
const LOCKED: u32 = 1 << 31;

/// The clocks between `from` and `to`, `to` itself last, MHz.
pub(in crate::chip::bm13xx) fn ramp(from: f64, to: f64, step: f64) -> Vec<f64> {
    let steps = ((to - from).abs() / step).ceil() as u32;
    let towards = if to < from { -step } else { step };
    let between = (1..steps).map(|index| from + f64::from(index) * towards);
    between.chain([to]).collect()
}

/// Writes a clock to all chips, as often as their type wants it.
pub(in crate::chip::bm13xx) fn write_clock(
    line: &mut Line,
    chip: &ChipType,
    register: u8,
    pll: Pll,
) -> Result<(), ChainError> {
    let write = |register, value| Command::Write {
        to: To::All,
        register,
        value,
    };
    let prelude = match chip.pll {
        PllCoding::Dividers(rules) => rules.prelude,
        PllCoding::Word => None,
    };
    let Some((before, value)) = prelude else {
        return line.command(write(register, pll.word));
    };
    for command in [write(before, value), write(register, pll.word)] {
        for _ in 0..2 {
            line.command(command)?;
            line.sleep(TWICE);
        }
    }
    Ok(())
}

impl BringUp<'_> {
    /// Raises the clock from the ramp's start to what is asked for.
    pub(super) fn ramp(&mut self) -> Result<(), ChainError> {
        let Ramp {
            start_mhz,
            step_mhz,
            pause,
        } = self.settings.ramp;
        let goal = self.settings.clock_mhz;
        let start = start_mhz.clamp(self.settings.chip.clock.min_mhz, goal);
        let register = clock_register(self.settings);
        for mhz in [start].into_iter().chain(ramp(start, goal, step_mhz)) {
            self.pll = solve(self.settings.chip, mhz);
            write_clock(self.line, self.settings.chip, register, self.pll)?;
            self.pause(pause)?;
        }
        self.check_clock(register)
    }

    /// Whether the first chip's PLL holds what was written, and has locked. Older chips tell nothing of use.
    fn check_clock(&mut self, register: u8) -> Result<(), ChainError> {
        if self.settings.chip.dialect != Dialect::Preambled {
            return Ok(());
        }
        let to = to_chip(self.settings, self.addresses, 0);
        let question = Command::Read { to, register };
        for _ in 0..2 {
            let is_it = |reply: &RegisterReply| reply.register == Some(register);
            if let Some(reply) = self.line.ask(question, PATIENCE, &is_it)? {
                self.judge_clock(reply.value);
                return Ok(());
            }
        }
        Err(ChainError::Step {
            step: "reading the clock back",
            chip: "0".to_owned(),
            expected: format!("{:08x}", self.pll.word | LOCKED),
            got: format!("{} within {} ms", self.line.quote(), PATIENCE.as_millis()),
        })
    }

    fn judge_clock(&mut self, value: u32) {
        let wanted = self.pll.word | LOCKED;
        if value == wanted {
            return;
        }
        let trouble = if value | LOCKED == wanted {
            "has not locked"
        } else {
            "holds something else"
        };
        self.notices.push(format!(
            "the clock of chip 0 {trouble}: expected {wanted:08x}, got {value:08x}"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ramps_end_exactly_both_ways() {
        assert_eq!(ramp(50.0, 70.0, 6.25), [56.25, 62.5, 68.75, 70.0]);
        assert_eq!(ramp(50.0, 62.5, 6.25), [56.25, 62.5]);
        assert_eq!(ramp(70.0, 50.0, 10.0), [60.0, 50.0]);
        assert_eq!(ramp(50.0, 50.0, 6.25), [50.0]);
    }
}
