//! SHA-256d, the hash of Bitcoin: midstates, the plain double hash, and the scanner of nonces.
//!
//! Two paths: [`Sha256d`] hashes whole inputs with the `sha2` crate and is what shares are verified with; [`Scanner`] starts from
//! a midstate, runs kernels of our own, and is what emulated boards and the software board search with.

mod kernel;
mod midstate;
mod scanner;
mod versions;

pub use kernel::{Kernel, KernelError};
pub use midstate::{Midstate, hash_pair, hash_pairs};
pub use scanner::Scanner;
pub use versions::VersionScanner;

pub(crate) use kernel::{constants, last_word_plainly};
pub(crate) use midstate::{INITIAL, compress, hash_digest};

use std::sync::{Arc, LazyLock};

use sha2::{Digest, Sha256};

use super::{Algorithm, AlgorithmError, Hasher};
use crate::units::{Hash256, Hashrate, Target};

/// SHA-256 applied twice.
#[derive(Debug, Clone, Copy)]
pub struct Sha256d;

/// The one value of [`Sha256d`].
pub static SHA256D: Sha256d = Sha256d;

/// SHA-256d as jobs carry it.
pub fn hasher() -> Arc<dyn Hasher> {
    static SHARED: LazyLock<Arc<dyn Hasher>> = LazyLock::new(|| Arc::new(Sha256d));
    Arc::clone(&SHARED)
}

impl Sha256d {
    /// The digest of any input, in the order in which the function writes it.
    pub fn hash(self, input: &[u8]) -> Hash256 {
        match input.try_into() {
            Ok(header) => hash_of_header(header),
            Err(_) => Hash256::from_internal(Sha256::digest(Sha256::digest(input)).into()),
        }
    }
}

impl Algorithm for Sha256d {
    fn name(&self) -> &'static str {
        "sha256d"
    }

    fn difficulty_one(&self) -> Target {
        Target::DIFFICULTY_ONE
    }

    fn nominal(&self) -> Hashrate {
        Hashrate::new(10e6)
    }

    /// Simulated boards do two millions a second.
    fn demo_hashes(&self) -> f64 {
        f64::from(1 << 20)
    }

    fn hasher(&self, seed: Option<&[u8]>) -> Result<Arc<dyn Hasher>, AlgorithmError> {
        match seed {
            None => Ok(hasher()),
            Some(_) => Err(AlgorithmError::NoSeedTaken("sha256d")),
        }
    }
}

impl Hasher for Sha256d {
    fn hash(&self, input: &[u8]) -> Hash256 {
        Sha256d::hash(*self, input)
    }
}

/// What every nonce is verified with: the same as for any input, without the hasher's buffering and length counting.
fn hash_of_header(header: &[u8; 80]) -> Hash256 {
    let mut blocks = [[0; 64]; 2];
    blocks.as_flattened_mut()[..80].copy_from_slice(header);
    blocks[1][16] = 0x80;
    blocks[1][62..].copy_from_slice(&640_u16.to_be_bytes());
    let mut state = INITIAL;
    compress(&mut state, &blocks);
    Hash256::from_internal(hash_digest(&state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_of_every_length_are_hashed_as_the_hasher_does() {
        for length in 0..200 {
            let input: Vec<u8> = (0..length).map(|byte| (byte * 31 + 7) as u8).collect();
            let plain: [u8; 32] = Sha256::digest(Sha256::digest(&input)).into();
            assert_eq!(SHA256D.hash(&input).as_internal(), &plain, "{length} bytes");
        }
    }
}
