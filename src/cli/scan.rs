//! `midstate --scan`: what is plugged in.

use super::{CliError, Exit};

/// Lists the boards.
///
/// # Errors
/// What went wrong.
pub fn run(_json: bool, _probe: bool) -> Result<(), CliError> {
    Err(CliError::new(
        Exit::Internal,
        "--scan is not part of this build",
    ))
}
