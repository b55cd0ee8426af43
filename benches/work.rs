//! What the host does for a board: pieces of work made, and nonces verified; CPU time each, medians.
//!
//! `cargo bench --bench work`. The work is that of `performance.md`: a coinbase of 250 bytes, 12 merkle branches, header and midstate.
#![allow(clippy::print_stdout, reason = "a bench prints")]

#[path = "common/job.rs"]
mod job;

use std::hint::black_box;
use std::sync::Arc;

use midstate::cli::bench::{median, thread_time};
use midstate::units::{Nonce, Target};
use midstate::work::{Assignment, Found};

use job::job;

/// Calls a sample.
const CALLS: u32 = 2000;
const SAMPLES: usize = 51;

fn main() {
    let job = job(0);
    let now = job.received;
    let mut assignment = Assignment::new(Arc::clone(&job), false);
    let mut header_and_midstate = || {
        let work = assignment
            .next_work(now)
            .expect("four bytes of extranonce2 suffice");
        black_box(work.header().expect("a header").midstate());
    };
    report(
        "a piece of work with its midstate",
        &mut header_and_midstate,
    );
    let mut other = Assignment::new(job, false);
    let work = other
        .next_work(now)
        .expect("four bytes of extranonce2 suffice");
    let mut nonce = 0;
    let mut check = || {
        nonce += 1;
        black_box(work.check(Found::nonce(Nonce::from_u32(nonce)), &Target::ZERO));
    };
    report("a nonce verified", &mut check);
}

fn report(name: &str, call: &mut dyn FnMut()) {
    let samples = (0..SAMPLES).map(|_| {
        let start = thread_time();
        (0..CALLS).for_each(|_| call());
        thread_time().saturating_sub(start).as_secs_f64() / f64::from(CALLS)
    });
    let seconds = median(samples.collect());
    println!(
        "{name:<36} {:>8.1} ns {:>10.0} a second and core",
        seconds * 1e9,
        1.0 / seconds
    );
}
