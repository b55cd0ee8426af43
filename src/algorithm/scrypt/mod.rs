//! scrypt(1024, 1, 1) with the header as password and salt: the hash of Litecoin and of NightMiner's first algorithm.
//!
//! RFC 7914 with N = 1024, r = 1, p = 1 and 32 bytes of output. `keys` is PBKDF2 (RFC 8018) for that case, `mix` the memory-hard middle,
//! written once over vectors of any width; `portable` and `x86` name the vectors. Several hashes are mixed side by side.

mod kernel;
mod keys;
mod mix;
mod portable;
mod searcher;
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "vector instructions")]
mod x86;

use std::sync::Arc;

pub use kernel::Kernel;
pub use searcher::ScryptSearcher;

use super::{Algorithm, AlgorithmError, Hasher, Searcher, unseeded};
use crate::units::{Hash256, Hashrate, Target};

/// scrypt(1024, 1, 1), 32 bytes.
#[derive(Debug, Clone, Copy)]
pub struct Scrypt;

/// The one value of [`Scrypt`].
pub static SCRYPT: Scrypt = Scrypt;

/// Difficulties of scrypt pools are on a scale 65536 times easier than Bitcoin's.
const SCALE_BITS: u32 = 16;

impl Scrypt {
    /// The digest of any input, in the order in which the function writes it.
    pub fn hash(self, input: &[u8]) -> Hash256 {
        let mut digests = [Hash256::ZERO];
        Kernel::one().hash(&[input], &mut Vec::new(), &mut digests);
        digests[0]
    }
}

impl Algorithm for Scrypt {
    fn name(&self) -> &'static str {
        "scrypt"
    }

    fn difficulty_one(&self) -> Target {
        Target::DIFFICULTY_ONE.saturating_shl(SCALE_BITS)
    }

    fn nominal(&self) -> Hashrate {
        Hashrate::new(10e3)
    }

    /// A share a second or so even from an unoptimised build.
    fn demo_hashes(&self) -> f64 {
        4096.0
    }

    fn hasher(&self, seed: Option<&[u8]>) -> Result<Arc<dyn Hasher>, AlgorithmError> {
        unseeded(self.name(), seed, *self)
    }
}

impl Hasher for Scrypt {
    fn hash(&self, input: &[u8]) -> Hash256 {
        Scrypt::hash(*self, input)
    }

    fn searcher(&self) -> Option<Box<dyn Searcher>> {
        Some(Box::new(ScryptSearcher::new(Kernel::fastest())))
    }
}

#[cfg(test)]
mod tests;
