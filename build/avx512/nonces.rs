//! The search whose lanes are nonces: two streams of sixteen, one shared body for sixteen rounds.

use super::constants::{
    INITIAL, K, big_sigma0, big_sigma1, small_sigma0 as number_sigma0,
    small_sigma1 as number_sigma1,
};
use super::ir::{Block, Home, Operand, Place, Value};
use super::memory::{Numbers, job, job_word, scratch, scratch_vector, window};
use super::schedule::schedule;
use super::sha::{RoundWords, State, Variable, small_sigma0, small_sigma1};
use super::text::text;

/// First register of each stream's state.
const REGISTERS: [usize; 2] = [0, 8];

/// The whole function. `rdi`: job, `rsi`: scratch, `rdx`: batches to do at most; back come in `rax` the candidates of the last
/// batch done and in `rdx` how many were left.
pub fn function() -> String {
    let numbers = Numbers::starting_with(&K);
    let start = text(&schedule(&both(|block, stream| {
        first_hash_to_round_31(block, stream, &numbers)
    })));
    let middle = text(&schedule(&both(|block, stream| {
        digest_to_round_31(block, stream, &numbers)
    })));
    let end = text(&schedule(&both(|block, stream| {
        last_rounds(block, stream, &numbers)
    })));
    let body = text(&schedule(&both(sixteen_rounds)));
    let advance = advance(&numbers);
    let numbers = numbers.text();
    format!(
        "    lea r8, [rip + 5f]
    .p2align 6
2:
{start}    lea rcx, [r8 + 128]
    call 4f
    lea rcx, [r8 + 192]
    call 4f
{middle}    lea rcx, [r8 + 128]
    call 4f
{end}{advance}    kunpckwd k1, k2, k1
    kmovd eax, k1
    dec rdx
    test eax, eax
    jnz 3f
    test rdx, rdx
    jnz 2b
3:
    vzeroupper
    ret
    .p2align 6
4:
{body}    ret
    .p2align 6
5:
{numbers}"
    )
}

fn both(write: impl Fn(&mut Block, usize)) -> Block {
    let mut block = Block::default();
    for stream in 0..2 {
        block.stream = stream;
        write(&mut block, stream);
    }
    block
}

/// The next 32 nonces.
fn advance(numbers: &Numbers) -> String {
    let mut block = Block::default();
    for stream in 0..2 {
        let place = scratch_vector(scratch::NONCES + stream);
        let nonces = block.copy(Operand::Full(place), Home::Spare);
        let next = block.sum(nonces, numbers.operand(32));
        block.store(place, next);
    }
    text(&schedule(&block))
}

fn first_hash_to_round_31(block: &mut Block, stream: usize, numbers: &Numbers) {
    let nonce = block.copy(
        Operand::Full(scratch_vector(scratch::NONCES + stream)),
        Home::Spare,
    );
    let mut state = after_round_3(block, stream, nonce);
    for t in 4..18 {
        let includes_h = t < 7;
        let index = if includes_h {
            job::H_AND_KW + t - 4
        } else {
            job::KW + t - 7
        };
        let words = RoundWords {
            addends: vec![job_word(index)],
            includes_h,
        };
        state.round(block, t, &words, true);
    }
    for (t, word) in [(16, job::W16), (17, job::W17)] {
        let word = block.copy(job_word(word), Home::Spare);
        block.store(window(stream, t), word);
    }
    for t in 18..32 {
        let word = first_word(block, stream, t, nonce, numbers);
        block.store(window(stream, t), word);
        let words = RoundWords {
            addends: vec![word.into(), numbers.operand(K[t])],
            includes_h: false,
        };
        state.round(block, t, &words, true);
    }
}

