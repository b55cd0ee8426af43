//! Variant 1 ("Monero v7"): both writes of a step are altered, the second by eight bytes of the blob around its nonce.

use super::aes::Words;
use super::state::State;
use super::walk::Twist;

/// Where the eight bytes stand in the blob.
pub(super) const TWEAK_AT: usize = 35;

/// Two bits for each value of three bits of byte 11: a table in a number.
const TABLE: u64 = 0x75310;

pub(super) struct One {
    tweak: u64,
}

impl Twist for One {
    fn new(state: &State, input: &[u8]) -> Self {
        let mut bytes = [0; 8];
        let end = TWEAK_AT + bytes.len();
        if let Some(found) = input.get(TWEAK_AT..end) {
            bytes.copy_from_slice(found);
        }
        Self {
            tweak: state.word(24) ^ u64::from_le_bytes(bytes),
        }
    }

    #[inline(always)]
    fn first(&self, [low, high]: Words) -> Words {
        let byte = high >> 24;
        let index = (byte >> 3 & 6 | byte & 1) << 1;
        [low, high ^ (TABLE >> index & 0x30) << 24]
    }

    #[inline(always)]
    fn second(&self, [low, high]: Words) -> Words {
        [low, high ^ self.tweak]
    }
}
