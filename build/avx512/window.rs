//! The last sixteen words of a message schedule.

use super::ir::{Block, Home, Operand, Place, Value};
use super::memory::window;

/// The last sixteen words of one stream's schedule: all in memory, the most recent ones in registers too where there are registers for them.
pub struct Window {
    stream: usize,
    /// How many words that were written or read last stay in registers.
    kept: usize,
    recent: Vec<(usize, Value)>,
}

impl Window {
    /// Every word is read from memory, as often as it is needed.
    pub fn in_memory(stream: usize) -> Self {
        Self::keeping(stream, 0)
    }

    /// No word is read twice: two words written and two read stay in registers.
    pub fn in_registers(stream: usize) -> Self {
        Self::keeping(stream, 4)
    }

    fn keeping(stream: usize, kept: usize) -> Self {
        Self {
            stream,
            kept,
            recent: Vec::new(),
        }
    }

    pub fn place(&self, t: usize) -> Place {
        window(self.stream, t)
    }

    /// Word `t`, to be used once.
    pub fn word(&self, t: usize) -> Operand {
        let recent = self.recent.iter().find(|(recent, _)| *recent == t);
        recent.map_or(Operand::Full(self.place(t)), |(_, value)| (*value).into())
    }

    /// Word `t`, to be used several times.
    pub fn loaded_word(&mut self, block: &mut Block, t: usize) -> Operand {
        let word = self.word(t);
        if self.kept == 0 || matches!(word, Operand::Value(_)) {
            return word;
        }
        let value = block.copy(word, Home::Spare);
        self.keep(t, value);
        value.into()
    }

    /// Writes word `t` over the oldest.
    pub fn put(&mut self, block: &mut Block, t: usize, word: Value) {
        block.store(self.place(t), word);
        self.keep(t, word);
    }

    fn keep(&mut self, t: usize, word: Value) {
        self.recent.push((t, word));
        let surplus = self.recent.len().saturating_sub(self.kept);
        self.recent.drain(..surplus);
    }
}
