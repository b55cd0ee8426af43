//! CryptoNight as jobs carry it.

use std::sync::Arc;

use super::{Scratchpad, Variant, hash};
use crate::algorithm::{Algorithm, AlgorithmError, Hasher, NonceField, Searcher, unseeded};
use crate::units::{Hash256, Hashrate, Target};
use std::ops::Range;

/// A variant of CryptoNight as an algorithm.
#[derive(Debug, Clone, Copy)]
pub struct CryptoNight(Variant);

/// CryptoNight's original.
pub static CN_0: CryptoNight = CryptoNight(Variant::Zero);
/// Monero's of spring 2018.
pub static CN_1: CryptoNight = CryptoNight(Variant::One);
/// Monero's of autumn 2018.
pub static CN_2: CryptoNight = CryptoNight(Variant::Two);

impl Algorithm for CryptoNight {
    fn name(&self) -> &'static str {
        match self.0 {
            Variant::Zero => "cn/0",
            Variant::One => "cn/1",
            Variant::Two => "cn/2",
        }
    }

    /// Every hash meets it: CryptoNote's difficulty counts hashes.
    fn difficulty_one(&self) -> Target {
        Target::MAX
    }

    fn nominal(&self) -> Hashrate {
        Hashrate::new(40.0)
    }

    fn demo_hashes(&self) -> f64 {
        8.0
    }

    fn hasher(&self, seed: Option<&[u8]>) -> Result<Arc<dyn Hasher>, AlgorithmError> {
        unseeded(self.name(), seed, *self)
    }
}

impl Hasher for CryptoNight {
    fn hash(&self, input: &[u8]) -> Hash256 {
        Hash256::from_internal(hash(self.0, input, &mut Scratchpad::new()))
    }

    fn searcher(&self) -> Option<Box<dyn Searcher>> {
        Some(Box::new(CryptoNightSearcher {
            variant: self.0,
            pad: Scratchpad::new(),
        }))
    }
}

/// Hash after hash in one scratchpad.
struct CryptoNightSearcher {
    variant: Variant,
    pad: Scratchpad,
}

impl Searcher for CryptoNightSearcher {
    fn search(
        &mut self,
        input: &mut [u8],
        field: NonceField,
        counts: Range<u64>,
        target: &Target,
        found: &mut dyn FnMut(u64),
    ) {
        for count in counts {
            field.count_to(input, count);
            let digest = hash(self.variant, input, &mut self.pad);
            if target.is_met_by(&Hash256::from_internal(digest)) {
                found(count);
            }
        }
    }
}
