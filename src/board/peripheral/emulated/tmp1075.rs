//! An emulated TMP1075.

use super::{Part, Surroundings, Words, left_justified};

/// The part.
#[derive(Debug, Clone)]
pub(crate) struct Tmp1075 {
    words: Words,
    address: u8,
}

impl Tmp1075 {
    /// One at `address`.
    pub(crate) fn new(address: u8) -> Self {
        let words = Words::new(&[(0x01, 0x00ff), (0x0f, 0x7500)]);
        Self { words, address }
    }
}

impl Part for Tmp1075 {
    fn address(&self) -> u8 {
        self.address
    }

    fn feel(&mut self, world: &Surroundings) {
        let bytes = left_justified(world.board, 16.0);
        self.words.set(0, u16::from_be_bytes(bytes));
    }

    fn transfer(&mut self, written: &[u8], wanted: usize) -> Vec<u8> {
        self.words.transfer(written, wanted)
    }
}
