//! The whole program in one call: parse, run, print the error chain and a hint, and the status to end with.

use std::ffi::OsString;
use std::fmt;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use super::{Args, CliError, Exit, run};

/// Runs midstate with the words of a command line, the first of which is the program's name, and returns the status to end with. Whatever
/// is wrong has been printed by then. Mines, when the words say so, until a signal comes.
///
/// Help, and words that make no command line, end the process at once, as in any program.
pub fn main<W>(words: impl IntoIterator<Item = W>) -> ExitCode
where
    W: Into<OsString> + Clone,
{
    let args = match Args::from_command_line(words) {
        Ok(args) => args,
        Err(error) => error.exit(),
    };
    // Nothing of ours is used after a panic: the status is all that is left to say.
    match catch_unwind(AssertUnwindSafe(|| run(&args))) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => fail(&error),
        Err(_) => fail(&mistake()),
    }
}

/// A miner of one's own, as NightMiner's `Miner` is one: a pool, a worker, an algorithm, and off it goes.
///
/// Its algorithm may be an own one, once [`crate::algorithm::register`] knows it.
///
/// ```no_run
/// use std::process::ExitCode;
/// use midstate::cli::Miner;
///
/// fn main() -> ExitCode {
///     Miner::new("stratum+tcp://pool.example:3333", "worker", "x", "scrypt").serve_forever()
/// }
/// ```
#[derive(Clone)]
pub struct Miner {
    words: Vec<String>,
}

impl Miner {
    /// Mines for `user` at the pool with this URL, on one thread of the processor.
    pub fn new(url: &str, user: &str, pass: &str, algorithm: &str) -> Self {
        let named = [
            ("url", url),
            ("user", user),
            ("pass", pass),
            ("algo", algorithm),
        ];
        let named = named.map(|(name, value)| format!("--{name}={value}"));
        Self {
            words: std::iter::once("miner".to_owned()).chain(named).collect(),
        }
    }

    /// Any other options, as on a command line: `--cpu 4`, boards, more pools.
    #[must_use]
    pub fn with<'a>(mut self, options: impl IntoIterator<Item = &'a str>) -> Self {
        self.words.extend(options.into_iter().map(str::to_owned));
        self
    }

    /// The command line that this is. It holds the password.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Mines until a signal comes; the status to end the process with. [`main`] says what else happens.
    pub fn serve_forever(self) -> ExitCode {
        let chosen = ["--cpu", "--board", "--simulate", "--scan"];
        let has_board = |word: &String| chosen.iter().any(|option| word.starts_with(option));
        let default = if self.words.iter().any(has_board) {
            self
        } else {
            self.with(["--cpu", "1"])
        };
        main(default.words)
    }
}

impl fmt::Debug for Miner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Miner").finish_non_exhaustive()
    }
}

fn fail(error: &CliError) -> ExitCode {
    // Nobody is left to tell when standard error is closed too.
    let _ = writeln!(std::io::stderr(), "{}", error.report());
    error.code()
}

fn mistake() -> CliError {
    CliError::new(Exit::Internal, "a mistake in midstate ended it")
        .hint("please report the lines above; RUST_BACKTRACE=1 adds to them")
}
