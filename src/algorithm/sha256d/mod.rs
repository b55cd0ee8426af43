//! SHA-256d, the hash of Bitcoin: midstates, the plain double hash, and the scanner of nonces.
//!
//! Two paths that share nothing but the `sha2` crate: [`Sha256d`] hashes whole inputs with `sha2::Digest` and is what shares
//! are verified with; [`Scanner`] starts from a midstate and is what emulated boards and the software board search with.

mod kernel;
mod midstate;
mod scanner;
mod versions;

pub use kernel::{Kernel, KernelError};
pub use midstate::{Midstate, hash_pair};
pub use scanner::Scanner;
pub use versions::VersionScanner;

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
        Hash256::from_internal(Sha256::digest(Sha256::digest(input)).into())
    }
}
