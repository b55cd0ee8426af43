//! The memory-hard middle of scrypt, written once over vectors of any width (RFC 7914, sections 3 to 5).
//!
//! The sixteen words of a Salsa20 block are kept as four quads along the diagonals, so that each step of a round is one operation on
//! vectors and a round of rows differs from one of columns by turns of quads only. A vector holds the same quad of several hashes.
//! Each hash has memory of its own, row after row, so that a row is two lines of the cache.

/// Rows of memory: scrypt's N.
pub(super) const ROWS: usize = 1024;
/// The order in which a block's words are kept: quad after quad.
const DIAGONAL: [usize; 16] = [0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11];

/// One Salsa20 block of one hash: a line of the cache.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line(pub(super) [u32; 16]);

impl Line {
    pub(super) const ZERO: Self = Self([0; 16]);
}

/// Quads of several hashes in one vector.
///
/// Its functions are inlined into a kernel's entry function, which is the one that turns the CPU's features on.
pub(super) trait Quads: Copy {
    /// How many hashes share a vector: 1, 2 or 4.
    const HASHES: usize;
    /// Word-wise sum modulo 2^32.
    fn add(self, other: Self) -> Self;
    /// Exclusive or.
    fn xor(self, other: Self) -> Self;
    /// Rotation of each word to the left by `N`; `M` must be `32 - N`.
    fn rotate<const N: i32, const M: i32>(self) -> Self;
    /// Word `i` of each quad comes from place `i + 1`.
    fn turn_1(self) -> Self;
    /// Word `i` of each quad comes from place `i + 2`.
    fn turn_2(self) -> Self;
    /// Word `i` of each quad comes from place `i + 3`.
    fn turn_3(self) -> Self;
    /// The four quads of `HASHES` lines, of which number `i` is `lines[at(i)]`.
    fn read(lines: &[Line], at: impl Fn(usize) -> usize) -> [Self; 4];
    /// The reverse of [`Quads::read`].
    fn write(quads: [Self; 4], lines: &mut [Line], at: impl Fn(usize) -> usize);
    /// The first word of each hash.
    fn first_words(self) -> [u32; 4];
}

/// Two blocks of `HASHES` hashes.
type Pair<Q> = [[Q; 4]; 2];

/// Mixes `K * Q::HASHES` hashes: `lines` holds two lines each, in the order of the function; `memory` two lines a row and hash.
#[inline(always)]
pub(super) fn mix<Q: Quads, const K: usize>(lines: &mut [Line], memory: &mut [Line]) {
    let hashes = K * Q::HASHES;
    let memory = &mut memory[..2 * ROWS * hashes];
    lines.iter_mut().for_each(into_diagonals);
    let mut state: [Pair<Q>; K] = std::array::from_fn(|k| {
        [0, 1].map(|half| Q::read(lines, |i| 2 * (k * Q::HASHES + i) + half))
    });
    for row in 0..ROWS {
        for (k, pair) in state.iter().enumerate() {
            for (half, block) in pair.iter().enumerate() {
                Q::write(*block, memory, |i| at(k * Q::HASHES + i, row) + half);
            }
        }
        mix_blocks(&mut state);
    }
    for _ in 0..ROWS {
        for (k, pair) in state.iter_mut().enumerate() {
            let rows = pair[1][0].first_words().map(|word| word as usize % ROWS);
            for (half, block) in pair.iter_mut().enumerate() {
                let read = Q::read(memory, |i| at(k * Q::HASHES + i, rows[i]) + half);
                *block = xor(*block, read);
            }
        }
        mix_blocks(&mut state);
    }
    for (k, pair) in state.iter().enumerate() {
        for (half, block) in pair.iter().enumerate() {
            Q::write(*block, lines, |i| 2 * (k * Q::HASHES + i) + half);
        }
    }
    lines.iter_mut().for_each(from_diagonals);
}

/// Where a hash's row begins in memory.
#[inline(always)]
fn at(hash: usize, row: usize) -> usize {
    2 * (hash * ROWS + row)
}

fn into_diagonals(line: &mut Line) {
    line.0 = DIAGONAL.map(|word| line.0[word]);
}

fn from_diagonals(line: &mut Line) {
    let kept = line.0;
    for (word, value) in DIAGONAL.into_iter().zip(kept) {
        line.0[word] = value;
    }
}

#[inline(always)]
fn xor<Q: Quads>(one: [Q; 4], other: [Q; 4]) -> [Q; 4] {
    std::array::from_fn(|i| one[i].xor(other[i]))
}

/// scryptBlockMix with r = 1, of `K` vectors side by side.
#[inline(always)]
fn mix_blocks<Q: Quads, const K: usize>(state: &mut [Pair<Q>; K]) {
    salsa(state, 0);
    salsa(state, 1);
}

/// Block `half` becomes Salsa20/8 of it and the other one, exclusively or-ed.
#[inline(always)]
fn salsa<Q: Quads, const K: usize>(state: &mut [Pair<Q>; K], half: usize) {
    for pair in state.iter_mut() {
        pair[half] = xor(pair[half], pair[1 - half]);
    }
    let mut blocks: [[Q; 4]; K] = std::array::from_fn(|k| state[k][half]);
    for _ in 0..4 {
        quarter_rounds(&mut blocks);
        for [_, b, c, d] in &mut blocks {
            (*b, *c, *d) = (d.turn_1(), c.turn_2(), b.turn_3());
        }
        quarter_rounds(&mut blocks);
        for [_, b, c, d] in &mut blocks {
            (*b, *c, *d) = (d.turn_1(), c.turn_2(), b.turn_3());
        }
    }
    for (pair, block) in state.iter_mut().zip(blocks) {
        for (word, mixed) in pair[half].iter_mut().zip(block) {
            *word = word.add(mixed);
        }
    }
}

/// Four quarter rounds at once.
#[inline(always)]
fn quarter_rounds<Q: Quads, const K: usize>(blocks: &mut [[Q; 4]; K]) {
    for [a, b, _, d] in blocks.iter_mut() {
        *b = b.xor(a.add(*d).rotate::<7, 25>());
    }
    for [a, b, c, _] in blocks.iter_mut() {
        *c = c.xor(b.add(*a).rotate::<9, 23>());
    }
    for [_, b, c, d] in blocks.iter_mut() {
        *d = d.xor(c.add(*b).rotate::<13, 19>());
    }
    for [a, _, c, d] in blocks.iter_mut() {
        *a = a.xor(d.add(*c).rotate::<18, 14>());
    }
}
