//! The kernel for AVX-512 and the SHA extensions at the same time, in assembly that `build/avx512/paired.rs` writes: the schedules are vectors,
//! the rounds are not.

use std::arch::naked_asm;
use std::ops::Range;

use super::super::constants::{INITIAL, K, round};
use super::{Prepared, Stop, Vector, Words};

/// Lanes of this kernel.
pub(in super::super) const LANES: usize = 16;

/// Batches that are begun before the first one is done.
const AHEAD: u64 = 2;

/// What is the same for all batches of a job; laid out as `build/avx512/memory.rs` says.
#[repr(C, align(64))]
struct Job {
    words: Words,
    unused: [u32; 12],
    first_hgdc: [u32; 4],
    second_hgdc: [u32; 4],
    kw: [u32; 14],
    unused_too: [u32; 10],
    to_second_start: Vector,
    step: Vector,
}

impl Job {
    fn new(work: &Prepared) -> Self {
        let [.., c, d, _, _, g, h] = work.after_4;
        // Before round 1 of the second hash, word 0 still to be added to `a` and `e`.
        let second = round(INITIAL, K[0].wrapping_add(work.midstate[0]));
        let [a, b, second_c, second_d, e, f, second_g, second_h] = second;
        Self {
            words: Words::new(work),
            unused: [0; 12],
            first_hgdc: [h, g, d, c],
            second_hgdc: [second_h, second_g, second_d, second_c],
            kw: std::array::from_fn(|i| work.kw[4 + i]),
            unused_too: [0; 10],
            to_second_start: four_times([f, e, b, a]),
            step: four_times([0, LANES as u32, 0, LANES as u32]),
        }
    }
}

fn four_times(words: [u32; 4]) -> Vector {
    Vector(std::array::from_fn(|i| words[i % 4]))
}

/// What changes from batch to batch; laid out as `build/avx512/memory.rs` says.
#[repr(C)]
struct Scratch {
    window: [Vector; 16],
    nonces: Vector,
    first_start: [Vector; 4],
    /// Ends of the first hash, starts and ends of the second, and the sums of both.
    rest: [Vector; 122],
}

impl Scratch {
    /// One batch before `first`: the assembly begins each by stepping forward.
    fn before(work: &Prepared, first: u32) -> Self {
        let nonce = |i: usize| first.wrapping_sub(LANES as u32).wrapping_add(i as u32);
        let [a, b, _, _, e, f, ..] = work.after_4;
        let start = |i: usize| match i % 4 {
            0 => f,
            1 => e.wrapping_add(nonce(i / 4)),
            2 => b,
            _ => a.wrapping_add(nonce(i / 4)),
        };
        Self {
            window: [Vector([0; 16]); 16],
            nonces: Vector(std::array::from_fn(nonce)),
            first_start: std::array::from_fn(|v| {
                Vector(std::array::from_fn(|i| start(16 * v + i)))
            }),
            rest: [Vector([0; 16]); 122],
        }
    }
}

/// Hashes batches of sixteen nonces and stops after one with a candidate. It does `batches` steps, each of which ends the batch that was
/// begun [`AHEAD`] steps before.
#[unsafe(naked)]
unsafe extern "sysv64" fn search(job: &Job, scratch: &mut Scratch, batches: u64) -> Stop {
    naked_asm!(
        include_str!(concat!(env!("OUT_DIR"), "/avx512_paired.s")),
        options(raw)
    )
}

/// Whether this CPU has what the kernel needs.
pub(in super::super) fn is_supported() -> bool {
    super::is_supported() && is_x86_feature_detected!("sha") && is_x86_feature_detected!("avx")
}

/// Searches `words`; see [`super::super::Scan`].
pub(in super::super) fn scan(work: &Prepared, words: &mut Range<u64>) -> Option<u32> {
    assert!(
        is_supported(),
        "the avx512-sha kernel needs AVX-512 F and BW and the SHA extensions"
    );
    let batches = words.end.saturating_sub(words.start).div_ceil(LANES as u64);
    if batches == 0 {
        return None;
    }
    let job = Job::new(work);
    let mut scratch = Scratch::before(work, words.start as u32);
    // SAFETY: the CPU's features are there; `search` reads and writes only the two structures, whose layout is agreed on, and uses only
    // registers that its calling convention gives it.
    let stop = unsafe { search(&job, &mut scratch, batches + AHEAD) };
    words.start += LANES as u64 * (batches - stop.left - 1);
    super::super::first_candidate(words, LANES, in_order(stop.candidates))
}

/// The assembly transposes: its bit `4 * i + j` is nonce `4 * j + i`.
fn in_order(candidates: u64) -> u64 {
    let of_nonce = |nonce: usize| candidates >> (4 * (nonce % 4) + nonce / 4) & 1;
    (0..LANES).fold(0, |bits, nonce| bits | of_nonce(nonce) << nonce)
}
