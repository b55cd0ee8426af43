//! The software board: the host's own processor as one more board.
//!
//! It hashes in `poll`, on its board's thread, in chunks so short that a wake is seen within a fraction of a millisecond, and
//! allocates nothing while it does. It knows no pool.

mod board;
mod clock;
mod pace;

pub use board::{CPU, Software};
pub use clock::Clock;

#[cfg(test)]
mod tests;
