//! `midstate flash`: puts a bitstream of the open core on a board, after a look at whether it is for that board, and asks the core
//! then what it is.
//!
//! The loading itself is done by the field's own tools (openFPGALoader, iceprog, dfu-util), found on the PATH.

mod bitstream;
mod targets;
mod tool;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::scan::probe_board;
use super::{CliError, Context, Exit, say};
use crate::board::core::CORE;
use crate::transport::ports;
use bitstream::Part;
use targets::{TARGETS, Target};

/// What `flash` takes.
#[derive(Debug, Clone, clap::Args)]
pub struct FlashArgs {
    /// Which board: ulx3s-85f, ulx3s-25f, icebreaker, hx8k, tangnano9k, tangnano20k, ...; `midstate flash list` shows all
    #[arg(value_name = "BOARD")]
    pub board: String,
    /// The bitstream; else the one that hdl/boards/build made
    #[arg(long, value_name = "FILE")]
    pub bitstream: Option<PathBuf>,
    /// Check the file and print the command, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The board's serial port, asked after loading what the core is; else every port that may be the board's
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,
}

/// How long a board takes from its last configuration bit to its first answer, at most.
const WAKES_UP: Duration = Duration::from_millis(500);

/// Checks, loads, asks.
///
/// # Errors
/// An unknown board, a file for another part, a missing or failing tool: then the board is not said to be flashed.
pub fn run(args: &FlashArgs, context: &Context) -> Result<(), CliError> {
    if args.board == "list" {
        return list();
    }
    let target = targets::target_named(&args.board).ok_or_else(|| unknown(&args.board))?;
    let file = file(args, target)?;
    let command = target.command(&file);
    if args.dry_run {
        return say(&tool::printed(&command));
    }
    tool::check(target.tool)?;
    tool::load(&command, context)?;
    loaded(args, target, &file, context)
}

fn list() -> Result<(), CliError> {
    TARGETS.iter().try_for_each(|target| {
        let words = format!("{:<14} {} ({})", target.name, target.title, target.part);
        say(&words)
    })
}

fn unknown(name: &str) -> CliError {
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    CliError::new(Exit::Usage, format!("there is no board {name:?} to flash"))
        .hint(format!("boards: {}", names.join(", ")))
}

/// The file that is to be loaded, if it is for the board's part.
fn file(args: &FlashArgs, target: &Target) -> Result<PathBuf, CliError> {
    let file = args
        .bitstream
        .clone()
        .unwrap_or_else(|| target.built_file());
    let bytes = std::fs::read(&file).map_err(|error| {
        let exit = CliError::from(error);
        let text = format!("cannot read the bitstream {}", file.display());
        CliError::new(exit.exit(), text)
            .because(exit)
            .hint(target.where_from())
    })?;
    check_part(&file, Part::of(&bytes), target)?;
    check_end(&file, &bytes, target)?;
    Ok(file)
}

fn check_end(file: &Path, bytes: &[u8], target: &Target) -> Result<(), CliError> {
    if target.part.ends_in(bytes) {
        return Ok(());
    }
    let text = format!(
        "{} is cut short: it has {} bytes and not the end of a bitstream for {}",
        file.display(),
        bytes.len(),
        target.part
    );
    Err(CliError::new(Exit::Usage, text).hint(format!(
        "nothing was loaded; copy it again, or {}",
        target.where_from()
    )))
}

fn check_part(file: &Path, found: Option<Part>, target: &Target) -> Result<(), CliError> {
    let what = match found {
        Some(part) if part == target.part => return Ok(()),
        Some(part) => format!("is for {part}"),
        None => "is no bitstream that midstate knows".to_owned(),
    };
    let text = format!(
        "{} {what}; {} has {}",
        file.display(),
        target.name,
        target.part
    );
    Err(CliError::new(Exit::Usage, text).hint("nothing was loaded; name the right file or board"))
}

/// Tells that the board is flashed, and what its core says of itself.
fn loaded(
    args: &FlashArgs,
    target: &Target,
    file: &Path,
    context: &Context,
) -> Result<(), CliError> {
    std::thread::sleep(WAKES_UP);
    let asked = ask(args, target);
    if context.json {
        let (port, details) = asked.clone().unzip();
        let result = json!({
            "flashed": target.name, "file": file.display().to_string(), "port": port, "core": details
        });
        return say(&result.to_string());
    }
    say(&format!(
        "{} is flashed with {}",
        target.name,
        file.display()
    ))?;
    match asked {
        Some((port, details)) => say(&format!(
            "its core answers at {port}: {details}; mine on it with: midstate -o URL -u WORKER --board core:{port}"
        )),
        None => say(
            "its core was not heard on any port that could be asked; look for it with: midstate --scan --probe --all",
        ),
    }
}

/// The port at which the core answers, and what it says.
fn ask(args: &FlashArgs, target: &Target) -> Option<(String, String)> {
    let ports = match &args.port {
        Some(port) => vec![port.clone()],
        None => likely_ports(target),
    };
    ports
        .into_iter()
        .find_map(|port| match probe_board(&port, &CORE) {
            Ok(details) => Some((port, details)),
            Err(error) => {
                tracing::debug!(port, %error, "no core of ours");
                None
            }
        })
}

/// Serial ports whose USB id is the board's.
fn likely_ports(target: &Target) -> Vec<String> {
    let is_likely = |port: &ports::Port| {
        let ids = port.usb.as_ref().map(|usb| (usb.vid, usb.pid));
        port.is_serial && ids.is_some_and(|ids| target.usb.contains(&ids))
    };
    let listing = ports::list();
    let likely = listing.ports.into_iter().filter(is_likely);
    likely.map(|port| port.path).collect()
}
