//! What can go wrong inside a chain, drawn from a seed.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Chances and moments; all zero or absent is a healthy chain. Chips are counted from the host's end, from 0; times run from the moment
/// at which the chain first heard of time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ChainFaults {
    /// Chance that a byte is lost, either way.
    pub drop: f64,
    /// Chance that a reply has one bit inverted.
    pub flip: f64,
    /// Chance that a reply comes twice.
    pub duplicate: f64,
    /// So many chips of the chain's end are not there.
    pub missing: u16,
    /// This chip neither answers nor hashes from this time on; what others say still passes through it.
    pub dies: Option<(u16, Duration)>,
    /// This core of this chip reports wrong nonces.
    pub lying_core: Option<(u16, u16)>,
    /// This chip reports the first nonce that it found over and over.
    pub stuck: Option<u16>,
    /// At this time every chip falls back to its power-on state.
    pub brown_out: Option<Duration>,
}

/// The dice, and the faults that they decide.
pub(super) struct Dice {
    faults: ChainFaults,
    rng: StdRng,
}

impl Dice {
    pub(super) fn new(faults: ChainFaults, seed: u64) -> Self {
        let rng = StdRng::seed_from_u64(seed);
        Self { faults, rng }
    }

    pub(super) fn strikes(&mut self, chance: f64) -> bool {
        chance > 0.0 && self.rng.random_bool(chance.min(1.0))
    }

    /// A byte as noise would have it.
    pub(super) fn noise(&mut self) -> u8 {
        self.rng.random()
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        self.rng.random_range(0..end.max(1))
    }

    /// Whether the line loses a byte.
    pub(super) fn loses(&mut self) -> bool {
        self.strikes(self.faults.drop)
    }

    /// Whether a reply comes twice.
    pub(super) fn repeats(&mut self) -> bool {
        self.strikes(self.faults.duplicate)
    }

    /// Inverts a bit of `reply`, if luck has it.
    pub(super) fn bend(&mut self, reply: &mut [u8]) {
        if self.strikes(self.faults.flip) {
            let bit = self.below(8 * reply.len() as u32) as usize;
            reply[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
