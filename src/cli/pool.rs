//! `midstate pool`: the embedded pool on an address, for other miners too.

use std::sync::mpsc::{SyncSender, TrySendError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::args::PoolArgs;
use super::mine::single_thread;
use super::runtime::Signals;
use super::{CliError, Context, say, unix_time};
use crate::net::{ServeCommand, serve};
use crate::pool::EmulatorEvent;
use crate::report::json_text;
use crate::units::{Difficulty, printable};
use crate::work::Outcome;

/// Serves the pool until a signal or the end of `--seconds`; each share's verdict is a line.
///
/// # Errors
/// When the address cannot be listened on.
pub fn run(args: &PoolArgs, context: &Context) -> Result<(), CliError> {
    let settings = args.emulator_settings(unix_time(), rand::random())?;
    let difficulty = settings.difficulty;
    let emulator = (args.protocol.emulator)(settings);
    let path = emulator.url_path();
    single_thread()?.block_on(async {
        let bound = TcpListener::bind(args.listen).await;
        let listener = bound.map_err(|error| cannot_listen(args, error))?;
        // Before anybody knows of us, so that a signal right after the announcement is heard.
        let mut signals = Signals::new()?;
        let scheme = args.protocol.plain_schemes.first();
        let scheme = scheme.copied().unwrap_or_default();
        let url = format!("{scheme}://{}{path}", listener.local_addr()?);
        announce(args, &url, difficulty, context.json)?;
        let (control, commands) = mpsc::channel(1);
        let (tell, mut told) = mpsc::unbounded_channel();
        let served = tokio::spawn(serve(
            listener,
            emulator,
            args.protocol.framing,
            commands,
            tell,
        ));
        let mut verdicts = Verdicts::spawn(context.json)?;
        let length = context
            .seconds
            .unwrap_or(Duration::from_secs(u64::from(u32::MAX)));
        let end = tokio::time::sleep(length);
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = signals.any() => break,
                () = &mut end => break,
                event = told.recv() => match event {
                    Some(event) if verdicts.tell(tell_event(&event, context.json)) => {}
                    _ => break,
                },
            }
        }
        verdicts.end()?;
        // It may have ended by itself; then nobody listens, and its result says why.
        let _ = control.send(ServeCommand::Stop).await;
        match served.await {
            Ok(result) => Ok(result?),
            Err(error) => Err(std::io::Error::other(error).into()),
        }
    })
}

/// Lines for standard output, written by a thread of its own: a reader that pauses must not keep miners waiting.
struct Verdicts {
    lines: SyncSender<String>,
    writer: JoinHandle<Result<(), CliError>>,
    json: bool,
    lost: u64,
}

/// Lines that wait for a reader who pauses; beyond it they are counted and lost.
const WAITING: usize = 4096;
/// How long the end of the program waits for the reader.
const FAREWELL: Duration = Duration::from_millis(500);

impl Verdicts {
    fn spawn(json: bool) -> std::io::Result<Self> {
        let (lines, told) = std::sync::mpsc::sync_channel::<String>(WAITING);
        let write = move || told.into_iter().try_for_each(|line| say(&line));
        let writer = std::thread::Builder::new()
            .name("verdicts".to_owned())
            .spawn(write)?;
        Ok(Self {
            lines,
            writer,
            json,
            lost: 0,
        })
    }

    /// `false`: standard output takes nothing any more.
    fn tell(&mut self, line: String) -> bool {
        let line = match self.lost {
            0 => line,
            lost if self.json => format!("{}\n{line}", json!({"event": "lost", "lines": lost})),
            lost => format!("{lost} lines are lost: nobody read them\n{line}"),
        };
        match self.lines.try_send(line) {
            Ok(()) => self.lost = 0,
            Err(TrySendError::Full(_)) => self.lost += 1,
            Err(TrySendError::Disconnected(_)) => return false,
        }
        true
    }

    fn end(self) -> Result<(), CliError> {
        drop(self.lines);
        let deadline = Instant::now() + FAREWELL;
        while !self.writer.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        if !self.writer.is_finished() {
            return Ok(());
        }
        let failed = |_| Err(std::io::Error::other("writing verdicts failed").into());
        self.writer.join().unwrap_or_else(failed)
    }
}

fn cannot_listen(args: &PoolArgs, error: std::io::Error) -> CliError {
    let exit = CliError::from(std::io::Error::from(error.kind())).exit();
    CliError::new(exit, format!("cannot listen on {}", args.listen))
        .because(error)
        .hint("name a free address with --listen ADDR:PORT; port 0: any free one")
}

fn announce(
    args: &PoolArgs,
    url: &str,
    difficulty: Difficulty,
    json: bool,
) -> Result<(), CliError> {
    if json {
        let difficulty = difficulty.get();
        return say(
            &json!({"event": "listening", "url": url, "difficulty": difficulty}).to_string(),
        );
    }
    let mut command = format!("midstate -o {url} -u WORKER");
    if let Some(algo) = &args.algo {
        command = format!("{command} -a {algo}");
    }
    let command = format!("{command} {}", args.protocol.also_needed);
    say(&format!(
        "pool at {url}, difficulty {difficulty}; mine with: {}",
        command.trim_end()
    ))
}

fn tell_event(event: &EmulatorEvent, json: bool) -> String {
    if json {
        json_text(&event_json(event))
    } else {
        event_text(event)
    }
}

fn event_text(event: &EmulatorEvent) -> String {
    match event {
        EmulatorEvent::Login {
            client,
            worker,
            agent,
        } => format!("client {}: {worker} with {agent}", client.0),
        EmulatorEvent::Share {
            worker,
            job,
            outcome,
            difficulty,
            hash,
            is_block,
            ..
        } => {
            let block = if *is_block { " *** block ***" } else { "" };
            format!(
                "{worker}: job {job}: {} at difficulty {difficulty}, {hash}{block}",
                verdict(outcome)
            )
        }
        EmulatorEvent::BadLine { client, problem } => {
            format!("client {}: {}", client.0, printable(problem, 200))
        }
    }
}

fn event_json(event: &EmulatorEvent) -> serde_json::Value {
    match event {
        EmulatorEvent::Login {
            client,
            worker,
            agent,
        } => {
            json!({"event": "login", "client": client.0, "worker": worker, "agent": agent})
        }
        EmulatorEvent::Share {
            client,
            worker,
            job,
            outcome,
            difficulty,
            hash,
            is_block,
        } => json!({
            "event": "share", "client": client.0, "worker": worker, "job": job, "accepted": *outcome == Outcome::Accepted,
            "verdict": verdict(outcome), "difficulty": difficulty.get(), "hash": hash.to_string(), "block": is_block,
        }),
        EmulatorEvent::BadLine { client, problem } => {
            json!({"event": "bad-line", "client": client.0, "problem": problem})
        }
    }
}

fn verdict(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted => "accepted".to_owned(),
        Outcome::Rejected(reject, text) => format!("rejected as {} ({text})", reject.name()),
        Outcome::Unknown => "no verdict".to_owned(),
    }
}
