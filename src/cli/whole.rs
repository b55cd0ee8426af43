//! The whole program in one call: parse, run, print the error chain and a hint, and the status to end with.

use std::ffi::OsString;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use super::{Args, CliError, Exit, run};

/// Runs midstate with the words of a command line, the first of which is the program's name, and returns the status to end with. Whatever
/// is wrong has been printed by then. Mines, when the words say so, until a signal comes.
///
/// A miner of one's own is this call, after [`crate::algorithm::register`] if it has an algorithm of its own:
///
/// ```no_run
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     midstate::cli::main(["my-miner", "-o", "stratum+tcp://pool.example:3333", "-u", "worker", "-a", "scrypt", "--cpu", "2"])
/// }
/// ```
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

fn fail(error: &CliError) -> ExitCode {
    // Nobody is left to tell when standard error is closed too.
    let _ = writeln!(std::io::stderr(), "{}", error.report());
    error.code()
}

fn mistake() -> CliError {
    CliError::new(Exit::Internal, "a mistake in midstate ended it")
        .hint("please report the lines above; RUST_BACKTRACE=1 adds to them")
}
