//! Chains that are fed and listened to: CPU time of the host for each second of a board's time.

use std::hint::black_box;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use midstate::chip::bm13xx::emulator::{EmulatedChain, EmulatedChip, SharedChain};
use midstate::chip::bm13xx::{BM1370, BM1387, BM1397, Chain, ChainEvent, ChainSettings, JobForm};
use midstate::cli::bench::{median, thread_time};
use midstate::transport::VirtualClock;
use midstate::units::Target;
use midstate::work::Assignment;

use crate::job::job;
use crate::port::{Bench, Knobs, Port, Speech};

const SAMPLES: usize = 15;
/// Version bits that pools allow.
const VERSIONS: u32 = 0x1fff_e000;

/// Twelve BM1387 at 550 MHz on 1.5 Mbaud.
pub(crate) fn r606() {
    let settings = ChainSettings {
        baud: Some(1_500_000),
        ..ChainSettings::new(&BM1387, 12)
    };
    measure(
        "R606, 12 BM1387",
        settings,
        EmulatedChip::Bm1387,
        Speech::Seven,
    );
}

/// A hundred BM1370 at 525 MHz on 3 Mbaud.
pub(crate) fn hundred_chips() {
    let settings = ChainSettings {
        baud: Some(3_000_000),
        ..ChainSettings::new(&BM1370, 100)
    };
    measure("100 BM1370", settings, EmulatedChip::Bm1370, Speech::Eleven);
}

/// Jobs a second of other boards, without replies.
pub(crate) fn sticks() {
    let stick = ChainSettings {
        clock_mhz: 450.0,
        baud: Some(1_500_000),
        ..ChainSettings::new(&BM1397, 6)
    };
    let need = Need::of(&stick);
    let mut bench = bring_up(stick, EmulatedChip::Bm1397, Speech::Nine);
    report_jobs("R909, 6 BM1397", &need, refreshes(&mut bench));
    let gamma = ChainSettings::new(&BM1370, 1);
    let need = Need::of(&gamma);
    let mut bench = bring_up(gamma, EmulatedChip::Bm1370, Speech::Eleven);
    report_jobs("Gamma, 1 BM1370", &need, refreshes(&mut bench));
}

fn measure(name: &str, settings: ChainSettings, kind: EmulatedChip, speech: Speech) {
    let baud = settings.baud.unwrap_or(115_200);
    let frame = if matches!(speech, Speech::Seven) {
        7.0
    } else {
        11.0
    };
    let need = Need::of(&settings);
    let mut bench = bring_up(settings, kind, speech);
    report_jobs(name, &need, refreshes(&mut bench));
    // As the ticket aims at, and as much as the ticket lets on the line at all.
    for replies in [4.0, f64::from(baud) / 10.0 / frame * 0.25] {
        let (cpu, floor) = cpu_per_second(&mut bench, replies);
        println!(
            "{name:<18} {replies:>6.0} replies/s: {:>7.3} ms CPU a second ({:.2} % of a core), {:.1} times making the work alone",
            cpu * 1e3,
            cpu * 100.0,
            cpu / floor,
        );
    }
}

/// Jobs a second that a chain uses up (section 11 of the fact sheet): the nonces of a core and a chip, for each version of a job, are searched
/// in this time, after which the chips hash them again or stand still.
struct Need {
    jobs: f64,
    formula: String,
}

impl Need {
    fn of(settings: &ChainSettings) -> Self {
        let (chip, mhz) = (settings.chip, settings.clock_mhz);
        let cores = chip.cores.next_power_of_two();
        let chips = settings.expected_chips.next_power_of_two();
        let versions = match chip.job {
            JobForm::Header => 65_536,
            JobForm::Midstates(counts) => counts.iter().copied().max().unwrap_or(1).into(),
            JobForm::Block => 1,
        };
        let (clock, subs) = (chip.nonces_per_clock, chip.sub_cores);
        let slice = 2f64.powi(32) / f64::from(cores) / f64::from(chips);
        let batches = f64::from(versions) / f64::from(subs);
        Self {
            jobs: mhz * 1e6 * clock / slice / batches,
            formula: format!(
                "{mhz} MHz x {clock} nonces a clock x {cores} x {chips} / 2^32 / ({versions} versions / {subs})"
            ),
        }
    }
}

