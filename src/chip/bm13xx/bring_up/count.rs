//! Counting the chips of a chain, and giving them their addresses.

use std::time::Duration;

use super::BringUp;
use crate::chip::bm13xx::chips::{CHIPS, ChipType};
use crate::chip::bm13xx::error::ChainError;
use crate::chip::bm13xx::frames::{Command, Dialect, RegisterReply, To};
use crate::chip::bm13xx::layout::Addresses;
use crate::chip::bm13xx::registers::{ChipId, Register};

/// How long the first chip may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// The silence that ends the answers.
const QUIET: Duration = Duration::from_millis(150);
/// How long a chain is asked that answers less than it should (section 12).
const LONGEST: Duration = Duration::from_secs(5);

const WHO_IS_THERE: Command = Command::Read {
    to: To::All,
    register: ChipId::ADDRESS,
};

impl BringUp<'_> {
    /// Asks every chip who it is. The chain is what answers; a chip of another type is an error.
    pub(super) fn count(&mut self) -> Result<(), ChainError> {
        let settings = self.settings;
        let mut most = Vec::new();
        let end = self.line.now() + LONGEST;
        while self.line.now() < end {
            let answers = self.line.ask_all(WHO_IS_THERE, PATIENCE, QUIET)?;
            if rank(&answers) > rank(&most) {
                most = answers;
            }
            if rank(&most).0 >= usize::from(settings.expected_chips) {
                break;
            }
            self.look_after()?;
        }
        if most.is_empty() {
            return Err(ChainError::NoChips {
                chip: settings.chip.name,
                expected: settings.expected_chips,
                heard: self.line.quote(),
            });
        }
        check_types(settings.chip, &most)?;
        self.take_chips(most.len() as u16)
    }

    fn take_chips(&mut self, found: u16) -> Result<(), ChainError> {
        let settings = self.settings;
        let Some(step) = settings.addresses.step(found) else {
            return Err(ChainError::Step {
                step: "counting chips",
                chip: "all".to_owned(),
                expected: format!("at most 256 addresses, {:?}", settings.addresses),
                got: format!("{found} chips"),
            });
        };
        self.addresses = Addresses { chips: found, step };
        self.answering = found;
        let expected = settings.expected_chips;
        if found != expected {
            let name = settings.chip.name;
            self.notices.push(format!(
                "{found} {name} answer where {expected} are expected; running with those"
            ));
        }
        Ok(())
    }

    /// Gives every chip its address, and looks whether all of them answer.
    pub(super) fn address(&mut self) -> Result<(), ChainError> {
        for chip in 0..self.addresses.chips {
            let address = self.addresses.of(chip);
            self.line.command(Command::SetAddress(address))?;
            self.pause(self.settings.script.pace)?;
        }
        let mut missing = self.missing()?;
        if !missing.is_empty() {
            missing = self.missing()?;
        }
        if missing.len() == usize::from(self.addresses.chips) {
            return Err(ChainError::Step {
                step: "addressing chips",
                chip: "all".to_owned(),
                expected: format!("{} answers", self.addresses.chips),
                got: self.line.quote(),
            });
        }
        self.answering = self.addresses.chips - missing.len() as u16;
        if !missing.is_empty() {
            self.notices.push(format!(
                "chips that do not answer at their addresses: {}",
                missing.join(", ")
            ));
        }
        Ok(())
    }

    /// Chips that do not answer at their addresses; where replies tell no address, as many of the last ones as answers are missing.
    fn missing(&mut self) -> Result<Vec<String>, ChainError> {
        let answers = self.line.ask_all(WHO_IS_THERE, PATIENCE, QUIET)?;
        let tells_address = self.settings.chip.dialect == Dialect::Preambled;
        let is_missing = |chip: &u16| {
            let address = self.addresses.of(*chip);
            let is_it = |reply: &RegisterReply| reply.chip_address == Some(address);
            if tells_address {
                !answers.iter().any(is_it)
            } else {
                usize::from(*chip) >= answers.len()
            }
        };
        let chips = (0..self.addresses.chips).filter(is_missing);
        Ok(chips.map(|chip| chip.to_string()).collect())
    }
}

/// How many answers are of chips that there are, and how many there are at all: a bent answer may pass for one of a stranger.
fn rank(answers: &[RegisterReply]) -> (usize, usize) {
    let id = |reply: &RegisterReply| ChipId::from_value(reply.value).id;
    let is_known = |reply: &&RegisterReply| CHIPS.iter().any(|chip| chip.is_id(id(reply)));
    (answers.iter().filter(is_known).count(), answers.len())
}

fn check_types(expected: &ChipType, answers: &[RegisterReply]) -> Result<(), ChainError> {
    let id = |reply: &RegisterReply| ChipId::from_value(reply.value).id;
    let stranger = answers.iter().position(|reply| !expected.is_id(id(reply)));
    let Some(index) = stranger else {
        return Ok(());
    };
    let bytes = format!("{:08x}", answers[index].value);
    let known = CHIPS
        .iter()
        .find(|chip| chip.ids.contains(&id(&answers[index])));
    Err(ChainError::WrongChip {
        index: index as u16,
        expected: expected.name,
        got: known.map_or_else(
            || format!("an unknown chip ({bytes})"),
            |chip| format!("a {} ({bytes})", chip.name),
        ),
    })
}
