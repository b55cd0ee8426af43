//! How it is compared: short samples of all contestants in turn, on CPU time, medians.
//!
//! CPU time of the thread, not the clock on the wall: other programs slow the machine's hours, not a hash's cycles. In turn, because a CPU's
//! clock rate drifts within a run, and then drifts for all alike.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::contestant::{Contestant, Run};

/// What was measured of one contestant.
#[derive(Debug, Clone)]
pub struct Rate {
    /// What it hashes.
    pub algorithm: &'static str,
    /// The contestant's name.
    pub name: String,
    /// Threads at work at the same time.
    pub threads: usize,
    /// Hashes a second of CPU time, all threads together: the median of the samples.
    pub hashes_per_second: f64,
}

/// How long a sample is meant to take.
const SAMPLE: Duration = Duration::from_millis(4);

/// Measures `contestants` in turn on `threads` threads for about `time` altogether.
///
/// # Panics
/// When a thread panics.
pub fn measure(contestants: &[Contestant], threads: usize, time: Duration) -> Vec<Rate> {
    let sizes: Vec<u32> = contestants.iter().map(sample_size).collect();
    let rounds = (time.as_secs_f64() / (SAMPLE.as_secs_f64() * contestants.len() as f64)) as usize;
    let barrier = Barrier::new(threads);
    let per_thread: Vec<Vec<f64>> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| medians(contestants, &sizes, rounds.max(3), &barrier)))
            .collect();
        runs.into_iter()
            .map(|run| run.join().expect("no contestant panics"))
            .collect()
    });
    let sums = (0..contestants.len()).map(|i| per_thread.iter().map(|rates| rates[i]).sum());
    contestants
        .iter()
        .zip(sums)
        .map(|(contestant, hashes_per_second)| Rate {
            algorithm: contestant.algorithm(),
            name: contestant.name(),
            threads,
            hashes_per_second,
        })
        .collect()
}

/// The calling thread's CPU time.
pub fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// CPU time of the calling thread since `start`, a [`thread_time`] of the same thread.
fn thread_time_since(start: Duration) -> Duration {
    thread_time().saturating_sub(start)
}

/// Nonces that take about [`SAMPLE`], a multiple of the contestant's granule.
fn sample_size(contestant: &Contestant) -> u32 {
    let tried = 4 * contestant.granule();
    let mut run = contestant.run();
    run(tried); // wakes the vector units and fills the caches
    let start = Instant::now();
    run(tried);
    let samples = SAMPLE.as_secs_f64() / start.elapsed().as_secs_f64();
    let nonces = (f64::from(tried) * samples).max(1.0) as u32;
    nonces.next_multiple_of(contestant.granule())
}

fn medians(
    contestants: &[Contestant],
    sizes: &[u32],
    rounds: usize,
    barrier: &Barrier,
) -> Vec<f64> {
    let mut samples = vec![Vec::with_capacity(rounds); contestants.len()];
    let mut runs: Vec<Run> = contestants.iter().map(Contestant::run).collect();
    for _ in 0..rounds {
        for ((run, size), samples) in runs.iter_mut().zip(sizes).zip(&mut samples) {
            barrier.wait();
            samples.push(sample(run, *size));
        }
    }
    samples.into_iter().map(median).collect()
}

fn sample(run: &mut Run, nonces: u32) -> f64 {
    let start = thread_time();
    std::hint::black_box(run(nonces));
    f64::from(nonces) / thread_time_since(start).as_secs_f64()
}

/// The middle one; of an even number the upper of the two.
///
/// # Panics
/// When there is none.
pub fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// The core's clock rate in hertz under load, by a chain of dependent multiplications: three cycles each on the cores of the last ten years.
pub fn clock_rate() -> f64 {
    let steps = 1_000_000_u32;
    let samples = (0..5).map(|_| {
        let start = thread_time();
        let last = (0..steps).fold(std::hint::black_box(3_u64), |x, _| x.wrapping_mul(x));
        std::hint::black_box(last);
        3.0 * f64::from(steps) / thread_time_since(start).as_secs_f64()
    });
    median(samples.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_contestant_gets_a_rate() {
        let contestants = [Contestant::Midstate, Contestant::Naive];
        let rates = measure(&contestants, 2, Duration::ZERO);
        let names: Vec<_> = rates.iter().map(|rate| rate.name.as_str()).collect();
        assert_eq!(names, ["sha2-midstate", "sha2-naive"]);
        assert!(
            rates
                .iter()
                .all(|rate| rate.threads == 2 && rate.hashes_per_second > 0.0)
        );
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(vec![3.0, 1.0, 200.0]).to_bits(), 3_f64.to_bits());
    }
}
