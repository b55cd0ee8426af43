//! Frames: what travels between the host and a chain, byte for byte. Pure: no I/O, no clock.

mod command;
mod decoder;
pub mod job;
mod reply;

pub use command::{BARE_PLL, Command, CommandFrame, To};
pub use decoder::{Decoded, Decoder};
pub use job::JobFrame;
pub use reply::{NonceReply, RegisterReply, Reply};

/// How frames are cut (section 1 of the fact sheet).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// BM1384 (dialect A): four-byte commands, bare jobs, five-byte replies.
    Bare,
    /// BM1387 (dialect B): no preamble, a length byte, seven-byte replies.
    Counted,
    /// BM1397 and later (dialect C): `55 AA` out, `AA 55` in, replies of nine or eleven bytes.
    Preambled,
}