fn report_jobs(name: &str, need: &Need, (jobs, jitter): (f64, Duration)) {
    let made = works_a_second();
    let Need {
        jobs: used,
        formula,
    } = need;
    println!("{name:<18} uses up {used:>6.3} jobs/s = {formula}");
    println!(
        "{name:<18} gets    {jobs:>6.1} jobs/s (new work at three quarters, and after 2 s) of {made:.0}/s that an assignment makes; \
         refresh jitter {jitter:?}"
    );
}

fn bring_up(mut settings: ChainSettings, kind: EmulatedChip, speech: Speech) -> Bench {
    let emulated = EmulatedChain::new(kind, settings.expected_chips);
    settings.ramp.step_mhz = 100.0;
    let clock = VirtualClock::new(Instant::now());
    let emulator = SharedChain::new(emulated);
    let knobs = Knobs::default();
    let port = Port::new(emulator.clone(), clock.clone(), knobs.clone(), speech);
    let mut reset = |asserted: bool| {
        emulator.lock().reset(asserted, clock.now());
        Ok(())
    };
    let chain = Chain::bring_up(Box::new(port), settings, &mut reset).expect("a healthy chain");
    knobs.is_up.store(true, Ordering::Relaxed);
    Bench {
        chain,
        clock,
        knobs,
    }
}

/// Jobs that the chain wants a second, and how far its refreshes are apart at most, less at least.
fn refreshes(bench: &mut Bench) -> (f64, Duration) {
    // Replies at odd times must not delay a refresh.
    bench.knobs.pause.store(777_777, Ordering::Relaxed);
    let mut assignment = Assignment::new(job(VERSIONS), true);
    let mut loads = Vec::new();
    run(bench, &mut assignment, 10.0, &mut loads);
    let apart = loads
        .windows(2)
        .map(|pair| pair[1].saturating_duration_since(pair[0]));
    let longest = apart.clone().max().unwrap_or_default();
    let shortest = apart.min().unwrap_or_default();
    (loads.len() as f64 / 10.0, longest.saturating_sub(shortest))
}

/// CPU seconds for a second of the board's time with `replies`, and those for making its work alone.
fn cpu_per_second(bench: &mut Bench, replies: f64) -> (f64, f64) {
    bench
        .knobs
        .pause
        .store((1e9 / replies) as u64, Ordering::Relaxed);
    let mut assignment = Assignment::new(job(VERSIONS), true);
    let mut whole = Vec::new();
    let mut floor = Vec::new();
    for _ in 0..SAMPLES {
        let mut loads = Vec::new();
        let start = thread_time();
        run(bench, &mut assignment, 4.0, &mut loads);
        whole.push(thread_time().saturating_sub(start).as_secs_f64() / 4.0);
        let start = thread_time();
        for _ in &loads {
            black_box(
                assignment
                    .next_work(bench.clock.now())
                    .expect("four bytes suffice"),
            );
        }
        floor.push(thread_time().saturating_sub(start).as_secs_f64() / 4.0);
    }
    (median(whole), median(floor))
}

fn run(bench: &mut Bench, assignment: &mut Assignment, seconds: f64, loads: &mut Vec<Instant>) {
    let end = bench.clock.now() + Duration::from_secs_f64(seconds);
    while bench.clock.now() < end {
        if bench.chain.wants_work() {
            let work = assignment
                .next_work(bench.clock.now())
                .expect("four bytes suffice");
            bench.chain.load(work, false).expect("the line is there");
            loads.push(bench.clock.now());
        }
        let event = bench.chain.poll(end).expect("the line is there");
        if let Some(ChainEvent::Nonce { found, works, .. }) = event {
            for work in &works {
                black_box(work.check(found, &Target::ZERO));
            }
        }
    }
}

fn works_a_second() -> f64 {
    let mut assignment = Assignment::new(job(VERSIONS), true);
    let now = assignment.job().received;
    let samples = (0..SAMPLES).map(|_| {
        let start = thread_time();
        for _ in 0..2000 {
            black_box(assignment.next_work(now).expect("four bytes suffice"));
        }
        thread_time().saturating_sub(start).as_secs_f64() / 2000.0
    });
    1.0 / median(samples.collect())
}
