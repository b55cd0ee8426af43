//! How long a job takes from the pool's socket to the boards, and a nonce back: the real program between a fake pool on loopback and
//! fake Icarus boards on pseudo-terminals, beside a floor measured in the same run.
//!
//! `cargo bench --bench latency [-- --rounds N]`; 60 rounds take about a minute. Figures are printed, never asserted: they belong to the
//! machine and to what else runs on it. The measuring side is one thread over one poll; the program and the floor get their
//! notifies in turn, so that both meet the same weather.
//!
//! The floor is a process with one thread that does the same I/O and nothing else: it reads a line from a socket and writes 64 bytes to n
//! pseudo-terminals; it reads 4 bytes from one, writes 64 back and a line to the socket.

mod cases;
mod figures;
mod floor;
mod pool;
mod process;
mod rig;

use std::error::Error;

/// Rounds of each case unless told otherwise.
const ROUNDS: usize = 60;
/// Rounds when cargo only wants to know whether the bench runs (`cargo test --benches`).
const TRIAL_ROUNDS: usize = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((first, rest)) if first == floor::FLAG => floor::run(rest),
        _ => bench(rounds(&args)?),
    }
}

/// Cargo passes `--bench` when figures are wanted.
fn rounds(args: &[String]) -> Result<usize, Box<dyn Error>> {
    let given = args.iter().position(|arg| arg == "--rounds");
    match given.and_then(|at| args.get(at + 1)) {
        Some(rounds) => Ok(rounds.parse()?),
        None if args.iter().any(|arg| arg == "--bench") => Ok(ROUNDS),
        None => Ok(TRIAL_ROUNDS),
    }
}

fn bench(rounds: usize) -> Result<(), Box<dyn Error>> {
    // As in the peers' measurements: other work on the machine shall be in the tails, not in the medians. Takes rights.
    let raised = rustix::process::nice(-15).is_ok();
    figures::say(&process::machine(raised));
    let mut table = figures::Table::default();
    for boards in [1, 50, 200] {
        cases::boards(boards, rounds, &mut table)?;
    }
    for threads in [1, process::cores()] {
        cases::software(threads, rounds, &mut table)?;
    }
    figures::say(&table.to_string());
    figures::say(&process::machine(raised));
    Ok(())
}
