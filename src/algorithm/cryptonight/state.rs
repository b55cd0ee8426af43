//! The 200 bytes of Keccak's state that the hash begins and ends with.

use groestl::Groestl256;
use jh::Jh256;
use keccak::Keccak;
use skein::Skein512_256;
use skein::digest::Digest;

use super::aes::Words;
use super::blake256::blake256;

/// Bytes that a permutation absorbs.
const RATE: usize = 136;
/// Where the text is, in words of the state.
const TEXT: std::ops::Range<usize> = 8..24;

/// Keccak's state as 25 little-endian words.
#[derive(Debug, Clone)]
pub(super) struct State([u64; 25]);

impl State {
    /// Absorbs the whole input with Keccak's first padding (0x01, as before the standard).
    pub(super) fn absorb(input: &[u8]) -> Self {
        let mut state = Self([0; 25]);
        let (blocks, rest) = input.as_chunks::<RATE>();
        for block in blocks {
            state.absorb_block(block);
        }
        let mut last = [0; RATE];
        last[..rest.len()].copy_from_slice(rest);
        last[rest.len()] = 1;
        last[RATE - 1] |= 0x80;
        state.absorb_block(&last);
        state
    }

    fn absorb_block(&mut self, block: &[u8; RATE]) {
        for (word, bytes) in self.0.iter_mut().zip(block.as_chunks::<8>().0) {
            *word ^= u64::from_le_bytes(*bytes);
        }
        self.permute();
    }

    fn permute(&mut self) {
        Keccak::new().with_f1600(|permutation| permutation(&mut self.0));
    }

    /// Word `at` of 25.
    pub(super) fn word(&self, at: usize) -> u64 {
        self.0[at]
    }

    /// Two neighbouring blocks of 16 bytes, xored: those at words `one` and `other`.
    pub(super) fn pair(&self, one: usize, other: usize) -> Words {
        [
            self.0[one] ^ self.0[other],
            self.0[one + 1] ^ self.0[other + 1],
        ]
    }

    /// 32 bytes from byte `at`, a multiple of 8.
    pub(super) fn bytes(&self, at: usize) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, word) in bytes
            .as_chunks_mut::<8>()
            .0
            .iter_mut()
            .zip(&self.0[at / 8..])
        {
            *chunk = word.to_le_bytes();
        }
        bytes
    }

    /// The eight blocks from byte 64 on.
    pub(super) fn text(&self) -> [Words; 8] {
        let mut text = [[0; 2]; 8];
        text.as_flattened_mut().copy_from_slice(&self.0[TEXT]);
        text
    }

    pub(super) fn set_text(&mut self, text: [Words; 8]) {
        self.0[TEXT].copy_from_slice(text.as_flattened());
    }

    /// One last permutation, then one of four hashes: the state itself chooses.
    pub(super) fn finish(mut self) -> [u8; 32] {
        self.permute();
        let mut bytes = [0; 200];
        for (chunk, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(self.0) {
            *chunk = word.to_le_bytes();
        }
        match bytes[0] & 3 {
            0 => blake256(&bytes),
            1 => Groestl256::digest(bytes).into(),
            2 => Jh256::digest(bytes).into(),
            _ => Skein512_256::digest(bytes).into(),
        }
    }
}
