//! CryptoNight with AES by the CPU's instruction beside AES by tables, interleaved on one core: hashes a second and ratio.
//!
//! `cargo bench --bench cryptonight`.
#![allow(clippy::print_stdout, reason = "a bench prints")]

use std::hint::black_box;

use midstate::algorithm::cryptonight::{Rounds, Scratchpad, Variant, hash_with};
use midstate::cli::bench::{median, thread_time};

const SAMPLES: usize = 9;
const HASHES: u32 = 5;

fn main() {
    println!("variant  tables H/s  fastest H/s  ratio");
    for (name, variant) in [
        ("cn/0", Variant::Zero),
        ("cn/1", Variant::One),
        ("cn/2", Variant::Two),
    ] {
        let (mut tables, mut fastest) = (Vec::new(), Vec::new());
        let mut pad = Scratchpad::new();
        for _ in 0..SAMPLES {
            tables.push(seconds(Rounds::Portable, variant, &mut pad));
            fastest.push(seconds(Rounds::best(), variant, &mut pad));
        }
        let (tables, fastest) = (median(tables), median(fastest));
        println!(
            "{name:<7} {:>11.1} {:>12.1} {:>6.2}",
            1.0 / tables,
            1.0 / fastest,
            tables / fastest
        );
    }
    if Rounds::best() == Rounds::Portable {
        println!("this CPU has no instruction for AES: both columns are the same code");
    }
}

/// Time a hash, each of another blob.
fn seconds(rounds: Rounds, variant: Variant, pad: &mut Scratchpad) -> f64 {
    let mut blob = [7; 76];
    let start = thread_time();
    for nonce in 0..HASHES {
        blob[39..43].copy_from_slice(&nonce.to_le_bytes());
        black_box(hash_with(rounds, variant, &blob, pad));
    }
    thread_time().saturating_sub(start).as_secs_f64() / f64::from(HASHES)
}
