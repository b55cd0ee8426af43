//! From a chain under power to a chain that hashes: straight-line code that reads a chip type's [`Script`].

mod clock;
mod count;
mod script;
pub mod scripts;
mod speed;
mod steps;

use std::time::Duration;

use super::chips::PllCoding;
use super::error::ChainError;
use super::frames::{BARE_PLL, Command, To};
use super::layout::Addresses;
use super::line::Line;
use super::pll::Pll;
use super::registers::{Register, VersionRolling};
use super::settings::{ChainSettings, ResetLine};
use super::ticket::TicketRule;
use crate::units::Hashrate;

pub(super) use clock::{ramp, write_clock};
pub use script::{Script, Step};

/// A chain that is up.
#[derive(Debug, Clone)]
pub(super) struct Up {
    pub(super) addresses: Addresses,
    /// How many chips answer at their addresses.
    answering: u16,
    pub(super) pll: Pll,
    /// The host's line speed.
    pub(super) baud: u32,
    /// Bits of the ticket mask.
    pub(super) ticket_bits: u32,
    /// What the person should know.
    pub(super) notices: Vec<String>,
}

/// Brings up the chain on `line`. If it falls silent at the line speed that was asked for, it is reset and runs at the slow one.
pub(super) fn bring_up(
    line: &mut Line,
    settings: &ChainSettings,
    board: &mut dyn ResetLine,
) -> Result<Up, ChainError> {
    let mut up = BringUp::run(line, settings, board, settings.baud)?;
    let Some(fast) = settings.fast_line()? else {
        return Ok(up);
    };
    if speed::raise(line, settings, fast, up.answering)? {
        up.baud = fast.host_baud;
        return Ok(up);
    }
    let slow = settings.reset_baud;
    let notice = format!(
        "the chain fell silent at {} baud; it runs at {slow} baud",
        fast.host_baud
    );
    line.port().set_baud(slow)?;
    if board.is_there() {
        up = BringUp::run(line, settings, board, None)?;
    } else {
        speed::insist(line, settings, fast, up.answering)?;
    }
    up.notices.push(notice);
    Ok(up)
}

/// One run through the script.
struct BringUp<'a> {
    line: &'a mut Line,
    settings: &'a ChainSettings,
    /// What the board does for it: moves its reset line, looks at its sensors.
    board: &'a mut dyn ResetLine,
    /// The line speed that the chain will have.
    baud: u32,
    addresses: Addresses,
    answering: u16,
    pll: Pll,
    notices: Vec<String>,
}

impl<'a> BringUp<'a> {
    fn run(
        line: &'a mut Line,
        settings: &'a ChainSettings,
        board: &'a mut dyn ResetLine,
        baud: Option<u32>,
    ) -> Result<Up, ChainError> {
        let mut run = Self {
            line,
            settings,
            board,
            baud: baud.unwrap_or(settings.reset_baud),
            addresses: Addresses { chips: 1, step: 1 },
            answering: 1,
            pll: super::pll::solve(settings.chip, settings.ramp.start_mhz),
            notices: Vec::new(),
        };
        let counted = settings
            .script
            .steps
            .iter()
            .position(|step| *step == Step::Count);
        let (first, rest) = settings
            .script
            .steps
            .split_at(counted.map_or(0, |at| at + 1));
        run.count_from_reset(first)?;
        run.steps(rest)?;
        let ticket_bits = run.ticket_bits();
        Ok(Up {
            addresses: run.addresses,
            answering: run.answering,
            pll: run.pll,
            baud: settings.reset_baud,
            ticket_bits,
            notices: run.notices,
        })
    }

    fn reset(&mut self) -> Result<(), ChainError> {
        let script = self.settings.script;
        self.board.reset(true).map_err(ChainError::Reset)?;
        self.pause(script.reset)?;
        self.board.reset(false).map_err(ChainError::Reset)?;
        self.pause(script.settle)?;
        self.line.forget()
    }

