//! From the settings about logs to what the log needs: whether colours make sense here is known to this room only.

use std::io::IsTerminal;

use crate::config::{ColorChoice, LogChoices, LogFormat, Settings};
use crate::report::{self, ConsoleSettings, SummaryForm};

/// The target under which protocol lines are logged.
const PROTOCOL: &str = "midstate::protocol";

/// What the log needs.
pub(super) fn settings(choices: &LogChoices) -> report::LogSettings {
    let mut filter = choices.filter.clone();
    if choices.dump_protocol {
        filter = format!("{filter},{PROTOCOL}=trace");
    }
    report::LogSettings {
        filter,
        format: match choices.format {
            LogFormat::Text => report::LogFormat::Text,
            LogFormat::Json => report::LogFormat::Json,
        },
        color: color(choices.color, |name| {
            std::env::var_os(name).is_some_and(|value| !value.is_empty())
        }),
    }
}

/// How the console behaves: who reads JSON gets neither live pictures nor, in the log, tables.
pub(super) fn console(settings: &Settings, json: bool) -> ConsoleSettings {
    let log_for_people = settings.log.format == LogFormat::Text;
    ConsoleSettings {
        live: log_for_people && !json && !is_dumb(),
        quiet: settings.log.quiet,
        status_interval: settings.status_interval,
        summary: if log_for_people {
            SummaryForm::Tables
        } else {
            SummaryForm::LogLine
        },
    }
}

/// Whether the terminal cannot move its cursor.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Flags first, then the conventions: `NO_COLOR`, `CLICOLOR_FORCE`, a terminal that is not dumb.
fn color(choice: ColorChoice, is_set: impl Fn(&str) -> bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if is_set("NO_COLOR") => false,
        ColorChoice::Auto if is_set("CLICOLOR_FORCE") => true,
        ColorChoice::Auto => std::io::stderr().is_terminal() && !is_dumb(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_beat_conventions() {
        let none = |_: &str| false;
        let all = |_: &str| true;
        assert!(color(ColorChoice::Always, all));
        assert!(!color(ColorChoice::Never, all));
        assert!(!color(ColorChoice::Auto, all));
        assert!(color(ColorChoice::Auto, |name| name == "CLICOLOR_FORCE"));
        assert!(color(ColorChoice::Always, none));
    }
}
