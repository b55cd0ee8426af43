//! SHA-256's state after the first 64 bytes of a header, and the compression function underneath.

use std::fmt;

pub(crate) use super::kernel::INITIAL;

/// Runs the compression function over whole blocks.
pub(crate) fn compress(state: &mut [u32; 8], blocks: &[[u8; 64]]) {
    sha2::block_api::compress256(state, blocks);
}

/// SHA-256's state after the first 64 bytes of a header, as the eight words `a..h`.
///
/// Which bytes a chip wants is a matter of that chip's frames; the two orders that most use are methods here.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Midstate([u32; 8]);

impl Midstate {
    /// The state after `block`, the first 64 bytes of a header.
    pub fn of(block: &[u8; 64]) -> Self {
        let mut state = INITIAL;
        compress(&mut state, std::slice::from_ref(block));
        Self(state)
    }

    /// From the eight words.
    pub const fn from_words(words: [u32; 8]) -> Self {
        Self(words)
    }

    /// The eight words.
    pub const fn words(&self) -> &[u32; 8] {
        &self.0
    }

    /// Words in order, each least significant byte first: getwork's `midstate`, cgminer's `work->midstate`.
    pub fn to_le_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, word) in bytes.chunks_exact_mut(4).zip(self.0) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Words in order, each most significant byte first: the order of the SHA-256 standard.
    pub fn to_be_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, word) in bytes.chunks_exact_mut(4).zip(self.0) {
            chunk.copy_from_slice(&word.to_be_bytes());
        }
        bytes
    }

    /// Reads words in order, each least significant byte first.
    pub fn from_le_bytes(bytes: [u8; 32]) -> Self {
        Self(std::array::from_fn(|i| {
            u32::from_le_bytes([
                bytes[4 * i],
                bytes[4 * i + 1],
                bytes[4 * i + 2],
                bytes[4 * i + 3],
            ])
        }))
    }

    /// Reads words in order, each most significant byte first.
    pub fn from_be_bytes(bytes: [u8; 32]) -> Self {
        Self(std::array::from_fn(|i| {
            u32::from_be_bytes([
                bytes[4 * i],
                bytes[4 * i + 1],
                bytes[4 * i + 2],
                bytes[4 * i + 3],
            ])
        }))
    }
}

impl fmt::Debug for Midstate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Midstate({})", hex::encode(self.to_be_bytes()))
    }
}

/// Second block of a message of 64 bytes: padding only.
const PADDING_64: [u8; 64] = {
    let mut block = [0; 64];
    block[0] = 0x80;
    block[62] = 0x02; // 512 bits
    block
};

/// SHA-256d of the 64 bytes `left ‖ right`: one step of a merkle tree, in three compressions.
pub fn hash_pair(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let [hash] = hash_pairs([left], right);
    hash
}

/// The same step of several trees, side by side where the CPU gains by it.
pub fn hash_pairs<const N: usize>(lefts: [&[u8; 32]; N], right: &[u8; 32]) -> [[u8; 32]; N] {
    #[cfg(target_arch = "x86_64")]
    if let Some(hashes) = super::kernel::hash_pairs(lefts, right) {
        return hashes;
    }
    lefts.map(|left| hash_pair_by_compression(left, right))
}

fn hash_pair_by_compression(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut block = [0; 64];
    block[..32].copy_from_slice(left);
    block[32..].copy_from_slice(right);
    let mut state = INITIAL;
    compress(&mut state, &[block, PADDING_64]);
    hash_digest(&state)
}

/// SHA-256 of the digest that `state` stands for: the second half of every SHA-256d.
pub(crate) fn hash_digest(state: &[u32; 8]) -> [u8; 32] {
    let mut block = [0; 64];
    for (chunk, word) in block.chunks_exact_mut(4).zip(state) {
        chunk.copy_from_slice(&word.to_be_bytes());
    }
    block[32] = 0x80;
    block[62] = 0x01; // 256 bits
    let mut second = INITIAL;
    compress(&mut second, std::slice::from_ref(&block));
    Midstate::from_words(second).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::sha256d::SHA256D;

    #[test]
    fn a_pair_is_the_hash_of_both() {
        for seed in 0..50 {
            let left = std::array::from_fn(|i| (i as u8).wrapping_mul(seed | 1));
            let right = *SHA256D.hash(&left).as_internal();
            let expected = SHA256D.hash(&[left, right].concat());
            assert_eq!(&hash_pair(&left, &right), expected.as_internal());
            assert_eq!(
                &hash_pair_by_compression(&left, &right),
                expected.as_internal()
            );
        }
    }

    #[test]
    fn byte_orders_round_trip() {
        let midstate = Midstate::of(&[7; 64]);
        assert_eq!(Midstate::from_le_bytes(midstate.to_le_bytes()), midstate);
        assert_eq!(Midstate::from_be_bytes(midstate.to_be_bytes()), midstate);
        assert_ne!(midstate.to_le_bytes(), midstate.to_be_bytes());
    }
}
