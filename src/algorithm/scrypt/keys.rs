//! PBKDF2-HMAC-SHA256 with one iteration, as scrypt begins and ends with it (RFC 7914, section 6; RFC 8018, section 5.2).

use sha2::{Digest, Sha256};

use crate::algorithm::sha256d::{INITIAL, compress};

/// HMAC-SHA256 under one key: the two states after the padded key (RFC 2104).
pub(super) struct Keyed {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl Keyed {
    pub(super) fn new(password: &[u8]) -> Self {
        let mut key = [0; 64];
        if password.len() > 64 {
            key[..32].copy_from_slice(&Sha256::digest(password));
        } else {
            key[..password.len()].copy_from_slice(password);
        }
        let after = |pad: u8| {
            let mut state = INITIAL;
            compress(&mut state, &[key.map(|byte| byte ^ pad)]);
            state
        };
        Self {
            inner: after(0x36),
            outer: after(0x5c),
        }
    }

    /// Block number `index` (from 1) of the derived key under `salt`: its words as SHA-256 counts them.
    pub(super) fn block(&self, salt: &[u8], index: u32) -> [u32; 8] {
        let mut inner = self.inner;
        let mut chunks = salt.chunks_exact(64);
        let mut block = [0; 64];
        for chunk in &mut chunks {
            block.copy_from_slice(chunk);
            compress(&mut inner, &[block]);
        }
        finish(&mut inner, chunks.remainder(), index, salt.len());
        let mut block = [0; 64];
        for (chunk, word) in block.chunks_exact_mut(4).zip(inner) {
            chunk.copy_from_slice(&word.to_be_bytes());
        }
        block[32] = 0x80;
        block[62] = 0x03; // 512 bits of key and 256 of digest
        let mut outer = self.outer;
        compress(&mut outer, &[block]);
        outer
    }
}

/// Ends the inner message: what is left of the salt, the index, the padding; `salt` is the salt's whole length.
fn finish(state: &mut [u32; 8], rest: &[u8], index: u32, salt: usize) {
    let mut blocks = [[0; 64]; 2];
    let bytes = blocks.as_flattened_mut();
    let end = rest.len() + 4;
    bytes[..rest.len()].copy_from_slice(rest);
    bytes[rest.len()..end].copy_from_slice(&index.to_be_bytes());
    bytes[end] = 0x80;
    let used = if end + 9 <= 64 { 1 } else { 2 };
    let bits = (64 + salt + 4) as u64 * 8;
    bytes[64 * used - 8..64 * used].copy_from_slice(&bits.to_be_bytes());
    compress(state, &blocks[..used]);
}

/// The 128 bytes that are mixed, as two lines of little-endian words.
pub(super) fn expand(keyed: &Keyed, input: &[u8]) -> [[u32; 16]; 2] {
    let mut lines = [[0; 16]; 2];
    for (index, words) in (1..).zip(lines.as_flattened_mut().chunks_exact_mut(8)) {
        for (to, from) in words.iter_mut().zip(keyed.block(input, index)) {
            *to = from.swap_bytes();
        }
    }
    lines
}

/// The digest of the mixed 128 bytes.
pub(super) fn contract(keyed: &Keyed, lines: &[[u32; 16]; 2]) -> [u8; 32] {
    let mut salt = [0; 128];
    for (chunk, word) in salt.chunks_exact_mut(4).zip(lines.as_flattened()) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    let mut digest = [0; 32];
    for (chunk, word) in digest.chunks_exact_mut(4).zip(keyed.block(&salt, 1)) {
        chunk.copy_from_slice(&word.to_be_bytes());
    }
    digest
}
