//! truehash, the hash of the TrueChain: a random walk through matrices that change with the epoch.
//!
//! [`Dataset`] is an epoch's sixteen matrices as they come from its 10240 seeds, [`SeedhashCheck`] compares them with the hash that
//! names them, [`Masks`] is what hashing wants of them. Source: the project's sheet `pool-protocols.md`, section 5.2, whose numbers are
//! those of truechain/truechain-engineering-code `consensus/minerva`.

mod dataset;
mod hasher;
mod masks;
mod rounds;
mod seedhash;

pub use dataset::{Dataset, SEED_SIZE, SEEDS};
pub use hasher::{Goals, TRUEHASH, Truehash, TruehashHasher};
pub use masks::Masks;
pub use seedhash::SeedhashCheck;

/// Why seeds make no dataset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TruehashError {
    /// An epoch has 10240 seeds.
    #[error("an epoch has 10240 seeds, got {0}")]
    SeedCount(usize),
}

#[cfg(test)]
mod tests;
