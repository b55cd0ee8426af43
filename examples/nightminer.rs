//! A miner in one call, as NightMiner's `Miner(...).serve_forever()` is one: pool, worker, algorithm, and off it goes until Ctrl-C.
//!
//! `cargo run --release --example nightminer -- stratum+tcp://HOST:PORT WORKER [PASSWORD]` mines scrypt on two threads of the processor. A
//! pool to try it on: `midstate pool --algo scrypt`.

use std::process::ExitCode;

use midstate::cli::Miner;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let mut next = |usual: &str| words.next().unwrap_or_else(|| usual.to_owned());
    let (pool, worker) = (next("stratum+tcp://127.0.0.1:3333"), next("worker"));
    miner(&pool, &worker, &next("x")).serve_forever()
}

fn miner(pool: &str, worker: &str, password: &str) -> Miner {
    Miner::new(pool, worker, password, "scrypt").with(["--cpu", "2"])
}

#[cfg(test)]
mod tests {
    use midstate::cli::Args;

    #[test]
    fn the_miner_is_a_command_line_that_mines_scrypt_at_the_pool_that_is_named() {
        let miner = super::miner("stratum+tcp://127.0.0.1:1", "me", "-hunter2");
        let args = Args::from_command_line(miner.words()).expect("it is a command line");
        assert!(args.command.is_none(), "mining needs no command");
        let flags = args.flags().expect("pool and worker belong together");
        assert_eq!(flags.pools.len(), 1);
        let pool = &flags.pools[0];
        assert_eq!(
            pool.user.as_ref().map(|user| user.value.as_str()),
            Some("me")
        );
        assert!(!format!("{miner:?}").contains("hunter2"));
    }
}
