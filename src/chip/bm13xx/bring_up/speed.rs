//! Raising the line's speed once the chain is up, and whether the chain has followed (section 6).

use std::time::Duration;

use crate::chip::bm13xx::chips::FastLine;
use crate::chip::bm13xx::error::ChainError;
use crate::chip::bm13xx::frames::{Command, To};
use crate::chip::bm13xx::line::Line;
use crate::chip::bm13xx::registers::{ChipId, Register};
use crate::chip::bm13xx::settings::ChainSettings;
use crate::transport::TransportError;

/// How long the writes take to reach the last chip of a long chain.
const DRAIN: Duration = Duration::from_millis(60);
/// How long the chain may take to answer at the new speed.
const PATIENCE: Duration = Duration::from_millis(500);
/// The silence that ends the answers.
const QUIET: Duration = Duration::from_millis(100);

/// Changes the speed on both sides; whether all `chips` answer at the new one.
pub(super) fn raise(
    line: &mut Line,
    settings: &ChainSettings,
    fast: &FastLine,
    chips: u16,
) -> Result<bool, ChainError> {
    for (register, value) in fast.writes {
        line.command(Command::Write {
            to: To::All,
            register: *register,
            value: *value,
        })?;
        line.sleep(settings.script.pace);
    }
    line.sleep(DRAIN);
    // An adapter that cannot do the speed says so; the chain has changed by then.
    match line.port().set_baud(fast.host_baud) {
        Ok(()) => {}
        Err(TransportError::Baud { .. }) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    line.sleep(settings.script.pace);
    Ok(answers(line)? >= chips || answers(line)? >= chips)
}

/// Without a reset line, the chain is as it was if it has not heard the command at all.
pub(super) fn insist(
    line: &mut Line,
    settings: &ChainSettings,
    fast: &FastLine,
    chips: u16,
) -> Result<(), ChainError> {
    if answers(line)? >= chips {
        return Ok(());
    }
    Err(ChainError::Step {
        step: "raising the line's speed",
        chip: "all".to_owned(),
        expected: format!(
            "{chips} answers at {} or {} baud",
            fast.host_baud, settings.reset_baud
        ),
        got: line.quote(),
    })
}

fn answers(line: &mut Line) -> Result<u16, ChainError> {
    let question = Command::Read {
        to: To::All,
        register: ChipId::ADDRESS,
    };
    Ok(line.ask_all(question, PATIENCE, QUIET)?.len() as u16)
}
