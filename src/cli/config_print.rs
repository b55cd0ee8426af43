//! `midstate config`: the effective settings.

use super::{CliError, Context, say};

/// Prints the effective settings as TOML, each with where it came from.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(context: &Context) -> Result<(), CliError> {
    say(context.effective.to_toml().trim_end())
}
