//! Tests of the chain against the sheet's vectors and by its own rules.

mod chain;
mod faults;
mod hashing;
mod host;
mod vectors;
