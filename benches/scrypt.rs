//! scrypt(1024, 1, 1): every kernel beside the `scrypt` crate, one core; H/s and ratio, medians of interleaved samples on CPU time.
//!
//! `cargo bench --bench scrypt`; seconds altogether in `SECONDS` (5).
#![allow(clippy::print_stdout, reason = "a bench prints")]

use std::hint::black_box;

use midstate::algorithm::scrypt::SCRYPT;
use midstate::cli::bench::{Contestant, Run, median, thread_time};

/// CPU time of a sample in seconds.
const SAMPLE: f64 = 0.01;

fn main() {
    let seconds = std::env::var("SECONDS").ok();
    let seconds: f64 = seconds.and_then(|text| text.parse().ok()).unwrap_or(5.0);
    let ours = Contestant::of(&SCRYPT);
    let mut ways: Vec<(String, u32, Run)> = vec![("scrypt crate".to_owned(), 1, by_crate())];
    ways.extend(
        ours.iter()
            .map(|way| (way.name(), way.granule(), way.run())),
    );
    let sizes: Vec<u32> = ways
        .iter_mut()
        .map(|(_, granule, run)| size(*granule, run))
        .collect();
    let rounds = (seconds / (SAMPLE * ways.len() as f64)).max(3.0) as usize;
    let mut rates = vec![Vec::new(); ways.len()];
    for _ in 0..rounds {
        for (((_, _, run), size), rates) in ways.iter_mut().zip(&sizes).zip(&mut rates) {
            rates.push(f64::from(*size) / timed(run, *size));
        }
    }
    let medians: Vec<f64> = rates.into_iter().map(median).collect();
    println!("{:<14} lanes      H/s  to the scrypt crate", "kernel");
    for ((name, lanes, _), rate) in ways.iter().zip(&medians) {
        println!(
            "{name:<14} {lanes:>5} {rate:>8.0} {:>20.2}",
            rate / medians[0]
        );
    }
}

fn size(granule: u32, run: &mut Run) -> u32 {
    timed(run, granule);
    let one = timed(run, granule).max(1e-6);
    granule * (SAMPLE / one).ceil() as u32
}

fn timed(run: &mut Run, nonces: u32) -> f64 {
    let start = thread_time();
    black_box(run(nonces));
    thread_time().saturating_sub(start).as_secs_f64()
}

/// The crate as its documentation uses it, on the same kind of header.
fn by_crate() -> Run {
    let params = scrypt::Params::new(10, 1, 1).expect("2^10, 1, 1 are allowed");
    let mut header = [7; 80];
    Box::new(move |nonces| {
        let hashes = (0..nonces).map(|nonce| {
            header[76..].copy_from_slice(&nonce.to_be_bytes());
            let mut digest = [0; 32];
            scrypt::scrypt(&header, &header, &params, &mut digest).expect("32 bytes are allowed");
            u32::from(digest == [0; 32])
        });
        hashes.sum()
    })
}
