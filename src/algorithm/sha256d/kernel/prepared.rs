//! What of the two hashes of a header does not depend on the nonce, worked out once a job.

use super::constants::{K, round, small_sigma0, small_sigma1};
use crate::algorithm::sha256d::Midstate;

/// A piece of work as kernels take it: the second block's rounds 0 to 2 are done and its constant schedule words added up.
///
/// With `n` the nonce: words 0 to 2 are the tail, word 3 is `n`, word 4 is the padding's first bit, words 5 to 14 are zero and word 15 is
/// the length of 640 bits. So words 16 and 17 are constant, and words 18, 19, 31 and 32 have a constant part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prepared {
    /// State before the second block: added again after it.
    pub(super) midstate: [u32; 8],
    /// State after rounds 0 and 1.
    pub(super) after_2: [u32; 8],
    /// State after rounds 0 to 2.
    pub(super) after_3: [u32; 8],
    /// State after round 3 as it would be for nonce zero: `n` is added to `a` and `e`.
    pub(super) after_4: [u32; 8],
    /// Round constant and message word of rounds 0 to 17, nonce zero.
    pub(super) kw: [u32; 18],
    /// Message words 16 and 17.
    pub(super) w16: u32,
    pub(super) w17: u32,
    /// Word 18 without `σ0(n)`.
    pub(super) w18: u32,
    /// Word 19 without `n`.
    pub(super) w19: u32,
    /// Word 31 without `σ1(w29) + w24`.
    pub(super) w31: u32,
    /// Word 32 without `σ1(w30) + w25`.
    pub(super) w32: u32,
    /// Bits of the digest's last word (as SHA-256 counts it, before it is written as bytes) that must be zero in every hash that meets
    /// the limit.
    pub(super) zero_bits: u32,
}

/// The first bit of padding.
const END: u32 = 0x8000_0000;
/// The length of a header in bits.
const LENGTH: u32 = 640;

impl Prepared {
    /// Prepares the search below `midstate` and `tail` for hashes whose top word is not above `limit_top`.
    pub(crate) fn new(midstate: &Midstate, tail: &[u8; 12], limit_top: u32) -> Self {
        let words: [u32; 3] = std::array::from_fn(|i| {
            u32::from_be_bytes([
                tail[4 * i],
                tail[4 * i + 1],
                tail[4 * i + 2],
                tail[4 * i + 3],
            ])
        });
        let block = message(words);
        let (w16, w17) = (block[16], block[17]);
        let kw = std::array::from_fn(|t| K[t].wrapping_add(block[t]));
        let after = |rounds: usize| {
            kw[..rounds]
                .iter()
                .fold(*midstate.words(), |state, kw| round(state, *kw))
        };
        Self {
            midstate: *midstate.words(),
            after_2: after(2),
            after_3: after(3),
            after_4: after(4),
            kw,
            w16,
            w17,
            w18: small_sigma1(w16).wrapping_add(words[2]),
            w19: small_sigma1(w17).wrapping_add(small_sigma0(END)),
            w31: small_sigma0(w16).wrapping_add(LENGTH),
            w32: small_sigma0(w17).wrapping_add(w16),
            zero_bits: zero_bits(limit_top),
        }
    }
}

/// Words 0 to 17 of the second block, nonce zero.
fn message(tail: [u32; 3]) -> [u32; 18] {
    let mut block = [0; 18];
    block[..3].copy_from_slice(&tail);
    block[4] = END;
    block[15] = LENGTH;
    for t in 16..18 {
        block[t] = small_sigma1(block[t - 2])
            .wrapping_add(block[t - 7])
            .wrapping_add(small_sigma0(block[t - 15]))
            .wrapping_add(block[t - 16]);
    }
    block
}

/// The leading zero bits of `limit_top`, as they lie in SHA-256's last word: the digest is compared as a little-endian number, so its top
/// word is that word with its bytes reversed.
fn zero_bits(limit_top: u32) -> u32 {
    let below = u32::MAX.checked_shr(limit_top.leading_zeros()).unwrap_or(0);
    (!below).swap_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_lets_every_hash_through_that_can_meet_the_limit() {
        assert_eq!(zero_bits(0), u32::MAX);
        assert_eq!(zero_bits(u32::MAX), 0);
        assert_eq!(zero_bits(0x0000_ffff), 0x0000_ffff);
        assert_eq!(zero_bits(0x0123_4567), 0x0000_00fe);
    }
}
