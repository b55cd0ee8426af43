//! What a chain of BM13xx chips costs its host: frames decoded, work fed, replies taken; CPU time, medians.
//!
//! `cargo bench --bench bm13xx`. Chains are brought up against their emulator on virtual time; then a stand-in answers, so that
//! the emulator's hashing is not measured. Each nonce is verified, as the engine does. What is compared runs interleaved in
//! the same run.
#![allow(clippy::print_stdout, reason = "a bench prints")]

mod chains;
#[path = "../common/job.rs"]
mod job;
mod port;

use std::hint::black_box;

use midstate::chip::bm13xx::frames::{Decoder, Dialect};
use midstate::cli::bench::{median, thread_time};

const SAMPLES: usize = 31;
const FRAMES: usize = 20_000;

fn main() {
    frames();
    println!();
    chains::r606();
    chains::hundred_chips();
    chains::sticks();
}

/// Frames a second through the decoder, against reading the same bytes once.
fn frames() {
    let eleven = "aa554c0352750cd205a29c";
    let seven = "4c03527500199f";
    decode("BM1370 nonces, 11 bytes", Dialect::Preambled, true, eleven);
    decode("BM1387 nonces, 7 bytes", Dialect::Counted, false, seven);
}

fn decode(name: &str, dialect: Dialect, rolls_version: bool, frame: &str) {
    let frame = hex::decode(frame).expect("hex digits");
    let stream = frame.repeat(FRAMES);
    let mut decoding = Vec::new();
    let mut reading = Vec::new();
    for _ in 0..SAMPLES {
        let start = thread_time();
        let sum = stream
            .iter()
            .fold(0u64, |sum, byte| black_box(sum + u64::from(*byte)));
        black_box(sum);
        reading.push(thread_time().saturating_sub(start).as_secs_f64());
        let start = thread_time();
        black_box(decode_all(Decoder::new(dialect, rolls_version), &stream));
        decoding.push(thread_time().saturating_sub(start).as_secs_f64());
    }
    let (decoding, reading) = (median(decoding), median(reading));
    // The fastest line of the family carries 3 Mbaud.
    let line = 300_000.0 / frame.len() as f64;
    let rate = FRAMES as f64 / decoding;
    println!(
        "{name:<28} {:>6.1} M frames/s, {:>5.0} times a full 3 Mbaud line, {:.1} times reading the bytes",
        rate / 1e6,
        rate / line,
        decoding / reading,
    );
}

fn decode_all(mut decoder: Decoder, stream: &[u8]) -> usize {
    let mut replies = 0;
    for piece in stream.chunks(256) {
        decoder.feed(piece);
        while decoder.next().is_some() {
            replies += 1;
        }
    }
    replies
}
