//! The simulated core with the driver in the loop, beside the bare simulation and software that hashes one nonce a call, interleaved:
//! hashes a CPU second, one thread each.
//!
//! `cargo bench --bench core_sim`; needs Verilator. Time is the simulated core's own, so nothing waits; CPU seconds are those of
//! both processes, driver and simulation.
#![allow(clippy::print_stdout, reason = "a bench prints")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use midstate::algorithm::sha256d::{self, SHA256D};
use midstate::board::core::{CORE_RTL, RtlDevice, RtlSettings, Structure};
use midstate::board::{Board, BoardEvent, BoardOptions, Links};
use midstate::cli::bench::{median, thread_time};
use midstate::transport::{EmulatedTransport, VirtualClock};
use midstate::units::{Hash256, Target};
use midstate::work::{
    Assignment, Checked, CoinbaseTemplate, Header, HeaderTemplate, Job, JobKey, SearchSpace,
    SourceId, Template,
};

const SAMPLES: usize = 3;
/// Hashes a second of the simulated cores, in their own time.
const RATE: f64 = 500e3;
/// Seconds of that time a sample: enough that probing the core, which is counted as time and not as hashes, is little.
const SECONDS: f64 = 4.0;
/// Zero bits of the nonces that the cores report: one in 65,536 hashes.
const ZERO_BITS: u32 = 16;
/// Parameter sets: stages (0: the pipeline) and cores.
const SETS: [(u32, u32); 4] = [(0, 1), (0, 2), (32, 1), (8, 1)];
/// Calls of software a sample.
const CALLS: u64 = 300_000;

fn main() {
    let mut driven = vec![Vec::new(); SETS.len()];
    let mut bare = vec![Vec::new(); SETS.len()];
    let mut software = Vec::new();
    for _ in 0..SAMPLES {
        for (at, set) in SETS.iter().enumerate() {
            driven[at].push(driven_rate(*set));
            bare[at].push(bare_rate(*set));
        }
        software.push(software_rate());
    }
    let software = median(software);
    println!("hashes a CPU second         driver in the loop   bare simulation   to software");
    for ((set, driven), bare) in SETS.iter().zip(driven).zip(bare) {
        let (driven, bare) = (median(driven), median(bare));
        let ratio = driven / software;
        println!(
            "{:<27} {driven:>18.0} {bare:>17.0} {ratio:>13.3}",
            name(*set)
        );
    }
    println!("software, one nonce a call  {software:>18.0}");
}

fn name((stages, cores): (u32, u32)) -> String {
    match stages {
        0 => format!("pipeline, {cores} core(s)"),
        stages => format!("ring of {stages}, {cores} core(s)"),
    }
}

/// The core driven as for a pool; every nonce that comes is verified.
fn driven_rate((stages, cores): (u32, u32)) -> f64 {
    let text = format!("stages={stages},cores={cores},rate={RATE},zero-bits={ZERO_BITS}");
    let options = BoardOptions::parse(&text).expect("known options");
    let emulated = (CORE_RTL.emulate.expect("it is simulated"))(&options).expect("Verilator");
    let clock = VirtualClock::new(Instant::now());
    let port = EmulatedTransport::virtual_time("rtl", emulated.data, clock);
    let mut board = (CORE_RTL.open)(Links::port(Box::new(port)), &options).expect("a board");
    board.start().expect("the core answers");
    let begun = (cpu_time(), board.now());
    let found = mine(board.as_mut(), begun.1 + Duration::from_secs_f64(SECONDS));
    assert!(found > 0, "nothing found in {SECONDS} s");
    let hashes = RATE * (board.now() - begun.1).as_secs_f64();
    // The simulation is waited for when it goes, and only then its time is ours.
    drop(board);
    hashes / cpu_time().saturating_sub(begun.0).as_secs_f64()
}

/// Mines until `deadline` of the board's time; nonces found.
fn mine(board: &mut dyn Board, deadline: Instant) -> u32 {
    let mut assignment = Assignment::new(Arc::new(job()), false);
    let mut found = 0;
    while board.now() < deadline {
        if board.wants_work() {
            let work = assignment.next_work(board.now()).expect("work enough");
            board.load(work, false).expect("the core takes work");
        }
        if let Some(BoardEvent::Nonce {
            found: nonce,
            works,
            ..
        }) = board.poll(deadline).expect("the core is there")
        {
            let target = Target::from_zero_bits(ZERO_BITS);
            assert!(matches!(works[0].check(nonce, &target), Checked::Share(_)));
            found += 1;
        }
    }
    found
}

/// The same clocks without driver and protocol.
fn bare_rate((stages, cores): (u32, u32)) -> f64 {
    let settings = RtlSettings::new(Structure::new(stages, 0), cores, RATE);
    let begun = cpu_time();
    let mut device = RtlDevice::start(&settings).expect("Verilator");
    device.run_for((f64::from(settings.clock_hz) * SECONDS) as u64);
    drop(device);
    RATE * SECONDS / cpu_time().saturating_sub(begun).as_secs_f64()
}

/// Whole headers, one a call, by the hash that verifies shares.
fn software_rate() -> f64 {
    let mut bytes = [0; 80];
    let start = thread_time();
    for nonce in 0..CALLS {
        bytes[72..].copy_from_slice(&nonce.to_le_bytes());
        black_box(SHA256D.hash(Header::from_bytes(bytes).as_bytes()));
    }
    CALLS as f64 / thread_time().saturating_sub(start).as_secs_f64()
}

/// CPU time of this thread and of the processes that it has started and seen the end of, to a hundredth of a second.
fn cpu_time() -> Duration {
    let told = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    // The name, which may hold spaces, is in brackets; what children took stands 14th and 15th behind it.
    let behind = told.rsplit(") ").next().expect("a name in brackets");
    let fields = behind.split(' ').skip(13).take(2);
    let ticks: u64 = fields.map(|field| field.parse::<u64>().unwrap_or(0)).sum();
    thread_time() + Duration::from_millis(10 * ticks)
}

fn job() -> Job {
    let coinbase = CoinbaseTemplate::new(&[0xab; 100], &[1, 2, 3, 4], 4, &[0xcd; 142], Vec::new())
        .expect("sizes are within bounds");
    let fixed = HeaderTemplate {
        version: 0x2000_0000,
        previous: Hash256::ZERO,
        merkle_root: Hash256::ZERO,
        ntime: 1_700_000_000,
        nbits: 0x1703_4219,
    };
    Job {
        source: SourceId(0),
        session: 0,
        key: JobKey(bytes::Bytes::from_static(b"1")),
        algorithm: &SHA256D,
        hasher: sha256d::hasher(),
        template: Template::Coinbase {
            fixed,
            coinbase: Box::new(coinbase),
        },
        target: Target::from_zero_bits(ZERO_BITS),
        network_target: None,
        version_mask: 0,
        max_ntime_roll: 0,
        clean: true,
        voids: true,
        received: Instant::now(),
        space: Arc::new(SearchSpace::new(4, 0, 1_700_000_000)),
    }
}
