//! What is hashed: the algorithms, and the fast paths that boards made of software need.
//!
//! Pure: no clock, no socket, no thread, no file. An algorithm is one folder here and one line in [`ALGORITHMS`].

pub mod cryptonight;
pub mod sha256d;
pub mod truehash;

use crate::units::{Hash256, Target};

/// A proof-of-work function over the bytes of a header or blob.
pub trait Algorithm: Sync {
    /// Its name, as users type it.
    fn name(&self) -> &'static str;
    /// The target of difficulty 1, on the scale that pools of this algorithm use.
    fn difficulty_one(&self) -> Target;
    /// The digest that is compared with the target, in the order in which the function writes it.
    fn hash(&self, input: &[u8]) -> Hash256;
}

impl std::fmt::Debug for dyn Algorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Every algorithm, in the order in which help texts list them.
pub const ALGORITHMS: &[&dyn Algorithm] = &[&sha256d::SHA256D];

/// The algorithm called `name`, if there is one.
pub fn by_name(name: &str) -> Option<&'static dyn Algorithm> {
    ALGORITHMS
        .iter()
        .copied()
        .find(|algorithm| algorithm.name() == name)
}
