//! truehash beside a plain loop over bits, interleaved on one core: hashes a second and ratio; and what a dataset costs.
//!
//! `cargo bench --bench truehash`.
#![allow(clippy::print_stdout, reason = "a bench prints")]

use std::hint::black_box;
use std::sync::Arc;

use midstate::algorithm::truehash::{Dataset, Masks, SEED_SIZE, SEEDS, SeedhashCheck};
use midstate::cli::bench::{median, thread_time};
use sha3::{Digest, Sha3_256, Sha3_512};

const SAMPLES: usize = 21;
/// Hashes a sample: the plain loop is given fewer, for it takes longer.
const FAST: u64 = 2000;
const PLAIN: u64 = 100;

fn main() {
    let dataset = Arc::new(Dataset::from_seeds(&seeds()).expect("as many as there must be"));
    let masks = Masks::new(&dataset);
    let rows = Rows::new(&dataset);
    let header_hash = [7; 32];
    assert_eq!(masks.hash(&header_hash, 5), rows.hash(&header_hash, 5));
    let (mut fast, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..SAMPLES {
        fast.push(seconds(FAST, |nonce| masks.hash(&header_hash, nonce)));
        plain.push(seconds(PLAIN, |nonce| rows.hash(&header_hash, nonce)));
    }
    let (fast, plain) = (median(fast), median(plain));
    println!(
        "truehash      {:>10.0} hashes a second and core",
        1.0 / fast
    );
    println!(
        "bit by bit    {:>10.0} hashes a second and core",
        1.0 / plain
    );
    println!("ratio         {:>10.1}", plain / fast);
    let check = median((0..5).map(|_| seconds(1, |_| seedhash(&dataset))).collect());
    println!("a seedhash    {:>10.1} ms", check * 1e3);
    let build = median(
        (0..5)
            .map(|_| seconds(1, |_| Masks::new(&dataset)))
            .collect(),
    );
    println!("masks         {:>10.3} ms", build * 1e3);
}

fn seconds<T>(calls: u64, mut call: impl FnMut(u64) -> T) -> f64 {
    let start = thread_time();
    for nonce in 0..calls {
        black_box(call(nonce));
    }
    thread_time().saturating_sub(start).as_secs_f64() / calls as f64
}

fn seeds() -> Vec<[u8; SEED_SIZE]> {
    let seed = |number: u32| {
        let digest: [u8; 32] = Sha3_256::digest(number.to_be_bytes()).into();
        *digest.first_chunk().expect("32 bytes hold 16")
    };
    (0..SEEDS as u32).map(seed).collect()
}

fn seedhash(dataset: &Arc<Dataset>) -> Option<[u8; 32]> {
    SeedhashCheck::new(Arc::clone(dataset)).step(usize::MAX)
}

/// The plain way: for every row the bits that it reads, one after another.
struct Rows(Vec<arrayvec::ArrayVec<u16, 4>>);

impl Rows {
    fn new(dataset: &Dataset) -> Self {
        let row = |number: usize| dataset.positions(number / 2048, number % 2048);
        Self((0..16 * 2048).map(row).collect())
    }

    fn hash(&self, header_hash: &[u8; 32], nonce: u64) -> [u8; 32] {
        let mut state = first_state(header_hash, nonce);
        let mut next = [false; 2048];
        for _ in 0..64 {
            let number = |bits: &[bool]| {
                bits.iter()
                    .rev()
                    .fold(0, |n, bit| n << 1 | usize::from(*bit))
            };
            let (turn, matrix) = (number(&state[..7]), number(&state[2044..]));
            let rows = &self.0[2048 * matrix..2048 * (matrix + 1)];
            for (bit, row) in next.iter_mut().zip(rows) {
                *bit = row
                    .iter()
                    .fold(false, |sum, at| sum ^ state[usize::from(*at)]);
            }
            next.rotate_left(turn);
            state = next;
        }
        last_digest(&state)
    }
}

fn first_state(header_hash: &[u8; 32], nonce: u64) -> [bool; 2048] {
    let mut seed = [0; 64];
    seed[..4].copy_from_slice(&(nonce as u32).to_be_bytes());
    seed[4..8].copy_from_slice(&((nonce >> 32) as u32).to_be_bytes());
    seed[8..40].copy_from_slice(header_hash);
    let digest = Sha3_512::digest(seed);
    std::array::from_fn(|bit| digest[63 - bit % 512 / 8] >> (bit % 8) & 1 == 1)
}

fn last_digest(state: &[bool; 2048]) -> [u8; 32] {
    let mut bytes = [0_u8; 256];
    for (at, bit) in state.iter().enumerate() {
        bytes[(at / 8) ^ 3] |= u8::from(*bit) << (at % 8);
    }
    Sha3_256::digest(bytes).into()
}
