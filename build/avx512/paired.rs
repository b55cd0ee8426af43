//! The search that pairs AVX-512 with the SHA extensions: the schedules are vectors of sixteen nonces, the rounds are done nonce by nonce.
//!
//! On cores that do two rounds a cycle, such as Zen 4, this is the fastest way: the SHA extensions' own schedule instructions are slow there,
//! and the vector units have time beside the rounds. Both run at the same time, on different batches:
//!
//! | half | rounds | schedule |
//! | --- | --- | --- |
//! | first | second hash of batch `n - 2` | first hash of batch `n` |
//! | second | first hash of batch `n` | second hash of batch `n - 1` |
//!
//! The first hash starts with round 4 and ends with 63, the second starts with 1 and ends with 60: thirty pairs of rounds each.

use super::constants::{INITIAL, K};
use super::ir::{Block, Home, Operand, Place, Value};
use super::memory::{Numbers, job, job_place, job_word, paired, scratch_vector, window};
use super::nonces::first_word;
use super::schedule::schedule;
use super::second::{SECOND_TAIL, next_word, second_word};
use super::text::lines;

/// Nonces whose rounds are done side by side, three groups one after the other.
const GROUPS: [std::ops::Range<usize>; 3] = [0..6, 6..11, 11..16];
/// Pairs of rounds of each hash.
const PAIRS: usize = 30;

/// The whole function. `rdi`: job, `rsi`: scratch, `rdx`: batches to do at most, two more than have nonces; back come in `rax` the
/// candidates and in `rdx` how many batches were left.
pub fn function() -> String {
    let numbers = Numbers::starting_with(&K);
    let first = merged(
        &second_rounds(),
        &vectors(&[&|block| first_schedule(block, &numbers)]),
    );
    let digest = |block: &mut Block| digest_words(block);
    let second = merged(
        &first_rounds(),
        &vectors(&[&digest, &|block| second_schedule(block, &numbers)]),
    );
    let test = test();
    let numbers = numbers.text();
    format!(
        "    lea r11, [rip + 5f]
    mov eax, 0xaaaa
    kmovd k1, eax
    mov eax, 0x2222
    kmovd k2, eax
    mov ecx, 2
    .p2align 6
2:
{first}{test}    test ecx, ecx
    jnz 6f
    test eax, eax
    jnz 3f
4:
{second}    dec rdx
    jnz 2b
    inc rdx
    xor eax, eax
3:
    dec rdx
    vzeroupper
    ret
6:
    dec ecx
    xor eax, eax
    jmp 4b
    .p2align 6
5:
{numbers}"
    )
}

/// Blocks one after the other, as lines.
fn vectors(writers: &[&dyn Fn(&mut Block)]) -> Vec<String> {
    let lines_of = |write: &&dyn Fn(&mut Block)| {
        let mut block = Block::default();
        write(&mut block);
        lines(&schedule(&block))
    };
    writers.iter().flat_map(lines_of).collect()
}

/// Rounds and vectors evenly mixed.
fn merged(rounds: &[String], vectors: &[String]) -> String {
    let mut text = String::new();
    let mut done = 0;
    for (index, round) in rounds.iter().enumerate() {
        text += round;
        let due = vectors.len() * (index + 1) / rounds.len();
        for line in &vectors[done..due] {
            text += &format!("    {line}\n");
        }
        done = due;
    }
    text
}

/// The rounds of the first hash.
fn first_rounds() -> Vec<String> {
    rounds(
        |nonce| lane_place(paired::FIRST_START, nonce),
        paired::FIRST_HGDC,
        |nonce, pair| match 4 + 2 * pair {
            t if t < 18 => job_place(paired::KW + 4 * (t - 4)),
            t => pair_place(paired::FIRST_PAIRS, (t - 18) / 2, nonce),
        },
        |nonce| Some(lane_place(paired::FIRST_END + 4, nonce)),
        paired::FIRST_END,
    )
}

