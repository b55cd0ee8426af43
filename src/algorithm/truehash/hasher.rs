//! truehash as jobs carry it: over 40 bytes, a header's hash and a nonce; halves of the digest are compared.

use std::sync::Arc;

use super::{Dataset, Masks, SEED_SIZE};
use crate::algorithm::{Algorithm, AlgorithmError, Hasher};
use crate::units::{Hash256, Hashrate, Target};

/// truehash.
#[derive(Debug, Clone, Copy)]
pub struct Truehash;

/// The one value of [`Truehash`].
pub static TRUEHASH: Truehash = Truehash;

const NAME: &str = "truehash";

impl Algorithm for Truehash {
    fn name(&self) -> &'static str {
        NAME
    }

    /// Every digest meets it: the chain's difficulty counts hashes.
    fn difficulty_one(&self) -> Target {
        Target::MAX
    }

    fn nominal(&self) -> Hashrate {
        Hashrate::new(1e5)
    }

    fn demo_hashes(&self) -> f64 {
        4e3
    }

    /// `seed`: the 10240 seeds of an epoch, one after another.
    fn hasher(&self, seed: Option<&[u8]>) -> Result<Arc<dyn Hasher>, AlgorithmError> {
        let seed = seed.ok_or(AlgorithmError::SeedMissing(NAME))?;
        let wrong = |problem: String| AlgorithmError::Seed {
            algorithm: NAME,
            problem,
        };
        let (seeds, rest) = seed.as_chunks::<SEED_SIZE>();
        if !rest.is_empty() {
            let problem = format!("of {} bytes is no list of 16-byte hashes", seed.len());
            return Err(wrong(problem));
        }
        let dataset = Dataset::from_seeds(seeds).map_err(|error| wrong(error.to_string()))?;
        let masks = Arc::new(Masks::new(&dataset));
        Ok(Arc::new(TruehashHasher::new(
            masks,
            Goals::alike(u128::MAX),
        )))
    }
}

/// What the halves of a digest must be below, read as big-endian numbers: either one is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Goals {
    /// For the first 16 bytes: the chain calls it a block.
    pub block: u128,
    /// For the other 16 bytes: the chain calls it a fruit.
    pub fruit: u128,
}

impl Goals {
    /// The same for both halves.
    pub const fn alike(goal: u128) -> Self {
        Self {
            block: goal,
            fruit: goal,
        }
    }

    /// The target of a job: [`Hasher::value`] of [`TruehashHasher`] meets it exactly when a half is below its goal. Two goals of zero,
    /// which nothing is below, give the target that only zero meets.
    pub fn target(self) -> Target {
        let Some(highest) = self.sum().checked_sub(1) else {
            return Target::ZERO;
        };
        let mut bytes = [0xff; 32];
        bytes[..16].copy_from_slice(&highest.to_be_bytes());
        Target::from_be_bytes(bytes)
    }

    /// A digest has as many chances as both goals together leave.
    fn sum(self) -> u128 {
        self.block.saturating_add(self.fruit)
    }

    /// What a digest is worth: twice its better half, so that its value is spread as evenly as any other hash's and difficulties
    /// count hashes. Where the goals differ, it is pushed to the side of their sum on which the digest belongs.
    fn worth(self, first: u128, second: u128) -> u128 {
        let twice = first.min(second).saturating_mul(2);
        if first < self.block || second < self.fruit {
            twice.min(self.sum() - 1)
        } else {
            twice.max(self.sum())
        }
    }
}

/// truehash with a dataset and goals.
#[derive(Debug)]
pub struct TruehashHasher {
    masks: Arc<Masks>,
    goals: Goals,
}

impl TruehashHasher {
    /// Masks may be shared by many.
    pub fn new(masks: Arc<Masks>, goals: Goals) -> Self {
        Self { masks, goals }
    }
}

impl Hasher for TruehashHasher {
    /// `input`: 32 bytes of the header's hash and 8 of nonce, least significant first. What lacks counts as zero.
    fn hash(&self, input: &[u8]) -> Hash256 {
        let mut whole = [0; 40];
        let known = input.len().min(whole.len());
        whole[..known].copy_from_slice(&input[..known]);
        let (header_hash, nonce) = whole.split_first_chunk().expect("40 bytes hold 32");
        let nonce = nonce.first_chunk().expect("40 bytes hold 32 and 8");
        Hash256::from_internal(self.masks.hash(header_hash, u64::from_le_bytes(*nonce)))
    }

    fn value(&self, digest: &Hash256) -> Hash256 {
        let (halves, _) = digest.as_internal().as_chunks::<16>();
        let [first, second] = [0, 1].map(|half| u128::from_be_bytes(halves[half]));
        let mut value = [0; 32];
        value[16..].copy_from_slice(&self.goals.worth(first, second).to_le_bytes());
        Hash256::from_internal(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(first: u128, second: u128) -> Hash256 {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&first.to_be_bytes());
        bytes[16..].copy_from_slice(&second.to_be_bytes());
        Hash256::from_internal(bytes)
    }

    #[test]
    fn a_digest_is_good_when_either_half_is_below_its_own_goal() {
        let edge = [0, 1, 99, 100, 101, 499, 500, 501, u128::MAX];
        for (block, fruit) in [
            (100, 100),
            (100, 500),
            (500, 100),
            (0, 100),
            (u128::MAX / 2, 1),
        ] {
            let goals = Goals { block, fruit };
            let hasher = TruehashHasher::new(Arc::new(Masks::empty()), goals);
            for first in edge {
                for second in edge {
                    let value = hasher.value(&digest(first, second));
                    let good = first < block || second < fruit;
                    let met = goals.target().is_met_by(&value);
                    assert_eq!(met, good, "{first} {second} {goals:?}");
                }
            }
        }
    }

    #[test]
    fn seeds_are_checked() {
        let error = |seed: Option<&[u8]>| TRUEHASH.hasher(seed).unwrap_err().to_string();
        assert!(error(None).contains("needs a seed"));
        assert!(error(Some(&[0; 17])).contains("17 bytes"));
        assert!(error(Some(&[0; 16])).contains("10240 seeds, got 1"));
    }
}
