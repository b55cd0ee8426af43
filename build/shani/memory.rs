//! Where everything lies in memory.

use super::super::constants::{INITIAL, K};
use super::LANES;

/// Bytes after `rdi`: what is the same for all nonces of a job. `Job` in `src/algorithm/sha256d/kernel/shani.rs` must agree.
pub mod job {
    pub const START_FEBA: usize = 0;
    pub const START_HGDC: usize = 16;
    /// Constant and word of rounds 4 to 15.
    pub const KW: usize = 32;
    /// Words 16 to 19 without the nonce's part.
    pub const QUAD_4: usize = 80;
    /// What words 20 to 23, and 28 to 31, have besides their two sigmas.
    pub const QUAD_5: usize = 96;
    pub const QUAD_7: usize = 112;
    pub const MIDSTATE_FEBA: usize = 128;
    pub const MIDSTATE_HGDC: usize = 144;
    pub const ZERO_BITS: usize = 160;
}

/// Four words each, base `r11`: the round constants, then these.
pub mod number {
    pub const INITIAL_FEBA: usize = 16;
    pub const INITIAL_HGDC: usize = 17;
    /// Constants and words of rounds 8 to 15 of the second hash.
    pub const SECOND_KW: usize = 18;
    /// Words 8 to 11 and 12 to 15 of the second hash.
    pub const SECOND_QUAD_2: usize = 20;
    pub const SECOND_QUAD_3: usize = 21;
    pub const INITIAL_H: usize = 22;
    pub const ODD_WORDS: usize = 23;
    pub const LANES: usize = 24;
}

/// The numbers as data.
pub fn numbers() -> String {
    let [a, b, c, d, e, f, g, h] = INITIAL;
    let second_kw = |t: usize, word: u32| K[t].wrapping_add(word);
    let more = [
        [f, e, b, a],
        [h, g, d, c],
        [second_kw(8, 0x8000_0000), K[9], K[10], K[11]],
        [K[12], K[13], K[14], second_kw(15, 256)],
        [0x8000_0000, 0, 0, 0],
        [0, 0, 0, 256],
        [h; 4],
        [0, u32::MAX, 0, u32::MAX],
        [LANES as u32; 4],
    ];
    let lines = K
        .iter()
        .chain(more.iter().flatten())
        .map(|number| format!("    .long {number}\n"));
    lines.collect::<Vec<_>>().concat()
}

pub fn job(offset: usize) -> String {
    format!("xmmword ptr [rdi + {offset}]")
}

pub fn number(quad: usize) -> String {
    format!("xmmword ptr [r11 + {}]", 16 * quad)
}

pub const NONCES: &str = "xmmword ptr [rsi]";

/// Where quad `quad` of a nonce's schedule lies while it is one of the last four.
pub fn place(lane: usize, quad: usize) -> String {
    format!("xmmword ptr [rsi + {}]", 16 + 16 * (4 * lane + quad % 4))
}
