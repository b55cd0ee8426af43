//! RandomX, the hash of Monero since 2019, by its own library (crate `randomx-rs`); only with the cargo feature `randomx`.
//!
//! Light mode: each thread that hashes has a virtual machine with a cache of 256 MiB, made when it hashes its first input under a key (about
//! half a second) and kept until the key changes. The library's handles may not move between threads, so nothing is shared.

use std::cell::RefCell;
use std::sync::Arc;

use randomx_rs::{RandomXCache, RandomXError, RandomXFlag, RandomXVM};

use super::{Algorithm, AlgorithmError, Hasher};
use crate::units::{Hash256, Hashrate, Target};

/// RandomX as Monero has it.
#[derive(Debug, Clone, Copy)]
pub struct RandomX;

/// The one value of [`RandomX`].
pub static RX_0: RandomX = RandomX;

const NAME: &str = "rx/0";
/// The longest key that the library takes, in bytes; pools name 32.
const MAX_KEY: usize = 60;
/// What stands for the hash of a thread that has no machine: it meets no target but the one that all meet.
const NO_HASH: Hash256 = Hash256::from_internal([0xff; 32]);

impl Algorithm for RandomX {
    fn name(&self) -> &'static str {
        NAME
    }

    /// Every hash meets it: CryptoNote's difficulty counts hashes.
    fn difficulty_one(&self) -> Target {
        Target::MAX
    }

    fn nominal(&self) -> Hashrate {
        Hashrate::new(50.0)
    }

    /// `seed`: the key, a block's hash.
    fn hasher(&self, seed: Option<&[u8]>) -> Result<Arc<dyn Hasher>, AlgorithmError> {
        let key = seed.ok_or(AlgorithmError::SeedMissing(NAME))?;
        if key.is_empty() || key.len() > MAX_KEY {
            return Err(AlgorithmError::Seed {
                algorithm: NAME,
                problem: format!("must have 1 to {MAX_KEY} bytes, has {}", key.len()),
            });
        }
        Ok(Arc::new(RandomXHasher { key: key.into() }))
    }
}

/// RandomX under a key.
#[derive(Debug)]
struct RandomXHasher {
    key: Arc<[u8]>,
}

/// A thread's machine and its key; no machine: there was no memory for it.
type Machine = (Arc<[u8]>, Option<RandomXVM>);

thread_local! {
    static MACHINE: RefCell<Option<Machine>> = const { RefCell::new(None) };
}

impl Hasher for RandomXHasher {
    fn hash(&self, input: &[u8]) -> Hash256 {
        MACHINE.with_borrow_mut(|machine| {
            if machine.as_ref().is_none_or(|(key, _)| *key != self.key) {
                // The old one goes first: two would be half a gigabyte.
                *machine = None;
                *machine = Some((Arc::clone(&self.key), self.machine()));
            }
            let vm = machine.as_ref().and_then(|(_, vm)| vm.as_ref());
            vm.map_or(NO_HASH, |vm| hash_of(vm, input))
        })
    }
}

impl RandomXHasher {
    fn machine(&self) -> Option<RandomXVM> {
        new_machine(&self.key)
            .inspect_err(|error| tracing::error!(%error, "RandomX cannot run on this thread"))
            .ok()
    }
}

fn new_machine(key: &[u8]) -> Result<RandomXVM, RandomXError> {
    let flags = RandomXFlag::get_recommended_flags();
    RandomXVM::new(flags, Some(RandomXCache::new(flags, key)?), None)
}

fn hash_of(vm: &RandomXVM, input: &[u8]) -> Hash256 {
    let hash = vm.calculate_hash(input).ok();
    let bytes: Option<[u8; 32]> = hash.and_then(|hash| hash.try_into().ok());
    bytes.map_or(NO_HASH, Hash256::from_internal)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_official_vectors_come_out() {
        let text = include_str!("../../../tests/data/cryptonote.json");
        let vectors: Value = serde_json::from_str(text).unwrap();
        let rows = vectors["randomx"].as_array().unwrap();
        assert_eq!(rows.len(), 2);
        for row in rows {
            let text = |field: &str| row[field].as_str().unwrap().as_bytes();
            let hasher = RX_0.hasher(Some(text("key_ascii"))).unwrap();
            let hash = hasher.hash(text("input_ascii"));
            assert_eq!(
                hex::encode(hash.as_internal()),
                row["hash"].as_str().unwrap()
            );
        }
    }

    #[test]
    fn keys_are_checked() {
        assert!(RX_0.hasher(None).is_err());
        assert!(RX_0.hasher(Some(&[])).is_err());
        assert!(RX_0.hasher(Some(&[0; 61])).is_err());
    }
}
