//! The midstate program: parse, run, print the error chain and a hint, exit.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use midstate::cli::{self, Args, CliError, Exit};

fn main() -> ExitCode {
    let args = match Args::from_command_line(std::env::args_os()) {
        Ok(args) => args,
        Err(error) => error.exit(),
    };
    // Nothing of ours is used after a panic: the status is all that is left to say.
    match catch_unwind(AssertUnwindSafe(|| cli::run(&args))) {
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
