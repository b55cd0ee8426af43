//! The second hash, which is the same for both searches but for its middle.

use super::constants::{
    INITIAL, K, big_sigma0, big_sigma1, small_sigma0 as number_sigma0,
    small_sigma1 as number_sigma1,
};
use super::ir::{Block, Home, Operand, Value};
use super::memory::{Numbers, window};
use super::sha::{REGISTERS, RoundWords, State, Variable, small_sigma0, small_sigma1};

/// A block of the same code for both streams.
pub fn both(write: impl Fn(&mut Block, usize)) -> Block {
    let mut block = Block::default();
    for stream in 0..2 {
        block.stream = stream;
        write(&mut block, stream);
    }
    block
}

/// A round with the full schedule.
pub fn full_round(
    block: &mut Block,
    stream: usize,
    state: &mut State,
    t: usize,
    constant: Operand,
    new_a: bool,
) {
    let word = next_word(block, stream, t);
    let words = RoundWords {
        addends: vec![word.into(), constant],
        includes_h: false,
    };
    state.round(block, t, &words, new_a);
}

/// Word `t` of the schedule from the sixteen before it; it takes the place of the oldest.
pub fn next_word(block: &mut Block, stream: usize, t: usize) -> Value {
    let slot = |back: usize| Operand::Full(window(stream, t + 16 - back));
    let sigma0 = small_sigma0(block, slot(15));
    let sum = block.sum(sigma0, slot(16));
    let sum = block.sum(sum, slot(7));
    let sigma1 = small_sigma1(block, slot(2));
    let word = block.sum(sum, sigma1);
    block.store(window(stream, t), word);
    word
}

/// The second hash up to round 31; words 0 to 7 are in the window.
pub fn second_hash_to_round_31(block: &mut Block, stream: usize, word_0: Value, numbers: &Numbers) {
    let mut state = after_round_0(block, stream, word_0, numbers);
    for t in 1..16 {
        state.round(block, t, &second_words(stream, t, numbers), true);
    }
    for t in 16..32 {
        let word = second_word(block, stream, t, numbers);
        block.store(window(stream, t), word);
        let words = RoundWords {
            addends: vec![word.into(), numbers.operand(K[t])],
            includes_h: false,
        };
        state.round(block, t, &words, true);
    }
}

/// Round 0 of the second hash: but for word 0 all is constant.
fn after_round_0(block: &mut Block, stream: usize, word_0: Value, numbers: &Numbers) -> State {
    let [a, b, c, d, e, f, g, h] = INITIAL;
    let t1 = [big_sigma1(e), (e & f) ^ (!e & g), K[0]]
        .into_iter()
        .fold(h, u32::wrapping_add);
    let t2 = big_sigma0(a).wrapping_add((a & b) ^ (a & c) ^ (b & c));
    let registers = REGISTERS[stream];
    let new_a = numbers.operand(t1.wrapping_add(t2));
    let new_e = numbers.operand(t1.wrapping_add(d));
    let new_a = block.add(word_0.into(), new_a, Home::Register(registers + 7));
    let new_e = block.add(word_0.into(), new_e, Home::Register(registers + 3));
    let [a, b, c, e, f, g] = [a, b, c, e, f, g].map(|n| Variable::Constant(numbers.place(n)));
    State {
        variables: [
            Variable::Vector(new_a),
            a,
            b,
            c,
            Variable::Vector(new_e),
            e,
            f,
            g,
        ],
        registers,
    }
}

/// What rounds 1 to 15 of the second hash add.
fn second_words(stream: usize, t: usize, numbers: &Numbers) -> RoundWords {
    let word = Operand::Full(window(stream, t));
    let number = match t {
        1..4 => K[t].wrapping_add(INITIAL[7 - t]),
        8.. => K[t].wrapping_add(SECOND_TAIL[t - 8]),
        _ => K[t],
    };
    let number = numbers.operand(number);
    RoundWords {
        addends: if t < 8 {
            vec![number, word]
        } else {
            vec![number]
        },
        includes_h: t < 4,
    }
}

/// Words 8 to 15 of the second hash.
pub const SECOND_TAIL: [u32; 8] = [0x8000_0000, 0, 0, 0, 0, 0, 0, 256];

/// Word `t` of the second hash, 16 to 31.
pub fn second_word(block: &mut Block, stream: usize, t: usize, numbers: &Numbers) -> Value {
    let mut constant = 0_u32;
    let mut addends = Vec::new();
    let known = |t: usize| (8..16).contains(&t).then(|| SECOND_TAIL[t - 8]);
    for plain in [t - 16, t - 7] {
        match known(plain) {
            Some(number) => constant = constant.wrapping_add(number),
            None => addends.push(Operand::Full(window(stream, plain))),
        }
    }
    let mut sums = Vec::new();
    match known(t - 15) {
        Some(number) => constant = constant.wrapping_add(number_sigma0(number)),
        None => sums.push(small_sigma0(block, Operand::Full(window(stream, t - 15)))),
    }
    match known(t - 2) {
        Some(number) => constant = constant.wrapping_add(number_sigma1(number)),
        None => sums.push(small_sigma1(block, Operand::Full(window(stream, t - 2)))),
    }
    if constant != 0 {
        addends.push(numbers.operand(constant));
    }
    let first = addends
        .into_iter()
        .fold(sums[0], |sum, addend| block.sum(sum, addend));
    sums[1..]
        .iter()
        .fold(first, |sum, sigma| block.sum(sum, *sigma))
}

/// Rounds `first` to 60 of the second hash and the comparison of its last word with `zero_bits`; after round 56 nobody needs `a` any more.
pub fn last_rounds(
    block: &mut Block,
    stream: usize,
    first: usize,
    zero_bits: Operand,
    numbers: &Numbers,
) {
    let mut state = State::entry(block, REGISTERS[stream], first);
    for t in first..61 {
        let number = if t == 60 {
            K[t].wrapping_add(INITIAL[7])
        } else {
            K[t]
        };
        full_round(
            block,
            stream,
            &mut state,
            t,
            numbers.operand(number),
            t <= 56,
        );
    }
    block.test_none(1 + stream, state.vector(4), zero_bits);
}
