//! Writes the AVX-512 kernel: SHA-256d over 32 headers at a time as scheduled assembly.
//!
//! Compilers find neither the order nor the registers: two streams of sixteen lanes keep sixteen working variables and sixteen spare values
//! in the 32 vector registers, and the code of both must fit the instruction cache. So the hash is written down here as a list of instructions,
//! [`schedule`] puts them in order and gives them registers, and [`text`] prints them.
#![allow(unreachable_pub, reason = "a build script exports nothing")]
#![allow(
    clippy::many_single_char_names,
    clippy::needless_range_loop,
    reason = "variables a to h and round t are the standard's own names"
)]

mod ir;
mod memory;
mod nonces;
mod paired;
mod schedule;
mod second;
mod sha;
mod text;
mod versions;

#[path = "../../src/algorithm/sha256d/kernel/constants.rs"]
#[allow(
    dead_code,
    reason = "the kernels use all of it, the generator does not"
)]
mod constants;

pub use nonces::function as nonces;
pub use paired::function as paired;
pub use versions::function as versions;
