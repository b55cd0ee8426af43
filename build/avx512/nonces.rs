//! The search whose lanes are nonces: two streams of sixteen, one shared body for sixteen rounds.

use super::constants::{K, small_sigma0 as number_sigma0};
use super::ir::{Block, Home, Operand, Place, Value};
use super::memory::{Numbers, job, job_word, scratch, scratch_vector, window};
use super::schedule::schedule;
use super::second::{both, full_round, last_rounds, second_hash_to_round_31};
use super::sha::{REGISTERS, RoundWords, State, Variable, small_sigma0, small_sigma1};
use super::text::text;

/// The whole function. `rdi`: job, `rsi`: scratch, `rdx`: batches to do at most; back come in `rax` the candidates of the last
/// batch done and in `rdx` how many were left.
pub fn function() -> String {
    let numbers = Numbers::starting_with(&K);
    let start = text(&schedule(&both(|block, stream| {
        first_hash_to_round_31(block, stream, &numbers);
    })));
    let middle = text(&schedule(&both(|block, stream| {
        digest_to_round_31(block, stream, &numbers);
    })));
    let end = text(&schedule(&both(|block, stream| {
        last_rounds(block, stream, 48, job_word(job::ZERO_BITS), &numbers);
    })));
    let body = text(&schedule(&both(sixteen_rounds)));
    let advance = advance(&numbers);
    let numbers = numbers.text();
    format!(
        "    lea r11, [rip + 5f]
    .p2align 6
2:
{start}    lea rcx, [r11 + 128]
    call 4f
    lea rcx, [r11 + 192]
    call 4f
{middle}    lea rcx, [r11 + 128]
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
pub fn first_word(
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