/// The rounds of the second hash. Its schedule has the nonces in another order; see [`digest_words`].
fn second_rounds() -> Vec<String> {
    rounds(
        |nonce| lane_place(paired::SECOND_START, nonce),
        paired::SECOND_HGDC,
        |nonce, pair| match 1 + 2 * pair {
            t @ (9 | 11 | 13) => Place {
                base: "r11",
                offset: 4 * t,
            },
            _ => pair_place(paired::SECOND_PAIRS, pair, 4 * (nonce % 4) + nonce / 4),
        },
        |_| None,
        paired::SECOND_END,
    )
}

/// Thirty pairs of rounds of sixteen nonces, as pieces that may be mixed with other code in their order.
fn rounds(
    feba: impl Fn(usize) -> Place,
    hgdc: usize,
    words: impl Fn(usize, usize) -> Place,
    hgdc_end: impl Fn(usize) -> Option<Place>,
    feba_end: usize,
) -> Vec<String> {
    let mut pieces = Vec::new();
    for group in GROUPS {
        // Two rounds overwrite the older register, which then is the newer one.
        let registers = |nonce: usize, pair: usize| {
            let first = 1 + 2 * (nonce - group.start);
            (first + pair % 2, first + (pair + 1) % 2)
        };
        for nonce in group.clone() {
            let (newer, older) = registers(nonce, 0);
            let load = |register, place| {
                format!("    vmovdqa xmm{register}, {}\n", memory("xmmword", place))
            };
            pieces.push(load(newer, feba(nonce)) + &load(older, job_place(hgdc)));
        }
        for pair in 0..PAIRS {
            for nonce in group.clone() {
                let (newer, older) = registers(nonce, pair);
                let words = memory("qword", words(nonce, pair));
                pieces.push(format!(
                    "    vmovq xmm0, {words}\n    sha256rnds2 xmm{older}, xmm{newer}\n"
                ));
            }
        }
        for nonce in group.clone() {
            let (newer, older) = registers(nonce, PAIRS);
            let store = |register, place| {
                format!("    vmovdqa {}, xmm{register}\n", memory("xmmword", place))
            };
            let older = hgdc_end(nonce)
                .map(|place| store(older, place))
                .unwrap_or_default();
            pieces.push(store(newer, lane_place(feba_end, nonce)) + &older);
        }
    }
    pieces
}

fn memory(size: &str, place: Place) -> String {
    format!("{size} ptr [{} + {}]", place.base, place.offset)
}

/// The quarter of a vector that belongs to `nonce`, four to a vector.
fn lane_place(vector: usize, nonce: usize) -> Place {
    let start = scratch_vector(vector);
    Place {
        offset: start.offset + 16 * nonce,
        ..start
    }
}

/// Pair `pair` of lane `lane`: unpacking puts lanes 0 and 1 of each four into the first vector, 2 and 3 into the second.
fn pair_place(vector: usize, pair: usize, lane: usize) -> Place {
    let half = lane % 4 / 2;
    let start = scratch_vector(vector + 2 * pair + half);
    Place {
        offset: start.offset + 16 * (lane / 4) + 8 * (lane % 2),
        ..start
    }
}

/// Stores words of two rounds as pairs.
fn store_pairs(block: &mut Block, vector: usize, pair: usize, words: [Value; 2]) {
    for (half, instruction) in ["vpunpckldq", "vpunpckhdq"].into_iter().enumerate() {
        let pairs = block.unpack(instruction, words[0], words[1]);
        block.store(scratch_vector(vector + 2 * pair + half), pairs);
    }
}

/// The next batch and the schedule of its first hash.
fn first_schedule(block: &mut Block, numbers: &Numbers) {
    for vector in 0..4 {
        let place = scratch_vector(paired::FIRST_START + vector);
        let start = block.copy(Operand::Full(place), Home::Spare);
        let next = block.sum(start, Operand::Full(job_place(paired::STEP)));
        block.store(place, next);
    }
    let place = scratch_vector(paired::NONCES);
    let nonces = block.copy(Operand::Full(place), Home::Spare);
    let nonces = block.sum(nonces, numbers.operand(16));
    block.store(place, nonces);
    for (t, word) in [(16, job::W16), (17, job::W17)] {
        let word = block.copy(job_word(word), Home::Spare);
        block.store(window(0, t), word);
    }
    for t in (18..64).step_by(2) {
        let words = [t, t + 1].map(|t| {
            let word = if t < 32 {
                let word = first_word(block, 0, t, nonces, numbers);
                block.store(window(0, t), word);
                word
            } else {
                next_word(block, 0, t)
            };
            block.sum(word, numbers.operand(K[t]))
        });
        store_pairs(block, paired::FIRST_PAIRS, (t - 18) / 2, words);
    }
}

