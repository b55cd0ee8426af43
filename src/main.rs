//! The midstate program: parse, run, print the error chain and a hint, exit.

use std::io::Write;
use std::process::ExitCode;

use midstate::cli::{self, Args};

fn main() -> ExitCode {
    let args = match Args::from_command_line(std::env::args_os()) {
        Ok(args) => args,
        Err(error) => error.exit(),
    };
    match cli::run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when standard error is closed too.
            let _ = writeln!(std::io::stderr(), "{}", error.report());
            error.code()
        }
    }
}
