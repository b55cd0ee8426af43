//! `midstate emulate`: an emulated board behind a pseudo-terminal.

use super::args::EmulateArgs;
use super::{CliError, Context, Exit};

/// Runs the emulator.
///
/// # Errors
/// What went wrong.
pub fn run(_: &EmulateArgs, _: Context) -> Result<(), CliError> {
    Err(CliError::new(
        Exit::Internal,
        "emulate is not part of this build",
    ))
}
