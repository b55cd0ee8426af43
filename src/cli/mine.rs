//! `midstate`: mine.

use super::{CliError, Context, Exit};

/// Mines.
///
/// # Errors
/// What went wrong.
pub fn run(context: Context) -> Result<(), CliError> {
    let settings = context.effective.settings;
    settings.require_pools()?;
    Err(CliError::new(
        Exit::Internal,
        "mining is not part of this build",
    ))
}
