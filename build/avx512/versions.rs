//! The search whose lanes are midstates with one tail, as version rolling gives them: the first hash's schedule is the same in all lanes.

use super::constants::K;
use super::ir::{Block, Home, Operand, Place, Value};
use super::memory::{Numbers, midstates, midstates_vector, window};
use super::schedule::schedule;
use super::second::{both, last_rounds, second_hash_to_round_31};
use super::sha::{REGISTERS, RoundWords, State, Variable};
use super::text::text;

/// The whole function. `rdi`: midstates, `rsi`: scratch, `rdx`: nonces to do at most; `rcx` and `r8`: for each stream its column of a table
/// that is aligned to 4096 bytes and has a row of 64 bytes a round, constant and word added up; `r9`: bytes to the column of the next nonce.
/// Back come in `rax` the lanes that are candidates for the last nonce done and in `rdx` how many nonces were left.
pub fn function() -> String {
    let numbers = Numbers::starting_with(&K);
    let start = text(&schedule(&both(rounds_3_to_7)));
    let body = text(&schedule(&both(eight_rounds)));
    let middle = text(&schedule(&both(|block, stream| {
        digest_to_round_31(block, stream, &numbers);
    })));
    let zero_bits = Operand::Broadcast(midstates_vector(midstates::ZERO_BITS));
    let end = text(&schedule(&both(|block, stream| {
        last_rounds(block, stream, 32, zero_bits, &numbers);
    })));
    let numbers = numbers.text();
    format!(
        "    lea r11, [rip + 5f]
    .p2align 6
2:
{start}    lea rax, [rcx + 512]
    lea r10, [r8 + 512]
    .p2align 5
4:
{body}    add rax, 512
    add r10, 512
    test ah, 15
    jnz 4b
{middle}{end}    add rcx, r9
    add r8, r9
    kunpckwd k1, k2, k1
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
5:
{numbers}"
    )
}

fn round(block: &mut Block, state: &mut State, t: usize, base: &'static str) {
    let words = RoundWords {
        addends: vec![Operand::Broadcast(Place {
            base,
            offset: 64 * (t % 8),
        })],
        includes_h: false,
    };
    state.round(block, t, &words, true);
}

fn rounds_3_to_7(block: &mut Block, stream: usize) {
    let entry = State::entry(block, REGISTERS[stream], 3);
    let mut load = |i: usize| {
        let place = midstates_vector(midstates::AFTER_3 + 8 * stream + i);
        let home = Home::Register(REGISTERS[stream] + (i + 5) % 8);
        Variable::Vector(block.copy(Operand::Full(place), home))
    };
    let mut state = State {
        variables: std::array::from_fn(&mut load),
        ..entry
    };
    for t in 3..8 {
        round(block, &mut state, t, ["rcx", "r8"][stream]);
    }
}

/// Any eight rounds from a round that is a multiple of 8.
fn eight_rounds(block: &mut Block, stream: usize) {
    let mut state = State::entry(block, REGISTERS[stream], 0);
    for t in 0..8 {
        round(block, &mut state, t, ["rax", "r10"][stream]);
    }
}

/// The end of the first hash and the second up to round 31.
fn digest_to_round_31(block: &mut Block, stream: usize, numbers: &Numbers) {
    let state = State::entry(block, REGISTERS[stream], 0);
    let digest: [Value; 8] = std::array::from_fn(|i| {
        let midstate = midstates_vector(midstates::MIDSTATE + 8 * stream + i);
        let word = block.sum(state.vector(i), Operand::Full(midstate));
        block.store(window(stream, i), word);
        word
    });
    second_hash_to_round_31(block, stream, digest[0], numbers);
}
