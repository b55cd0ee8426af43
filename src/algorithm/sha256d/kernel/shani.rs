//! The kernel for the SHA extensions: four nonces side by side in assembly that `build/shani` writes.

use std::arch::naked_asm;
use std::ops::Range;

use super::constants::small_sigma0;
use super::prepared::Prepared;

/// Lanes of this kernel.
pub(super) const LANES: usize = 4;

/// What is the same for all nonces of a job; laid out as `build/shani` says.
#[repr(C, align(16))]
struct Job {
    start_feba: [u32; 4],
    start_hgdc: [u32; 4],
    kw: [u32; 12],
    quad_4: [u32; 4],
    quad_5: [u32; 4],
    quad_7: [u32; 4],
    midstate_feba: [u32; 4],
    midstate_hgdc: [u32; 4],
    zero_bits: [u32; 4],
}

impl Job {
    fn new(work: &Prepared) -> Self {
        let (start_feba, start_hgdc) = halves(work.after_4);
        let (midstate_feba, midstate_hgdc) = halves(work.midstate);
        Self {
            start_feba,
            start_hgdc,
            kw: std::array::from_fn(|i| work.kw[4 + i]),
            quad_4: [work.w16, work.w17, work.w18, work.w19],
            quad_5: [0x8000_0000, 0, 640, work.w16],
            quad_7: [0, 0, small_sigma0(640), work.w31],
            midstate_feba,
            midstate_hgdc,
            zero_bits: [work.zero_bits; 4],
        }
    }
}

/// The order in which the instructions take the variables.
fn halves([a, b, c, d, e, f, g, h]: [u32; 8]) -> ([u32; 4], [u32; 4]) {
    ([f, e, b, a], [h, g, d, c])
}

/// What changes from batch to batch; laid out as `build/shani` says.
#[repr(C, align(16))]
struct Scratch {
    nonces: [u32; LANES],
    quads: [[[u32; 4]; 4]; LANES],
}

/// What the assembly gives back.
#[repr(C)]
struct Stop {
    /// Candidates of the last batch, a bit a lane.
    candidates: u64,
    /// Batches that were not done.
    left: u64,
}

/// Hashes up to `batches` (at least one) of four nonces each and stops after one with a candidate.
#[unsafe(naked)]
unsafe extern "sysv64" fn search(job: &Job, scratch: &mut Scratch, batches: u64) -> Stop {
    naked_asm!(
        include_str!(concat!(env!("OUT_DIR"), "/shani.s")),
        options(raw)
    )
}

/// Whether this CPU has what the kernel needs.
pub(super) fn is_supported() -> bool {
    is_x86_feature_detected!("sha") && is_x86_feature_detected!("avx")
}

/// Searches `words`; see [`super::Scan`].
pub(super) fn scan(work: &Prepared, words: &mut Range<u64>) -> Option<u32> {
    assert!(
        is_supported(),
        "the sha-ni kernel needs the SHA extensions and AVX"
    );
    let batches = words.end.saturating_sub(words.start).div_ceil(LANES as u64);
    if batches == 0 {
        return None;
    }
    let first = words.start as u32;
    let mut scratch = Scratch {
        nonces: std::array::from_fn(|i| first.wrapping_add(i as u32)),
        quads: [[[0; 4]; 4]; LANES],
    };
    // SAFETY: the CPU's features are there; `search` reads and writes only the two structures, whose layout is agreed on, and uses only
    // registers that its calling convention gives it.
    let stop = unsafe { search(&Job::new(work), &mut scratch, batches) };
    words.start += LANES as u64 * (batches - stop.left - 1);
    super::first_candidate(words, LANES, stop.candidates)
}
