//! `midstate`: mine.

use super::{CliError, Context, Exit};

/// Mines.
///
/// # Errors
/// What went wrong.
pub fn run(_: Context) -> Result<(), CliError> {
    Err(CliError::new(
        Exit::Internal,
        "mining is not part of this build",
    ))
}
