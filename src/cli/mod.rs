//! The program: one file a command, and the only place that knows all rooms.

pub mod args;
mod background;
pub mod bench;
pub mod config_print;
pub mod demo;
pub mod emulate;
pub mod exit;
mod find;
pub mod flash;
mod fleet;
pub mod hdl;
mod links;
mod logging;
pub mod mine;
pub mod models;
pub mod pool;
mod runtime;
pub mod scan;
mod whole;

use std::io::{self, Write};

pub use args::{Args, Command};
pub use exit::{CliError, Exit};
pub use whole::{Miner, main};

use crate::config::{Effective, Sources};
use crate::report;

/// What every command gets: the checked settings and the log.
#[derive(Debug)]
pub struct Context {
    /// The settings, with their origins.
    pub effective: Effective,
    /// The log and the live status above which its lines stand.
    pub screen: report::Screen,
    /// Whether the last line of standard output shall be one JSON object.
    pub json: bool,
    /// Stop after so long.
    pub seconds: Option<std::time::Duration>,
    /// Exit instead of trying again when no pool is usable.
    pub once: bool,
}

/// Loads the settings, starts the log and runs the command.
///
/// # Errors
/// What went wrong, with the exit status and what to try.
pub fn run(args: &Args) -> Result<(), CliError> {
    let sources = Sources::real(args.flags()?);
    let sources = if args.uses_files() {
        sources
    } else {
        sources.without_files()
    };
    let effective = sources.load()?;
    let screen = report::init_logging(&logging::settings(&effective.settings.log))?;
    let _at_end = FlushAtEnd(screen.clone());
    for warning in &effective.warnings {
        tracing::warn!("{warning}");
    }
    let context = Context {
        effective,
        screen,
        json: args.json(),
        seconds: args.seconds(),
        once: args.mine.once(),
    };
    dispatch(args, &context)
}

/// However a command ends, by a panic too, its last lines are written before anything else is said.
struct FlushAtEnd(report::Screen);

impl Drop for FlushAtEnd {
    fn drop(&mut self) {
        self.0.flush();
    }
}

fn dispatch(args: &Args, context: &Context) -> Result<(), CliError> {
    match &args.command {
        None if args.mine.scan => print(|out| scan::run(&args.mine.scan_args(context.json), out)),
        None => background::run(&args.mine, context),
        Some(Command::Demo(demo)) => demo::run(demo, context),
        Some(Command::Pool(pool)) => pool::run(pool, context),
        Some(Command::Emulate(emulate)) => emulate::run(emulate, context),
        Some(Command::Bench(bench)) => print(|out| bench::run(bench, out)),
        Some(Command::Flash(flash)) => flash::run(flash, context),
        Some(Command::Hdl(hdl)) => hdl::run(hdl, context),
        Some(Command::Models(models)) => models::run(models, context.json),
        Some(Command::Config(_)) => config_print::run(context),
    }
}

/// Writes `text` and a line end to standard output, as [`print()`] does.
///
/// # Errors
/// When standard output cannot be written, such as a full disk.
pub fn say(text: &str) -> Result<(), CliError> {
    print(|out| writeln!(out, "{text}"))
}

/// Gives standard output to `write`. A reader that has gone away (`| head`) is no error.
///
/// # Errors
/// When standard output cannot be written, such as a full disk.
pub fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError::new(Exit::Unexpected, "cannot write to standard output").because(error))
        }
        _ => Ok(()),
    }
}

/// Seconds since 1970, as headers count them.
fn unix_time() -> u32 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
    })
}
