//! The search: from a midstate and a tail through a range of nonces to candidates.

use std::ops::Range;

use super::Midstate;
use super::midstate::{compress, hash_digest};
use crate::units::{Hash256, Target};

/// Searches nonces of one piece of work, given as chips get it: midstate and the 12 bytes that follow it.
///
/// Nonces are counted as SHA-256's message word 19 (see [`crate::units::Nonce::from_message_word`]), as chips do.
#[derive(Debug, Clone)]
pub struct Scanner {
    midstate: Midstate,
    second_block: [u8; 64],
    limit: Target,
}

impl Scanner {
    /// A search over the header whose first 64 bytes gave `midstate` and whose bytes 64..76 are `tail`, for hashes
    /// that meet `limit`.
    pub fn new(midstate: Midstate, tail: [u8; 12], limit: Target) -> Self {
        let mut second_block = [0; 64];
        second_block[..12].copy_from_slice(&tail);
        second_block[16] = 0x80;
        second_block[62] = 0x02; // 640 bits
        second_block[63] = 0x80;
        Self {
            midstate,
            second_block,
            limit,
        }
    }

    /// The first nonce word in `words` whose hash meets the limit. `words` is moved past it, or to its end when there is none.
    ///
    /// `words` holds message words; its end may be `2^32`.
    pub fn scan(&self, words: &mut Range<u64>) -> Option<u32> {
        for word in words.by_ref() {
            let hash = self.hash_of_word(word as u32);
            if hash.top_word() <= self.limit.top_word() && self.limit.is_met_by(&hash) {
                return Some(word as u32);
            }
        }
        None
    }

    /// The hash of the header with message word `word` as its nonce.
    pub fn hash_of_word(&self, word: u32) -> Hash256 {
        let mut block = self.second_block;
        block[12..16].copy_from_slice(&word.to_be_bytes());
        let mut state = *self.midstate.words();
        compress(&mut state, std::slice::from_ref(&block));
        Hash256::from_internal(hash_digest(&state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::{Algorithm, sha256d::SHA256D};

    fn scanner(limit: Target) -> (Scanner, [u8; 80]) {
        let header: [u8; 80] = std::array::from_fn(|i| (i * 7 + 3) as u8);
        let midstate = Midstate::of(header[..64].try_into().unwrap());
        (
            Scanner::new(midstate, header[64..76].try_into().unwrap(), limit),
            header,
        )
    }

    #[test]
    fn hashes_what_the_plain_path_hashes() {
        let (scanner, mut header) = scanner(Target::MAX);
        for word in [0, 1, 0x0001_87a2, u32::MAX] {
            header[76..].copy_from_slice(&word.to_be_bytes());
            assert_eq!(scanner.hash_of_word(word), SHA256D.hash(&header));
        }
    }

    #[test]
    fn finds_every_hit_and_the_end() {
        let limit = Target::from_zero_bits(8);
        let (scanner, _) = scanner(limit);
        let expected: Vec<u32> = (0..3000)
            .filter(|word| limit.is_met_by(&scanner.hash_of_word(*word)))
            .collect();
        let mut words = 0..3000;
        let found: Vec<u32> = std::iter::from_fn(|| scanner.scan(&mut words)).collect();
        assert_eq!(found, expected);
        assert!(!found.is_empty() && words.is_empty());
        let mut last = (1 << 32) - 1..1 << 32;
        assert_eq!(
            Scanner {
                limit: Target::MAX,
                ..scanner
            }
            .scan(&mut last),
            Some(u32::MAX)
        );
    }
}
