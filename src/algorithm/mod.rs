//! What is hashed: the algorithms, and the fast paths that boards made of software need.
//!
//! Pure: no clock, no socket, no thread, no file. An algorithm is one folder here and one line in [`ALGORITHMS`].
//!
//! [`Algorithm`] is the name and the scale, [`Hasher`] the function itself, seeded where it needs a seed, and [`Searcher`] one thread's
//! way through a range of nonces. SHA-256d has a faster way of its own besides: [`sha256d::Scanner`].

pub mod cryptonight;
mod own;
#[cfg(feature = "randomx")]
pub mod randomx;
pub mod scrypt;
mod search;
pub mod sha256d;
pub mod truehash;

use std::sync::{Arc, LazyLock};

use crate::units::{Difficulty, Hash256, Hashrate, Target};

pub use own::{OwnAlgorithm, RegisterError, own, register};
pub use search::{NonceField, Plain, Searcher, searcher_of};

/// A proof-of-work function over the bytes of a header or blob: its name and its scale.
pub trait Algorithm: Sync {
    /// Its name, as users type it.
    fn name(&self) -> &'static str;

    /// The target of difficulty 1, on the scale that pools of this algorithm use.
    fn difficulty_one(&self) -> Target;

    /// What one thread of an ordinary processor does: where estimates begin until something is measured.
    fn nominal(&self) -> Hashrate {
        Hashrate::new(1e5)
    }

    /// How many hashes a share takes in demonstrations and test pools: two seconds of a thread.
    fn demo_hashes(&self) -> f64 {
        2.0 * self.nominal().get()
    }

    /// The function itself. `seed` is what the pool names for algorithms with a dataset or a key, in that algorithm's form
    /// (RandomX: 32 bytes; truehash: 10240 hashes of 16 bytes); `None` for all others.
    ///
    /// Making one may take long and much memory; sessions keep it while the seed stays the same.
    ///
    /// # Errors
    /// A seed that is missing, superfluous or wrong.
    fn hasher(&self, seed: Option<&[u8]>) -> Result<Arc<dyn Hasher>, AlgorithmError>;
}

impl dyn Algorithm {
    /// The difficulty at which a share takes `hashes` hashes on average.
    pub fn difficulty_for(&self, hashes: f64) -> Difficulty {
        Difficulty::new(hashes / self.difficulty_one().expected_hashes()).unwrap_or(Difficulty::ONE)
    }
}

impl std::fmt::Debug for dyn Algorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A proof-of-work function, ready to be used by many threads; a job carries its own.
pub trait Hasher: Send + Sync {
    /// The digest of `input`, in the order in which the function writes it.
    fn hash(&self, input: &[u8]) -> Hash256;

    /// What is compared with targets, where that is not the digest itself (truehash compares its halves).
    fn value(&self, digest: &Hash256) -> Hash256 {
        *digest
    }

    /// Digest and value in one call.
    fn prove(&self, input: &[u8]) -> Proof {
        let hash = self.hash(input);
        Proof {
            value: self.value(&hash),
            hash,
        }
    }

    /// One thread's fast way through nonces, with scratch memory of its own; `None`: there is nothing faster than hash after hash.
    fn searcher(&self) -> Option<Box<dyn Searcher>> {
        None
    }
}

impl std::fmt::Debug for dyn Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a hasher")
    }
}

/// A digest and what it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// The digest, in the order in which the function wrote it: what protocols submit.
    pub hash: Hash256,
    /// What is compared with targets.
    pub value: Hash256,
}

/// Why an algorithm cannot be made ready.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlgorithmError {
    /// The pool named a seed for an algorithm that has none.
    #[error("{0} takes no seed, but the pool names one")]
    NoSeedTaken(&'static str),
    /// The pool named no seed.
    #[error("{0} needs a seed, and the pool names none")]
    SeedMissing(&'static str),
    /// The seed is wrong.
    #[error("{algorithm}: seed {problem}")]
    Seed {
        /// Which algorithm.
        algorithm: &'static str,
        /// What is wrong with it, safe to show.
        problem: String,
    },
    /// The machine cannot run it.
    #[error("{algorithm} cannot run here: {problem}")]
    Unable {
        /// Which algorithm.
        algorithm: &'static str,
        /// Why.
        problem: String,
    },
}

/// `hasher` for an algorithm that has no seed.
///
/// # Errors
/// [`AlgorithmError::NoSeedTaken`] when there is a seed all the same.
pub fn unseeded(
    algorithm: &'static str,
    seed: Option<&[u8]>,
    hasher: impl Hasher + 'static,
) -> Result<Arc<dyn Hasher>, AlgorithmError> {
    match seed {
        None => Ok(Arc::new(hasher)),
        Some(_) => Err(AlgorithmError::NoSeedTaken(algorithm)),
    }
}

/// Every algorithm of ours, in the order in which help texts list them.
pub const ALGORITHMS: &[&dyn Algorithm] = &[
    &sha256d::SHA256D,
    &scrypt::SCRYPT,
    &truehash::TRUEHASH,
    &cryptonight::CN_0,
    &cryptonight::CN_1,
    &cryptonight::CN_2,
    #[cfg(feature = "randomx")]
    &randomx::RX_0,
];

/// The names of all algorithms, those of the library's user included.
pub fn names() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&'static str>> =
        LazyLock::new(|| all().map(Algorithm::name).collect());
    &NAMES
}

/// All algorithms, those of the library's user last.
pub fn all() -> impl Iterator<Item = &'static dyn Algorithm> {
    ALGORITHMS.iter().chain(own()).copied()
}

/// The algorithm called `name`, if there is one.
pub fn by_name(name: &str) -> Option<&'static dyn Algorithm> {
    all().find(|algorithm| algorithm.name() == name)
}
