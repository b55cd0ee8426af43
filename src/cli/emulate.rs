//! `midstate emulate`: an emulated board behind a pseudo-terminal, for this or any other miner.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::args::EmulateArgs;
use super::bench::thread_time;
use super::mine::single_thread;
use super::runtime::Signals;
use super::{CliError, Context, say};
use crate::algorithm::sha256d::Kernel;
use crate::board::icarus::SIMULATED_ZERO_BITS;
use crate::board::{BoardError, BoardOptions, Model, OptionHelp, model};
use crate::transport::{Emulator, Pty, serve_emulator};

/// Emulates a board until a signal.
///
/// # Errors
/// An unknown model, impossible options, or no pseudo-terminal to be had.
pub fn run(args: &EmulateArgs, context: &Context) -> Result<(), CliError> {
    let model = model(&args.model)?;
    let options = BoardOptions::parse(&args.options)?;
    options.only(model.options.iter().map(|option: &OptionHelp| option.key))?;
    let emulated = (model.emulate.ok_or(BoardError::NoEmulator(model.name))?)(&options)?;
    Kernel::calibrate(thread_time);
    let mut pty = Pty::open()?;
    if let Some(link) = &args.pty {
        pty.link(link)?;
    }
    let stop = Arc::new(AtomicBool::new(false));
    single_thread()?
        .block_on(async {
            // Before anybody knows of us: a signal right after the announcement must not leave the link behind.
            let mut signals = Signals::new()?;
            announce(args, model, &options, &pty, context.json)?;
            let served = serve_on_thread(emulated.data, pty, Arc::clone(&stop))?;
            signals.any().await;
            Ok::<Served, CliError>(served)
        })
        .and_then(|served| end(served, &stop))
}

/// Ends the emulator's thread and tells how it ended.
fn end(served: Served, stop: &AtomicBool) -> Result<(), CliError> {
    stop.store(true, Ordering::Relaxed);
    match served.join() {
        Ok(result) => Ok(result?),
        Err(_) => Err(std::io::Error::other("the emulator failed").into()),
    }
}

type Served = std::thread::JoinHandle<std::io::Result<()>>;

fn serve_on_thread(
    mut emulator: Box<dyn Emulator>,
    pty: Pty,
    stop: Arc<AtomicBool>,
) -> std::io::Result<Served> {
    std::thread::Builder::new()
        .name("emulator".to_owned())
        .spawn(move || serve_emulator(emulator.as_mut(), &pty, &stop))
}

fn announce(
    args: &EmulateArgs,
    model: &Model,
    options: &BoardOptions,
    pty: &Pty,
    json: bool,
) -> Result<(), CliError> {
    let port = args
        .pty
        .as_deref()
        .unwrap_or(pty.path())
        .display()
        .to_string();
    let bits = options
        .text("zero-bits")
        .map_or_else(|| SIMULATED_ZERO_BITS.to_string(), str::to_owned);
    let board = format!("{}:{port},zero-bits={bits}", model.name);
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