    /// Resets and counts the chips; once more if some are missing, as a reset may bring them to their senses.
    fn count_from_reset(&mut self, steps: &[Step]) -> Result<(), ChainError> {
        self.reset()?;
        let counted = self.steps(steps);
        let is_short = match &counted {
            Ok(()) => self.addresses.chips < self.settings.expected_chips,
            Err(error) => matches!(error, ChainError::NoChips { .. }),
        };
        if !is_short || !self.board.is_there() {
            return counted;
        }
        self.notices.clear();
        self.reset()?;
        self.steps(steps)
    }

    fn steps(&mut self, steps: &[Step]) -> Result<(), ChainError> {
        steps.iter().try_for_each(|step| self.step(*step))
    }

    fn step(&mut self, step: Step) -> Result<(), ChainError> {
        match step {
            Step::Count => self.count(),
            Step::Inactive(times, pause) => self.inactive(times, pause),
            Step::Address => self.address(),
            Step::Write(register, value) => self.write(To::All, register, value),
            Step::WriteFirst(register, value) => self.write_one(0, register, value),
            Step::WriteEach(writes) => self.write_each(writes),
            Step::Ticket => self.ticket(),
            Step::Domains(drivers) => self.domains(drivers),
            Step::OpenCores(cores) => self.open_cores(cores),
            Step::Ramp => self.ramp(),
            Step::Counting => self.counting(),
            Step::Versions => {
                let all = VersionRolling { mask: u16::MAX };
                self.write(To::All, VersionRolling::ADDRESS, all.value())
            }
            Step::Wait(milliseconds) => self.pause(Duration::from_millis(milliseconds.into())),
        }
    }

    /// Lets time pass, which the board uses to look after itself.
    fn pause(&mut self, time: Duration) -> Result<(), ChainError> {
        self.line.sleep(time);
        self.look_after()
    }

    fn look_after(&mut self) -> Result<(), ChainError> {
        self.board.look_after(self.line.now())
    }

    fn inactive(&mut self, times: u8, pause: u16) -> Result<(), ChainError> {
        for _ in 0..times {
            self.line.command(Command::ChainInactive)?;
            self.pause(Duration::from_millis(pause.into()))?;
        }
        Ok(())
    }

    fn write(&mut self, to: To, register: u8, value: u32) -> Result<(), ChainError> {
        self.line.command(Command::Write {
            to,
            register,
            value,
        })?;
        self.pause(self.settings.script.pace)
    }

    fn write_one(&mut self, chip: u16, register: u8, value: u32) -> Result<(), ChainError> {
        let to = to_chip(self.settings, self.addresses, chip);
        self.write(to, register, value)
    }

    fn write_each(&mut self, writes: &[(u8, u32)]) -> Result<(), ChainError> {
        for chip in 0..self.addresses.chips {
            for (register, value) in writes {
                self.write_one(chip, *register, *value)?;
            }
        }
        Ok(())
    }
}

/// How chip `index` is spoken to alone.
pub(super) fn to_chip(settings: &ChainSettings, addresses: Addresses, index: u16) -> To {
    To::Chip(addresses.of(index) >> settings.chip.address_shift)
}

/// The rate that clock and cores make, as of real chips.
pub(super) fn nominal(settings: &ChainSettings, chips: u16, mhz: f64) -> Hashrate {
    let per_clock = f64::from(settings.chip.hashes_per_clock) * f64::from(chips);
    Hashrate::new(per_clock * mhz * 1e6)
}

/// How the chain's ticket is chosen.
pub(super) fn ticket_rule(settings: &ChainSettings) -> TicketRule {
    TicketRule::new(
        settings.chip,
        settings.zero_bits,
        settings.replies_per_second,
    )
}

/// The register that a chip's clock is set by.
pub(super) fn clock_register(settings: &ChainSettings) -> u8 {
    match settings.chip.pll {
        PllCoding::Word => BARE_PLL,
        PllCoding::Dividers(rules) => rules.register,
    }
}