fn after_round_3(block: &mut Block, stream: usize, nonce: Value) -> State {
    let registers = REGISTERS[stream];
    let variables = std::array::from_fn(|i| {
        let constant = job_word(job::AFTER_4 + i);
        match (i, constant) {
            (0, _) => {
                Variable::Vector(block.add(nonce.into(), constant, Home::Register(registers + 4)))
            }
            (4, _) => {
                Variable::Vector(block.add(nonce.into(), constant, Home::Register(registers)))
            }
            (_, Operand::Broadcast(place)) => Variable::Constant(place),
            _ => unreachable!("words of the job are in memory"),
        }
    });
    State {
        variables,
        registers,
    }
}

/// Word `t` of the first hash, 18 to 31; see `Prepared` for what is in the job's words.
fn first_word(
    block: &mut Block,
    stream: usize,
    t: usize,
    nonce: Value,
    numbers: &Numbers,
) -> Value {
    let word = |t: usize| match t {
        16 => job_word(job::W16),
        17 => job_word(job::W17),
        _ => Operand::Full(window(stream, t)),
    };
    if t == 18 {
        let sigma = small_sigma0(block, nonce.into());
        return block.sum(sigma, job_word(job::W18));
    }
    if t == 19 {
        return block.sum(nonce, job_word(job::W19));
    }
    let sigma = small_sigma1(block, word(t - 2));
    let addends = match t {
        20 => vec![numbers.operand(0x8000_0000)],
        21 => vec![],
        22 => vec![numbers.operand(640)],
        30 => vec![word(23), numbers.operand(number_sigma0(640))],
        31 => vec![word(24), job_word(job::W31)],
        _ => vec![word(t - 7)],
    };
    addends
        .into_iter()
        .fold(sigma, |sum, addend| block.sum(sum, addend))
}

/// Any sixteen rounds with the full schedule, from a round that is a multiple of 16; round constants at `rcx`.
fn sixteen_rounds(block: &mut Block, stream: usize) {
    let mut state = State::entry(block, REGISTERS[stream], 0);
    for t in 0..16 {
        let constant = Operand::Broadcast(Place {
            base: "rcx",
            offset: 4 * t,
        });
        full_round(block, stream, &mut state, t, constant, true);
    }
}

/// A round with the full schedule.
fn full_round(
    block: &mut Block,
    stream: usize,
    state: &mut State,
    t: usize,
    constant: Operand,
    new_a: bool,
) {
    let slot = |back: usize| Operand::Full(window(stream, t + 16 - back));
    let sigma0 = small_sigma0(block, slot(15));
    let sum = block.sum(sigma0, slot(16));
    let sum = block.sum(sum, slot(7));
    let sigma1 = small_sigma1(block, slot(2));
    let word = block.sum(sum, sigma1);
    block.store(window(stream, t), word);
    let words = RoundWords {
        addends: vec![word.into(), constant],
        includes_h: false,
    };
    state.round(block, t, &words, new_a);
}

/// The end of the first hash and the second up to round 31.
fn digest_to_round_31(block: &mut Block, stream: usize, numbers: &Numbers) {
    let state = State::entry(block, REGISTERS[stream], 0);
    let digest: [Value; 8] = std::array::from_fn(|i| {
        let word = block.sum(state.vector(i), job_word(job::MIDSTATE + i));
        block.store(window(stream, i), word);
        word
    });
    second_hash_to_round_31(block, stream, digest[0], numbers);
}

/// The second hash up to round 31; words 0 to 7 are in the window.
fn second_hash_to_round_31(block: &mut Block, stream: usize, word_0: Value, numbers: &Numbers) {
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
const SECOND_TAIL: [u32; 8] = [0x8000_0000, 0, 0, 0, 0, 0, 0, 256];

/// Word `t` of the second hash, 16 to 31.
fn second_word(block: &mut Block, stream: usize, t: usize, numbers: &Numbers) -> Value {
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

/// Rounds 48 to 60 of the second hash and the comparison; after round 56 nobody needs `a` any more.
fn last_rounds(block: &mut Block, stream: usize, numbers: &Numbers) {
    let mut state = State::entry(block, REGISTERS[stream], 48);
    for t in 48..61 {
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
    block.test_none(1 + stream, state.vector(4), job_word(job::ZERO_BITS));
}
