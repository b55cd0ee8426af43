//! The kernel for AVX-512: two streams of sixteen lanes in assembly that `build/avx512` writes.
//!
//! Two streams, because one waits for itself: a round's chain of dependent instructions is longer than its work.

pub(super) mod paired;
mod versions;

use std::arch::naked_asm;
use std::ops::Range;

use super::prepared::Prepared;
pub(super) use versions::scan as scan_versions;

/// Lanes of this kernel.
pub(super) const LANES: usize = 32;

/// One vector.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Vector([u32; 16]);

/// What is the same for all batches of a job; laid out as `build/avx512/memory.rs` says.
#[repr(C)]
struct Words {
    after_4: [u32; 8],
    midstate: [u32; 8],
    h_and_kw: [u32; 3],
    kw: [u32; 11],
    w16: u32,
    w17: u32,
    w18: u32,
    w19: u32,
    w31: u32,
    zero_bits: u32,
}

impl Words {
    fn new(work: &Prepared) -> Self {
        Self {
            after_4: work.after_4,
            midstate: work.midstate,
            h_and_kw: std::array::from_fn(|i| work.kw[4 + i].wrapping_add(work.after_4[7 - i])),
            kw: std::array::from_fn(|i| work.kw[7 + i]),
            w16: work.w16,
            w17: work.w17,
            w18: work.w18,
            w19: work.w19,
            w31: work.w31,
            zero_bits: work.zero_bits,
        }
    }
}

/// What changes from batch to batch; laid out as `build/avx512/memory.rs` says.
#[repr(C)]
struct Scratch {
    window: [Vector; 32],
    nonces: [Vector; 2],
}

impl Scratch {
    fn starting_at(first: u32) -> Self {
        let nonces = |stream: u32| {
            Vector(std::array::from_fn(|i| {
                first.wrapping_add(16 * stream + i as u32)
            }))
        };
        Self {
            window: [Vector([0; 16]); 32],
            nonces: [nonces(0), nonces(1)],
        }
    }
}

/// What the assembly gives back.
#[repr(C)]
struct Stop {
    /// Candidates of the last batch, a bit a lane.
    candidates: u64,
    /// Batches that were not done.
    left: u64,
}

/// Hashes up to `batches` (at least one) of 32 nonces each and stops after one with a candidate.
#[unsafe(naked)]
unsafe extern "sysv64" fn search(job: &Words, scratch: &mut Scratch, batches: u64) -> Stop {
    naked_asm!(
        include_str!(concat!(env!("OUT_DIR"), "/avx512_nonces.s")),
        options(raw)
    )
}

/// Whether this CPU has what the kernel needs.
pub(super) fn is_supported() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw")
}

/// Searches `words`; see [`super::Scan`].
pub(super) fn scan(work: &Prepared, words: &mut Range<u64>) -> Option<u32> {
    assert!(is_supported(), "the avx512 kernel needs AVX-512 F and BW");
    let left = words.end.saturating_sub(words.start);
    let batches = left.div_ceil(LANES as u64);
    if batches == 0 {
        return None;
    }
    let job = Words::new(work);
    let mut scratch = Scratch::starting_at(words.start as u32);
    // SAFETY: the CPU's features are there; `search` reads and writes only the two structures, whose layout is agreed on, and uses only
    // registers that its calling convention gives it.
    let stop = unsafe { search(&job, &mut scratch, batches) };
    words.start += LANES as u64 * (batches - stop.left - 1);
    super::first_candidate(words, LANES, stop.candidates)
}
