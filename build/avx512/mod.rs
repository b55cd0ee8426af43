//! Writes the AVX-512 kernel: SHA-256d over 32 headers at a time as scheduled assembly.
//!
//! Compilers find neither the order nor the registers: two streams of sixteen lanes keep sixteen working variables and sixteen spare values
//! in the 32 vector registers, and the code of both must fit the instruction cache. So the hash is written down here as a list of instructions,
//! [`schedule`] puts them in order and gives them registers, and [`text`] prints them.
mod edges;
mod ir;
mod memory;
mod nonces;
mod paired;
mod schedule;
mod second;
mod sha;
mod text;
mod versions;
mod window;

use super::constants;

pub use nonces::function as nonces;
pub use paired::function as paired;
pub use versions::function as versions;
