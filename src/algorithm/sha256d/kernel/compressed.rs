//! The kernel over `sha2`'s compression function, which knows the SHA instructions of other CPUs than x86 (ARMv8's among them).

use std::ops::Range;

use super::constants::K;
use super::prepared::Prepared;
use crate::algorithm::sha256d::{compress, hash_digest};

/// Nonces at a time.
pub(super) const LANES: usize = 1;

/// Searches `words`; see [`super::Scan`].
pub(super) fn scan(work: &Prepared, words: &mut Range<u64>) -> Option<u32> {
    let mut block = second_block(work);
    let meets = |word: &u32| {
        block[12..16].copy_from_slice(&word.to_be_bytes());
        let mut state = work.midstate;
        compress(&mut state, std::slice::from_ref(&block));
        let [.., a, b, c, d] = hash_digest(&state);
        u32::from_be_bytes([a, b, c, d]) & work.zero_bits == 0
    };
    words.map(|word| word as u32).find(meets)
}

/// The header's last 16 bytes and the padding, nonce zero.
fn second_block(work: &Prepared) -> [u8; 64] {
    let mut block = [0; 64];
    for (t, bytes) in block.chunks_exact_mut(4).enumerate() {
        bytes.copy_from_slice(&work.kw[t].wrapping_sub(K[t]).to_be_bytes());
    }
    block
}
