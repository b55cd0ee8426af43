//! How long a job takes from the pool's socket to the boards, and a nonce back: the real program between a fake pool on loopback and
//! fake Icarus boards on pseudo-terminals, beside a floor measured in the same run.
//!
//! `cargo bench --bench latency [-- [--rounds N] [--boards N,N...] [--threads N,N...] [--raise]]`; the usual 60 rounds take
//! about a minute, `--raise` raises the priority of all that is measured. Figures are printed, never asserted: they belong to the
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

/// Numbers of boards, and of the processor's threads, unless told otherwise.
const BOARDS: [usize; 3] = [1, 50, 200];

/// What is measured, and how often.
struct Plan {
    rounds: usize,
    boards: Vec<usize>,
    threads: Vec<usize>,
    raise: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((first, rest)) if first == floor::FLAG => floor::run(rest),
        _ => bench(&plan(&args)?),
    }
}

/// Cargo passes `--bench` when figures are wanted.
fn plan(args: &[String]) -> Result<Plan, Box<dyn Error>> {
    let is_trial = !args.iter().any(|arg| arg == "--bench");
    let usual = if is_trial { TRIAL_ROUNDS } else { ROUNDS };
    Ok(Plan {
        rounds: numbers(args, "--rounds")?.map_or(usual, |rounds| rounds[0]),
        boards: numbers(args, "--boards")?.unwrap_or_else(|| BOARDS.to_vec()),
        threads: numbers(args, "--threads")?.unwrap_or_else(|| vec![1, process::cores()]),
        raise: args.iter().any(|arg| arg == "--raise"),
    })
}

/// The numbers after `flag`, if it is there.
fn numbers(args: &[String], flag: &str) -> Result<Option<Vec<usize>>, Box<dyn Error>> {
    let Some(at) = args.iter().position(|arg| arg == flag) else {
        return Ok(None);
    };
    let list = args.get(at + 1).map_or("", String::as_str);
    let numbers: Result<Vec<usize>, _> = list.split(',').map(str::parse).collect();
    let numbers = numbers.map_err(|error| format!("{flag} {list}: {error}"))?;
    // 0 stands for none at all.
    let is_none = numbers == [0] && flag != "--rounds";
    Ok(Some(if is_none { Vec::new() } else { numbers }))
}

fn bench(plan: &Plan) -> Result<(), Box<dyn Error>> {
    // As in the peers' measurements: other work on the machine shall be in the tails, not in the medians. It takes rights, and where
    // the processor is short it also sets us above the system's own threads that carry bytes through pseudo-terminals.
    let raised = plan.raise && rustix::process::nice(-15).is_ok();
    figures::say(&process::machine(raised));
    let mut table = figures::Table::default();
    for boards in &plan.boards {
        cases::boards(*boards, plan.rounds, &mut table)?;
    }
    for threads in &plan.threads {
        cases::software(*threads, plan.rounds, &mut table)?;
    }
    figures::say(&table.to_string());
    figures::say(&process::machine(raised));
    Ok(())
}
