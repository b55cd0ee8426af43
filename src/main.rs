//! The midstate program: parse, run, print the error chain and a hint, exit.

fn main() {}