/// The digests as words 0 to 7 of the second hash, and where its rounds start.
///
/// Four vectors of four nonces become four words of sixteen nonces: lane `4 * i + j` is nonce `4 * j + i`.
fn digest_words(block: &mut Block) {
    for (half, words) in [[5, 4, 1, 0], [7, 6, 3, 2]].into_iter().enumerate() {
        let vectors: [Value; 4] = std::array::from_fn(|i| {
            let place = scratch_vector(paired::FIRST_END + 4 * half + i);
            block.copy(Operand::Full(place), Home::Spare)
        });
        if half == 0 {
            for (i, vector) in vectors.into_iter().enumerate() {
                let spread = block.spread_last(vector.into());
                let start = block.sum(spread, Operand::Full(job_place(paired::TO_SECOND_START)));
                block.store(scratch_vector(paired::SECOND_START + i), start);
            }
        }
        for (word, value) in words.into_iter().zip(transposed(block, vectors)) {
            let value = block.sum(value, job_word(job::MIDSTATE + word));
            block.store(window(0, word), value);
        }
    }
}

/// Of four vectors of four words each in each 128 bits, the first words, the second, the third and the fourth.
fn transposed(block: &mut Block, [p, q, r, s]: [Value; 4]) -> [Value; 4] {
    let [low, high] = ["vpunpckldq", "vpunpckhdq"].map(|instruction| {
        let (first, second) = (
            block.unpack(instruction, p, q),
            block.unpack(instruction, r, s),
        );
        ["vpunpcklqdq", "vpunpckhqdq"].map(|instruction| block.unpack(instruction, first, second))
    });
    [low[0], low[1], high[0], high[1]]
}

/// The schedule of the second hash.
fn second_schedule(block: &mut Block, numbers: &Numbers) {
    for t in (1..61).step_by(2) {
        if !matches!(t, 9 | 11 | 13) {
            let words = [t, t + 1].map(|t| second_addend(block, t, numbers));
            store_pairs(block, paired::SECOND_PAIRS, (t - 1) / 2, words);
        }
    }
}

/// Constant and word of round `t` of the second hash; in the last one with the constant that the digest's last word gets in the end.
fn second_addend(block: &mut Block, t: usize, numbers: &Numbers) -> Value {
    let constant = if t == 60 {
        K[t].wrapping_add(INITIAL[7])
    } else {
        K[t]
    };
    let word = match t {
        0..8 => block.copy(Operand::Full(window(0, t)), Home::Spare),
        8..16 => {
            return block.copy(
                numbers.operand(constant.wrapping_add(SECOND_TAIL[t - 8])),
                Home::Spare,
            );
        }
        16..32 => {
            let word = second_word(block, 0, t, numbers);
            block.store(window(0, t), word);
            word
        }
        _ => next_word(block, 0, t),
    };
    block.sum(word, numbers.operand(constant))
}

/// Sets `eax` to the candidates among the second hashes that are done: bit `4 * i + j` is nonce `4 * j + i`.
fn test() -> String {
    let mut text = format!(
        "    vpbroadcastd zmm16, {}\n",
        memory("dword", job_place(4 * job::ZERO_BITS))
    );
    for vector in 0..4 {
        let place = memory("zmmword", scratch_vector(paired::SECOND_END + vector));
        // `e` is the second word of four, so its bit is shifted by one already.
        text += &format!("    vptestnmd k{}{{k2}}, zmm16, {place}\n", 3 + vector);
    }
    text += "    kmovd eax, k3\n    shr eax, 1\n    kmovd r8d, k4\n    or eax, r8d\n";
    text += "    kmovd r8d, k5\n    lea eax, [rax + 2*r8]\n    kmovd r8d, k6\n    lea eax, [rax + 4*r8]\n";
    text
}
