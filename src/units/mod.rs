//! Values of the trade: hashes, targets, difficulties, nonces, hash rates.
//!
//! Everything here is a small pure value. This room imports nothing of the crate, reads no clock and does no I/O.
//! Byte order is always in a type or in a method's name; a conversion that loses something says so in its name.

mod compact;
mod difficulty;
mod hash;
mod hashrate;
mod nonce;
mod secret;
mod target;
mod text;

pub use compact::CompactTarget;
pub use difficulty::Difficulty;
pub use hash::Hash256;
pub use hashrate::Hashrate;
pub use nonce::Nonce;
pub use secret::Secret;
pub use target::Target;
pub use text::printable;

/// What can be wrong with a value of the trade.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UnitError {
    /// A difficulty must be a positive, finite number.
    #[error("difficulty must be positive and finite, got {0}")]
    Difficulty(f64),
    /// `nbits` with the sign bit set, or too large for 256 bits, encodes no target.
    #[error("nbits {0:08x} encodes no target")]
    Compact(u32),
    /// Hex text of a fixed-size value did not decode.
    #[error("{what} must be {digits} hex digits, got {got:?}")]
    Hex {
        /// Which value.
        what: &'static str,
        /// How many digits it takes.
        digits: usize,
        /// What stood there, cut to a readable length.
        got: String,
    },
}

impl UnitError {
    /// A hex error about `what` that keeps at most 80 characters of the offending text.
    pub(crate) fn hex(what: &'static str, digits: usize, got: &str) -> Self {
        UnitError::Hex {
            what,
            digits,
            got: got.chars().take(80).collect(),
        }
    }
}
