//! `midstate emulate`: an emulated board behind a pseudo-terminal, for this or any other miner.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use super::args::EmulateArgs;
use super::bench::thread_time;
use super::links::CONTROL;
use super::mine::single_thread;
use super::runtime::Signals;
use super::{CliError, Context, say};
use crate::algorithm::sha256d::Kernel;
use crate::board::{
    BoardError, BoardOptions, Connection, Emulated, Model, OptionHelp, model, simulated,
};
use crate::config::{ConfigError, Origin};
use crate::transport::{Emulator, Pty, serve_emulator};

/// Emulates a board until a signal.
///
/// # Errors
/// An unknown model, impossible options, or no pseudo-terminal to be had.
pub fn run(args: &EmulateArgs, context: &Context) -> Result<(), CliError> {
    let (model, options, emulated) = emulated(args).map_err(|error| {
        let text = format!("{},{}", args.model, args.options);
        ConfigError::board(Origin::Flag("emulate"), text.trim_end_matches(','), error)
    })?;
    Kernel::calibrate(thread_time);
    let (port, seats) = seats(args, model, emulated)?;
    let stop = Arc::new(AtomicBool::new(false));
    single_thread()?
        .block_on(async {
            // Before anybody knows of us: a signal right after the announcement must not leave the link behind.
            let mut signals = Signals::new()?;
            announce(&port, model, &options, context.json)?;
            let served = seats
                .into_iter()
                .map(|(emulator, pty)| serve_on_thread(emulator, pty, Arc::clone(&stop)))
                .collect::<io::Result<Vec<Served>>>()?;
            tokio::select! {
                () = signals.any() => {}
                // Its error is told at once, not when somebody loses patience.
                () = first_end(&served) => {}
            }
            Ok::<Vec<Served>, CliError>(served)
        })
        .and_then(|served| end(served, &stop))
}

/// The board that is asked for, with all of its options.
fn emulated(args: &EmulateArgs) -> Result<(&'static Model, BoardOptions, Emulated), BoardError> {
    let model = model(&args.model)?;
    let options = BoardOptions::parse(&args.options)?;
    options.only(model.options.iter().map(|option: &OptionHelp| option.key))?;
    let options = simulated(model, options)?;
    let emulate = model.emulate.ok_or(BoardError::NoEmulator(model.name))?;
    let emulated = emulate(&options)?;
    Ok((model, options, emulated))
}

/// An emulated port and the terminal that it is reached by.
type Seat = (Box<dyn Emulator>, Pty);

/// A terminal for each of the board's ports, and the name of the data port's: that of the control port ends in `.control`, which is how
/// `--board` finds it.
fn seats(
    args: &EmulateArgs,
    model: &Model,
    emulated: Emulated,
) -> Result<(PathBuf, Vec<Seat>), CliError> {
    let mut data = Pty::open()?;
    let Some(control) = emulated.control else {
        let port = seat(&mut data, args.pty.as_deref())?;
        return Ok((port, vec![(emulated.data, data)]));
    };
    let unnamed = || {
        let name = format!("midstate-{}-{}", model.name, std::process::id());
        std::env::temp_dir().join(name)
    };
    let port = args.pty.clone().unwrap_or_else(unnamed);
    let mut beside = port.clone().into_os_string();
    beside.push(CONTROL);
    let mut other = Pty::open()?;
    seat(&mut other, Some(beside.as_ref()))?;
    seat(&mut data, Some(&port))?;
    Ok((port, vec![(emulated.data, data), (control, other)]))
}

/// Where the terminal is found: by a link, if one is wanted.
fn seat(pty: &mut Pty, link: Option<&Path>) -> io::Result<PathBuf> {
    match link {
        Some(link) => pty.link(link).map(|()| link.to_owned()),
        None => Ok(pty.path().to_owned()),
    }
}

/// Ends the emulators' threads and tells how they ended.
fn end(served: Vec<Served>, stop: &AtomicBool) -> Result<(), CliError> {
    stop.store(true, Ordering::Relaxed);
    for thread in served {
        match thread.join() {
            Ok(result) => result?,
            Err(_) => return Err(io::Error::other("the emulator failed").into()),
        }
    }
    Ok(())
}

type Served = std::thread::JoinHandle<io::Result<()>>;

/// Waits until one of the emulators has ended by itself.
async fn first_end(served: &[Served]) {
    while !served.iter().any(Served::is_finished) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn serve_on_thread(
    mut emulator: Box<dyn Emulator>,
    pty: Pty,
    stop: Arc<AtomicBool>,
) -> io::Result<Served> {
    std::thread::Builder::new()
        .name("emulator".to_owned())
        .spawn(move || serve_emulator(emulator.as_mut(), &pty, &stop))
}

fn announce(
    port: &Path,
    model: &Model,
    options: &BoardOptions,
    json: bool,
) -> Result<(), CliError> {
    let port = port.display().to_string();
    let bits = options.text("zero-bits").unwrap_or("32");
    let rate = match (model.connection, options.text("rate")) {
        (Connection::Usb(_), Some(rate)) => format!(",rate={rate}"),
        _ => String::new(),
    };
    let board = format!("{}:{port},zero-bits={bits}{rate}", model.name);
    if json {
        return say(
            &json!({"event": "ready", "model": model.name, "port": port, "board": board})
                .to_string(),
        );
    }
    say(&format!(
        "{} ({}) at {port}; mine on it with: midstate -o URL -u WORKER --board {board}",
        model.name, model.title
    ))
}
