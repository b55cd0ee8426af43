//! Every kernel beside the `sha2` crate, one core and all: MH/s, cycles a hash, ratio.
//!
//! `cargo bench --bench sha256d`; seconds for each number of threads in `SECONDS` (5).
#![allow(clippy::print_stdout, reason = "a bench prints")]

use std::time::Duration;

use midstate::cli::bench::{Contestant, Rate, clock_rate, measure};

fn main() {
    let seconds = std::env::var("SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let time = Duration::from_secs_f64(seconds.unwrap_or(5.0));
    let contestants = Contestant::all();
    let all = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let clock = clock_rate();
    println!("clock {:.2} GHz by a chain of multiplications", clock / 1e9);
    let one = measure(&contestants, 1, time);
    print_table(&one, &one, clock);
    if all > 1 {
        print_table(&measure(&contestants, all, time), &one, clock);
    }
}

fn print_table(rates: &[Rate], one: &[Rate], clock: f64) {
    println!(
        "{:<18} threads     MH/s  cycles a hash  to sha2-midstate  to one thread",
        "kernel"
    );
    for (rate, one) in rates.iter().zip(one) {
        println!(
            "{:<18} {:>7} {:>8.2} {:>14.1} {:>17.2} {:>14.2}",
            rate.name,
            rate.threads,
            rate.hashes_per_second / 1e6,
            clock * rate.threads as f64 / rate.hashes_per_second,
            rate.hashes_per_second / rates[0].hashes_per_second,
            rate.hashes_per_second / one.hashes_per_second,
        );
    }
}
