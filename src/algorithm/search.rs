//! The search of nonces with any algorithm: one thread's scratch memory and its way through a range.

use std::ops::Range;
use std::sync::Arc;

use super::Hasher;
use crate::units::{Nonce, Target};

/// Where the nonce stands in an input, and how it is counted through.
///
/// Nonces are numbers whose least significant byte comes first. Headers are counted through as chips do, as SHA-256's message word, whose
/// most significant byte comes first: so a range means the same nonces to a chip and to software.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NonceField {
    at: u8,
    len: u8,
    counts_words: bool,
}

impl NonceField {
    /// The nonce of an 80-byte header, counted as a message word.
    pub const HEADER: Self = Self {
        at: 76,
        len: 4,
        counts_words: true,
    };

    /// `len` bytes (at most 8) that begin at offset `at`, counted as the number that they are, least significant byte first.
    pub const fn new(at: u8, len: u8) -> Self {
        Self {
            at,
            len,
            counts_words: false,
        }
    }

    /// Offset of the first byte.
    pub const fn at(self) -> u8 {
        self.at
    }

    /// How many bytes.
    pub const fn len(self) -> u8 {
        self.len
    }

    /// Whether there is no place for a nonce at all.
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Writes the nonce that `count` stands for into its place; what does not fit the field is cut off.
    pub fn count_to(self, input: &mut [u8], count: u64) {
        self.write(input, self.nonce(count));
    }

    /// The nonce that `count` stands for.
    pub const fn nonce(self, count: u64) -> Nonce {
        if self.counts_words {
            Nonce::from_message_word(count as u32)
        } else {
            Nonce::from_u64(count)
        }
    }

    /// Writes `nonce` into its place; what does not fit the field is cut off.
    pub fn write(self, input: &mut [u8], nonce: Nonce) {
        let (at, len) = (usize::from(self.at), usize::from(self.len));
        input[at..at + len].copy_from_slice(&nonce.to_u64().to_le_bytes()[..len]);
    }

    /// One more than the largest count that fits, saturating.
    pub const fn end(self) -> u64 {
        if self.len >= 8 {
            u64::MAX
        } else {
            1 << (8 * self.len)
        }
    }
}

/// One thread's way through nonces: it owns the scratch memory that the function needs.
pub trait Searcher: Send {
    /// Hashes `input` with each nonce that `field` counts to within `counts`, and calls `found` with the counts whose value meets `target`,
    /// in any order. `input` is scratch: what is left in the field does not matter.
    ///
    /// It searches all of the range. The caller keeps ranges so short that it is back in time: see [`lanes`](Searcher::lanes).
    fn search(
        &mut self,
        input: &mut [u8],
        field: NonceField,
        counts: Range<u64>,
        target: &Target,
        found: &mut dyn FnMut(u64),
    );

    /// How many nonces are hashed in one go: a range that is no multiple of it wastes lanes.
    fn lanes(&self) -> u64 {
        1
    }
}

/// Hash after hash with nothing but the function.
#[derive(Debug)]
pub struct Plain(pub Arc<dyn Hasher>);

impl Searcher for Plain {
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
            if target.is_met_by(&self.0.prove(input).value) {
                found(count);
            }
        }
    }
}

/// The best searcher that `hasher` has.
pub fn searcher_of(hasher: &Arc<dyn Hasher>) -> Box<dyn Searcher> {
    hasher
        .searcher()
        .unwrap_or_else(|| Box::new(Plain(Arc::clone(hasher))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::sha256d;

    #[test]
    fn the_nonce_is_written_least_significant_byte_first_and_cut() {
        let mut input = [0xee; 6];
        NonceField::new(2, 3).count_to(&mut input, 0x0102_0304_0506);
        assert_eq!(input, [0xee, 0xee, 6, 5, 4, 0xee]);
        assert_eq!(NonceField::new(2, 3).end(), 1 << 24);
        assert_eq!(NonceField::new(0, 8).end(), u64::MAX);
    }

    #[test]
    fn headers_are_counted_as_chips_count() {
        let mut header = [0; 80];
        NonceField::HEADER.count_to(&mut header, 0x0102_0304);
        assert_eq!(header[76..], [1, 2, 3, 4]);
        assert_eq!(NonceField::HEADER.nonce(0x0102_0304).to_u64(), 0x0403_0201);
    }

    #[test]
    fn the_plain_search_finds_every_nonce_and_no_other() {
        let hasher = sha256d::hasher();
        let target = Target::from_zero_bits(4);
        let mut found = Vec::new();
        let mut input = [7; 44];
        let field = NonceField::new(36, 8);
        let range = (1 << 40)..(1 << 40) + 200;
        searcher_of(&hasher).search(&mut input, field, range.clone(), &target, &mut |nonce| {
            found.push(nonce);
        });
        let expected: Vec<u64> = range
            .filter(|nonce| {
                let mut input = [7; 44];
                input[36..].copy_from_slice(&nonce.to_le_bytes());
                target.is_met_by(&hasher.hash(&input))
            })
            .collect();
        assert!(!expected.is_empty());
        assert_eq!(found, expected);
    }
}
