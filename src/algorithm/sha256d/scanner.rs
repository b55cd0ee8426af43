//! The search: from a midstate and a tail through a range of nonces to those whose hash meets a limit.

use std::ops::Range;

use super::Midstate;
use super::kernel::{Kernel, Prepared};
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
    prepared: Prepared,
    kernel: Kernel,
}

/// With a limit whose top word is this high or higher, every few hashes one meets it: vectors of nonces would be hashed to use one.
const EASY: u32 = 1 << 28;

impl Scanner {
    /// A search over the header whose first 64 bytes gave `midstate` and whose bytes 64..76 are `tail`, for hashes
    /// that meet `limit`; with the kernel of this process, [`Kernel::chosen`].
    pub fn new(midstate: Midstate, tail: [u8; 12], limit: Target) -> Self {
        Self::with(midstate, tail, limit, Kernel::chosen())
    }

    /// The same with a kernel of the caller's choice.
    pub(crate) fn with(midstate: Midstate, tail: [u8; 12], limit: Target, kernel: Kernel) -> Self {
        let mut second_block = [0; 64];
        second_block[..12].copy_from_slice(&tail);
        second_block[16] = 0x80;
        second_block[62] = 0x02; // 640 bits
        second_block[63] = 0x80;
        let prepared = Prepared::new(&midstate, &tail, limit.top_word());
        Self {
            midstate,
            second_block,
            limit,
            prepared,
            kernel,
        }
    }

    /// The same search with another kernel, which this CPU must be able to run: [`Kernel::is_supported`].
    pub fn with_kernel(self, kernel: Kernel) -> Self {
        Self { kernel, ..self }
    }

    /// The first nonce word in `words` whose hash meets the limit. `words` is moved past it, or to its end when there is none.
    ///
    /// `words` holds message words; its end may be `2^32`.
    pub fn scan(&self, words: &mut Range<u64>) -> Option<u32> {
        if self.limit.top_word() >= EASY {
            return words
                .map(|word| word as u32)
                .find(|word| self.meets_limit(*word));
        }
        self.scan_with_kernel(words)
    }

    /// [`Scanner::scan`] by the kernel, however easy the limit is.
    pub(crate) fn scan_with_kernel(&self, words: &mut Range<u64>) -> Option<u32> {
        while let Some(word) = self.kernel.scan(&self.prepared, words) {
            if self.meets_limit(word) {
                return Some(word);
            }
        }
        None
    }

    /// What there is to find in `words`, without any kernel.
    pub(crate) fn hits_by_plain_path(&self, words: Range<u64>) -> impl Iterator<Item = u32> {
        words
            .map(|word| word as u32)
            .filter(|word| self.meets_limit(*word))
    }

    /// The work as kernels take it.
    pub(crate) fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// Whether the hash with message word `word` as its nonce meets the limit.
    pub(crate) fn meets_limit(&self, word: u32) -> bool {
        self.limit.is_met_by(&self.hash_of_word(word))
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
    use crate::algorithm::sha256d::SHA256D;

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
