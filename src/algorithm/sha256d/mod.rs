//! SHA-256d, the hash of Bitcoin: midstates, the plain double hash, and the scanner of nonces.
//!
//! Two paths: [`Sha256d`] hashes whole inputs with the `sha2` crate and is what shares are verified with; [`Scanner`] starts from
//! a midstate, runs kernels of our own, and is what emulated boards and the software board search with.

mod kernel;
mod midstate;
mod scanner;
mod versions;

pub use kernel::{Kernel, KernelError};
pub use midstate::{Midstate, hash_pair};
pub use scanner::Scanner;
pub use versions::VersionScanner;

pub(crate) use kernel::{constants, last_word_plainly};
pub(crate) use midstate::{INITIAL, compress, hash_digest};

use sha2::{Digest, Sha256};

use super::Algorithm;
use crate::units::{Hash256, Target};

/// SHA-256 applied twice.
#[derive(Debug, Clone, Copy)]
pub struct Sha256d;

/// The one value of [`Sha256d`].
pub static SHA256D: Sha256d = Sha256d;

impl Algorithm for Sha256d {
    fn name(&self) -> &'static str {
        "sha256d"
    }

    fn difficulty_one(&self) -> Target {
        Target::DIFFICULTY_ONE
    }

    fn hash(&self, input: &[u8]) -> Hash256 {
        match input.try_into() {
            Ok(header) => hash_of_header(header),
            Err(_) => Hash256::from_internal(Sha256::digest(Sha256::digest(input)).into()),
        }
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
