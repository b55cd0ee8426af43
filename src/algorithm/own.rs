//! Algorithms of the library's user: from a name, a scale and a function to something that the whole program can mine with.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::{ALGORITHMS, Algorithm, AlgorithmError, Hasher, unseeded};
use crate::units::{Hash256, Target};

/// An algorithm in one expression.
///
/// ```
/// use midstate::{algorithm::OwnAlgorithm, units::Target};
/// use sha2::{Digest, Sha256};
///
/// static ONCE: OwnAlgorithm =
///     OwnAlgorithm::new("sha256-once", Target::DIFFICULTY_ONE, |header| Sha256::digest(header).into());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct OwnAlgorithm {
    name: &'static str,
    difficulty_one: Target,
    function: fn(&[u8]) -> [u8; 32],
}

impl OwnAlgorithm {
    /// Called `name`; at difficulty 1 a digest must meet `difficulty_one`, read as a number whose least significant byte comes first.
    pub const fn new(
        name: &'static str,
        difficulty_one: Target,
        function: fn(&[u8]) -> [u8; 32],
    ) -> Self {
        Self {
            name,
            difficulty_one,
            function,
        }
    }
}

impl Algorithm for OwnAlgorithm {
    fn name(&self) -> &'static str {
        self.name
    }

    fn difficulty_one(&self) -> Target {
        self.difficulty_one
    }

    fn hasher(&self, seed: Option<&[u8]>) -> Result<Arc<dyn Hasher>, AlgorithmError> {
        unseeded(self.name, seed, *self)
    }
}

impl Hasher for OwnAlgorithm {
    fn hash(&self, input: &[u8]) -> Hash256 {
        Hash256::from_internal((self.function)(input))
    }
}

/// Algorithms cannot be registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// Registering is done once, before anything looks for an algorithm.
    #[error(
        "own algorithms are registered already, or something has looked for one: register all at once, first thing in main"
    )]
    TooLate,
    /// The name is taken.
    #[error("there is an algorithm {0} already")]
    Taken(&'static str),
}

/// Registered, and not looked for yet.
static REGISTERED: Mutex<Vec<&'static dyn Algorithm>> = Mutex::new(Vec::new());
/// What was registered when somebody looked first.
static OWN: OnceLock<Vec<&'static dyn Algorithm>> = OnceLock::new();

/// Adds an algorithm to those that the program knows by name: for `-a`, for the processor's threads, for test pools.
///
/// # Errors
/// When it is too late, or the name is taken.
pub fn register(own: &'static dyn Algorithm) -> Result<(), RegisterError> {
    let mut registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    if OWN.get().is_some() {
        return Err(RegisterError::TooLate);
    }
    let mut known = ALGORITHMS.iter().chain(registered.iter());
    if known.any(|known| known.name() == own.name()) {
        return Err(RegisterError::Taken(own.name()));
    }
    registered.push(own);
    Ok(())
}

/// What was registered; from now on it is too late to.
pub fn own() -> &'static [&'static dyn Algorithm] {
    OWN.get_or_init(|| {
        REGISTERED
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The process's other tests look for algorithms whenever they like, so nothing is registered for good here: see
    /// `examples/own_algorithm.rs`.
    #[test]
    fn a_name_is_taken_once_and_looking_ends_it() {
        static AGAIN: OwnAlgorithm = OwnAlgorithm::new("scrypt", Target::MAX, |_| [0; 32]);
        let refused = register(&AGAIN).unwrap_err();
        assert!([RegisterError::Taken("scrypt"), RegisterError::TooLate].contains(&refused));
        assert_eq!(own().len(), 0);
        assert_eq!(register(&AGAIN), Err(RegisterError::TooLate));
    }

    #[test]
    fn a_function_is_all_it_takes() {
        static FIRST_BYTE: OwnAlgorithm =
            OwnAlgorithm::new("first-byte", Target::MAX, |input| [input[0]; 32]);
        let hasher = FIRST_BYTE.hasher(None).unwrap();
        assert_eq!(hasher.hash(&[7, 8]), Hash256::from_internal([7; 32]));
        assert!(FIRST_BYTE.hasher(Some(&[])).is_err());
    }
}
