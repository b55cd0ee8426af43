//! `midstate demo`: an embedded pool and simulated boards.

use super::args::DemoArgs;
use super::{CliError, Context, Exit};

/// Runs the demo.
///
/// # Errors
/// What went wrong.
pub fn run(_: &DemoArgs, _: Context) -> Result<(), CliError> {
    Err(CliError::new(
        Exit::Internal,
        "demo is not part of this build",
    ))
}
