//! `midstate config`: the effective settings.

use super::{CliError, Context, Exit, say};

/// Prints the effective settings as TOML, each with where it came from; or as one JSON object, without origins.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(context: &Context) -> Result<(), CliError> {
    let text = context.effective.to_toml();
    if !context.json {
        return say(text.trim_end());
    }
    let broken = |error| CliError::new(Exit::Internal, "the settings are no TOML").because(error);
    let settings: toml::Table = toml::from_str(&text).map_err(broken)?;
    say(&serde_json::json!(settings).to_string())
}
