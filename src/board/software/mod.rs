//! The software board: the host's own processor as one more board.
//!
//! It runs every algorithm there is. It hashes in `poll`, on its board's thread, in chunks so short that a wake is seen within a fraction of a
//! millisecond (2 ms with algorithms other than SHA-256d, or one hash where that takes longer), and allocates nothing while it does. It knows no pool.

mod bell;
mod board;
mod clock;
mod pace;
mod report;
mod search;
mod versions;

pub use board::{CPU, Software};
pub use clock::Clock;

#[cfg(test)]
mod tests;
