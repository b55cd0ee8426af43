//! The field's own loaders: whether they are there and new enough, and running them with a progress bar.

use std::io::Read;
use std::process::{Command, Stdio};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::{CliError, Context, Exit};
use crate::units::printable;

/// A loader.
#[derive(Debug)]
pub(super) struct Tool {
    /// Its program.
    pub(super) name: &'static str,
    /// What makes it say its version; `None`: it has none to say.
    version: Option<&'static str>,
    /// The oldest version whose options are known to be these.
    oldest: (u32, u32),
    /// How it is installed.
    install: &'static str,
}

pub(super) static OPENFPGALOADER: Tool = Tool {
    name: "openFPGALoader",
    version: Some("--Version"),
    oldest: (0, 10),
    install: "apt-get install openfpgaloader",
};

pub(super) static ICEPROG: Tool = Tool {
    name: "iceprog",
    version: None,
    oldest: (0, 0),
    install: "apt-get install fpga-icestorm",
};

pub(super) static DFU_UTIL: Tool = Tool {
    name: "dfu-util",
    version: Some("--version"),
    oldest: (0, 9),
    install: "apt-get install dfu-util",
};

/// Lines of a tool that failed which are shown.
const LAST_LINES: usize = 8;

/// The command as a shell takes it.
pub(super) fn printed(command: &[String]) -> String {
    let quoted = command.iter().map(|word| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,+".contains(&byte);
        if !word.is_empty() && word.bytes().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// Whether the tool is installed, and new enough.
pub(super) fn check(tool: &Tool) -> Result<(), CliError> {
    let missing = || {
        CliError::new(Exit::Absent, format!("{} is not installed", tool.name))
            .hint(format!("install it: {}", tool.install))
    };
    let argument = tool.version.unwrap_or("--help");
    let output = Command::new(tool.name)
        .arg(argument)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => missing(),
            _ => cannot_run(tool.name, error),
        })?;
    if tool.version.is_none() {
        return Ok(());
    }
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    match version(&said) {
        Some(found) if found < tool.oldest => {
            let (major, minor) = tool.oldest;
            let text = format!(
                "{} is version {}.{}, older than {major}.{minor}",
                tool.name, found.0, found.1
            );
            Err(CliError::new(Exit::Absent, text)
                .hint(format!("install a newer one: {}", tool.install)))
        }
        Some(_) => Ok(()),
        None => {
            tracing::warn!(tool = tool.name, "does not say its version; going on");
            Ok(())
        }
    }
}

/// The first "number.number" in a text.
fn version(text: &str) -> Option<(u32, u32)> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    words.filter(|word| word.contains('.')).find_map(|word| {
        let mut parts = word.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    })
}

/// Runs the tool to its end, with a bar that follows the percentages which it prints.
pub(super) fn load(command: &[String], context: &Context) -> Result<(), CliError> {
    tracing::info!(command = %printed(command), "loading");
    // One pipe for both of its outputs: so its words come in the order in which it said them.
    let (words, output) = std::io::pipe()?;
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()
        .map_err(|error| cannot_run(&command[0], error))?;
    let said = follow(words, &bar(context));
    let status = child.wait()?;
    if status.success() {
        return Ok(());
    }
    let text = format!("{} failed ({status}); the board is not flashed", command[0]);
    Err(CliError::new(Exit::Unexpected, text)
        .because(last_lines(&said))
        .hint("close whatever uses the board's serial port, plug it in again, and look at the lines above"))
}

fn cannot_run(name: &str, error: std::io::Error) -> CliError {
    let exit = CliError::from(error);
    CliError::new(exit.exit(), format!("cannot run {name}")).because(exit)
}

fn bar(context: &Context) -> ProgressBar {
    let target = if context.json {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    };
    let bar = ProgressBar::with_draw_target(Some(100), target);
    if let Ok(style) = ProgressStyle::with_template("{msg} [{wide_bar}] {percent} %") {
        bar.set_style(style);
    }
    bar.set_message("loading");
    bar
}

/// The most of a tool's words that is kept.
const KEPT: usize = 64 * 1024;

/// Moves the bar on until the tool has said all; its last words.
fn follow(mut words: impl Read, bar: &ProgressBar) -> String {
    let mut said = String::new();
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = words.read(&mut buffer) {
        said.push_str(&String::from_utf8_lossy(&buffer[..count]));
        if said.len() > KEPT {
            let from = said.len() - KEPT / 2;
            let cut = (from..said.len()).find(|at| said.is_char_boundary(*at));
            said.drain(..cut.unwrap_or(from));
        }
        if let Some(percent) = last_percentage(&said) {
            bar.set_position(percent);
        }
    }
    bar.finish_and_clear();
    said
}

/// The newest percentage of a text, such as the 45 of "Load SRAM: [==   ] 45.00%".
fn last_percentage(text: &str) -> Option<u64> {
    let before = &text[..text.rfind('%')?];
    let from = before
        .rfind(|c: char| !(c.is_ascii_digit() || c == '.'))
        .map_or(0, |at| at + 1);
    let number: f64 = before[from..].parse().ok()?;
    (0.0..=100.0).contains(&number).then_some(number as u64)
}

fn last_lines(said: &str) -> String {
    let lines: Vec<String> = said
        .split(['\n', '\r'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| printable(line, 200))
        .collect();
    if lines.is_empty() {
        return "it said nothing".to_owned();
    }
    lines[lines.len().saturating_sub(LAST_LINES)..].join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_the_tools_as_they_say_them() {
        assert_eq!(version("openFPGALoader v0.10.0\n"), Some((0, 10)));
        assert_eq!(
            version("dfu-util 0.11\n\nCopyright 2005-2009"),
            Some((0, 11))
        );
        assert_eq!(version("no number"), None);
    }

    #[test]
    fn percentages_of_a_bar() {
        let text = "Load SRAM: [=====     ] 10.00%\rLoad SRAM: [===       ] 45.50%\r";
        assert_eq!(last_percentage(text), Some(45));
        assert_eq!(last_percentage("Erase 100%"), Some(100));
        assert_eq!(last_percentage("nothing"), None);
        assert_eq!(last_percentage("x%"), None);
    }

    #[test]
    fn commands_can_be_pasted() {
        let words = ["openFPGALoader", "-b", "ulx3s", "a b's.bit"].map(str::to_owned);
        assert_eq!(printed(&words), r"openFPGALoader -b ulx3s 'a b'\''s.bit'");
    }

    #[test]
    fn the_last_lines_are_kept_and_made_safe() {
        let said = "one\r\ntwo\x1b[31m\n\n three\n";
        let shown = last_lines(said);
        assert!(shown.starts_with("one | two") && shown.ends_with("| three"));
        assert!(!shown.contains('\x1b'));
        assert_eq!(last_lines(""), "it said nothing");
    }
}
