//! The 2 MiB that make the hash hard: filled from the state, and folded back into it.

use super::aes::{Aes, Words, round_keys};
use super::state::State;

/// Blocks of 16 bytes in the scratchpad.
pub(super) const BLOCKS: usize = 2 * 1024 * 1024 / 16;
/// Blocks that are worked on together.
const TOGETHER: usize = 8;

/// The memory of one hash; a thread keeps one and uses it again. What it held before does not matter.
pub struct Scratchpad {
    blocks: Box<[Words; BLOCKS]>,
}

impl Scratchpad {
    /// Takes 2 MiB.
    pub fn new() -> Self {
        let blocks = vec![[0; 2]; BLOCKS].into_boxed_slice();
        Self {
            blocks: blocks.try_into().expect("it was made with this length"),
        }
    }

    pub(super) fn blocks_mut(&mut self) -> &mut [Words; BLOCKS] {
        &mut self.blocks
    }

    /// Fills it with the state's text, enciphered again and again.
    #[inline(always)]
    pub(super) fn fill<A: Aes>(&mut self, state: &State) {
        let keys = round_keys(&state.bytes(0)).map(A::load);
        let mut text = state.text().map(A::load);
        for chunk in self.blocks.as_chunks_mut::<TOGETHER>().0 {
            encipher::<A>(&mut text, &keys);
            *chunk = text.map(A::store);
        }
    }

    /// Folds it into the state's text.
    #[inline(always)]
    pub(super) fn fold<A: Aes>(&self, state: &mut State) {
        let keys = round_keys(&state.bytes(32)).map(A::load);
        let mut text = state.text().map(A::load);
        for chunk in self.blocks.as_chunks::<TOGETHER>().0 {
            for (block, words) in text.iter_mut().zip(chunk) {
                *block = A::xor(*block, A::load(*words));
            }
            encipher::<A>(&mut text, &keys);
        }
        state.set_text(text.map(A::store));
    }
}

impl Default for Scratchpad {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Scratchpad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scratchpad").finish_non_exhaustive()
    }
}

#[inline(always)]
fn encipher<A: Aes>(text: &mut [A::Block; TOGETHER], keys: &[A::Block; 10]) {
    for key in keys {
        for block in text.iter_mut() {
            *block = A::round(*block, *key);
        }
    }
}
