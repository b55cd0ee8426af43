//! From a pool's job to a header, and from a nonce to a share.
//!
//! Pure: no clock (times come in as values), no socket, no thread, no file. Start reading at [`Job`]; [`Assignment`] turns it
//! into [`WorkUnit`]s, and [`WorkUnit::check`] is the only way to a [`Share`].

mod assignment;
mod blob;
mod coinbase;
mod header;
mod job;
mod share;
mod space;
mod stock;
#[cfg(test)]
pub(crate) mod testing;
mod unit;

pub use assignment::{Assignment, Dry};
pub use blob::Blob;
pub use coinbase::CoinbaseTemplate;
pub use header::{Header, HeaderTemplate};
pub use job::{Job, JobKey, SourceId, Template};
pub use share::{Checked, Outcome, Reject, Share};
pub use space::{Place, SearchSpace, Taking};
pub use stock::{HeaderStock, StockedHeader, Taken};
pub use unit::{Extranonce2, Found, HashInput, Rolled, WorkUnit};

/// Why a pool's data make no work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkError {
    /// Sizes outside 1..=16 bytes cannot be rolled or do not fit the coinbase.
    #[error("extranonce2 size must be 1 to 16 bytes, got {0}")]
    Extranonce2Size(usize),
    /// More branches than a block of 2^32 transactions has.
    #[error("a merkle branch has at most 32 steps, got {0}")]
    Branches(usize),
    /// A coinbase beyond what any pool sends.
    #[error("a coinbase has at most 100000 bytes, got {0}")]
    CoinbaseSize(usize),
    /// A blob that does not fit, or whose nonce would lie outside of it.
    #[error(
        "a blob of {size} bytes with {nonce_len} bytes of nonce at {nonce_at}: at most 128 bytes are taken, and 8 of nonce within them"
    )]
    Blob {
        /// Its size in bytes.
        size: usize,
        /// Where the nonce begins.
        nonce_at: usize,
        /// How long the nonce is.
        nonce_len: usize,
    },
}
