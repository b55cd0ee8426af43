//! A miner in one call, as NightMiner's `Miner(...).serve_forever()` is one: pool, worker, algorithm, and off it goes until Ctrl-C.
//!
//! `cargo run --release --example nightminer -- stratum+tcp://HOST:PORT WORKER [PASSWORD]` mines scrypt on two threads of the processor. A
//! pool to try it on: `midstate pool --algo scrypt`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let pool = words
        .next()
        .unwrap_or_else(|| "stratum+tcp://127.0.0.1:3333".to_owned());
    let worker = words.next().unwrap_or_else(|| "worker".to_owned());
    let password = words.next().unwrap_or_else(|| "x".to_owned());
    midstate::cli::main(mining(&pool, &worker, &password))
}

/// The command line that mines there.
fn mining<'a>(pool: &'a str, worker: &'a str, password: &'a str) -> Vec<&'a str> {
    let mut words = vec!["nightminer", "-o", pool, "-u", worker, "-p", password];
    words.extend(["--algo", "scrypt", "--cpu", "2"]);
    words
}

#[cfg(test)]
mod tests {
    use midstate::cli::Args;

    #[test]
    fn the_call_mines_scrypt_on_the_pool_that_is_named() {
        let words = super::mining("stratum+tcp://127.0.0.1:1", "me", "x");
        let args = Args::from_command_line(words).expect("it is a command line");
        assert!(args.command.is_none(), "mining needs no command");
        let flags = args.flags().expect("pool and worker belong together");
        assert_eq!(flags.pools.len(), 1);
    }
}
