//! The pool's own datasets: written from the sheet and not shared with the miner's side, so that the two can disagree.
//!
//! Everything here goes bit by bit and keeps whole rows. A hash takes about a millisecond, which is nothing for a pool.

use std::sync::{Arc, LazyLock};

use sha3::{Digest, Sha3_256, Sha3_512};

/// Bits of a row, and rows of a matrix.
const SIZE: usize = 2048;
/// The same for positions, which may lie outside for a moment.
const END: i32 = 2048;
const MATRICES: usize = 16;
const SEEDS: usize = 10_240;
const ROUNDS: usize = 64;
/// Bytes that the seedhash is made of beyond the rows: all zero.
const PADDING: usize = 24 << 20;

type Seed = [u8; 16];

/// A dataset: invented seeds, and what is made of them.
#[derive(Debug)]
pub(super) struct Epoch {
    pub(super) seeds: Vec<Seed>,
    pub(super) seedhash: [u8; 32],
    /// The set bits of every row, matrix after matrix.
    rows: Vec<Vec<u16>>,
}

impl Epoch {
    /// Epoch `number` of the invented chain; the first is that of the sheet's vectors.
    pub(super) fn new(number: u32) -> Arc<Self> {
        static FIRST: LazyLock<Arc<Epoch>> = LazyLock::new(|| Arc::new(Epoch::made(0)));
        if number == 0 {
            Arc::clone(&FIRST)
        } else {
            Arc::new(Self::made(number))
        }
    }

    fn made(number: u32) -> Self {
        let first = number.wrapping_mul(SEEDS as u32);
        let seeds: Vec<Seed> = (0..SEEDS as u32)
            .map(|at| seed(first.wrapping_add(at)))
            .collect();
        let rows: Vec<Vec<u16>> = (0..MATRICES * SIZE).map(|n| row(&seeds, n)).collect();
        Self {
            seedhash: seedhash(&rows),
            seeds,
            rows,
        }
    }

    /// The digest of a header's hash with a nonce.
    pub(super) fn hash(&self, header_hash: &[u8; 32], nonce: u64) -> [u8; 32] {
        let mut state = first_state(header_hash, nonce);
        for _ in 0..ROUNDS {
            let turn = number(&state[..7]);
            let matrix = number(&state[SIZE - 4..]);
            let rows = &self.rows[SIZE * matrix..SIZE * (matrix + 1)];
            let parity = |row: &Vec<u16>| {
                let set = row.iter().filter(|at| state[usize::from(**at)]);
                set.count() % 2 == 1
            };
            let mut next: Vec<bool> = rows.iter().map(parity).collect();
            next.rotate_left(turn);
            state = next;
        }
        last_digest(&state)
    }
}

/// The vectors' recipe for seeds that no chain has.
fn seed(number: u32) -> Seed {
    let mut hash = Sha3_256::new();
    hash.update(b"truehash-seed-");
    hash.update(number.to_be_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    *digest.first_chunk().expect("32 bytes hold 16")
}

fn row(seeds: &[Seed], number: usize) -> Vec<u16> {
    let x = (number % SIZE) as u16;
    let offset = i32::from(seeds[number / 4][number % 4] & 7) - 4;
    let skip = i32::from(seeds[8192 + number / 16][number % 16] & 3) + 1;
    let first = i32::from(x) + offset - 2 * skip;
    let inside: Vec<u16> = [first, first + skip, first + 2 * skip, first + 3 * skip]
        .into_iter()
        .filter(|at| (0..END).contains(at))
        .map(|at| at as u16)
        .collect();
    if inside.is_empty() { vec![x] } else { inside }
}

fn seedhash(rows: &[Vec<u16>]) -> [u8; 32] {
    let mut hash = Sha3_256::new();
    for row in rows {
        let mut bytes = [0_u8; SIZE / 8];
        for at in row {
            bytes[usize::from(at >> 3)] |= 1 << (at & 7);
        }
        hash.update(bytes);
    }
    let zeros = [0; 8 * 1024];
    for _ in 0..PADDING / zeros.len() {
        hash.update(zeros);
    }
    hash.finalize().into()
}

fn first_state(header_hash: &[u8; 32], nonce: u64) -> Vec<bool> {
    let mut seed = [0; 64];
    seed[..4].copy_from_slice(&(nonce as u32).to_be_bytes());
    seed[4..8].copy_from_slice(&((nonce >> 32) as u32).to_be_bytes());
    seed[8..40].copy_from_slice(header_hash);
    let digest = Sha3_512::digest(seed);
    let bit = |at: usize| digest[63 - at % 512 / 8] >> (at % 8) & 1 == 1;
    (0..SIZE).map(bit).collect()
}

fn last_digest(state: &[bool]) -> [u8; 32] {
    // Bytes in little-endian words of 64 bits, then every four of them turned round.
    let byte = |at: usize| number(&state[8 * at..8 * at + 8]) as u8;
    let bytes: Vec<u8> = (0..SIZE / 8)
        .map(|at| byte(4 * (at / 4) + 3 - at % 4))
        .collect();
    Sha3_256::digest(bytes).into()
}

/// Bits as a number, least significant first.
fn number(bits: &[bool]) -> usize {
    bits.iter()
        .rev()
        .fold(0, |sum, bit| sum << 1 | usize::from(*bit))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_first_epoch_is_that_of_the_vectors() {
        let text = include_str!("../../../../tests/data/truehash.json");
        let vectors: Value = serde_json::from_str(text).unwrap();
        let vectors = &vectors["synthetic_epoch"];
        let epoch = Epoch::new(0);
        assert_eq!(
            hex::encode(epoch.seedhash),
            vectors["seedhash"].as_str().unwrap()
        );
        assert_eq!(
            hex::encode(epoch.seeds[10_239]),
            vectors["last_seed"].as_str().unwrap()
        );
        for row in vectors["digests"].as_array().unwrap() {
            let mut header_hash = [0; 32];
            let text = row["header_hash"].as_str().unwrap();
            hex::decode_to_slice(text, &mut header_hash).unwrap();
            let digest = epoch.hash(&header_hash, row["nonce"].as_u64().unwrap());
            assert_eq!(hex::encode(digest), row["digest"].as_str().unwrap());
        }
    }
}
