//! The midstate program: all of it is [`midstate::cli::main`].

use std::process::ExitCode;

fn main() -> ExitCode {
    midstate::cli::main(std::env::args_os())
}
