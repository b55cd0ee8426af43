//! Kernels: the same search written for different CPUs, and the choice between them.
//!
//! A kernel walks a range of nonces and stops at a candidate: a nonce whose hash may meet the limit, judged by a few bits of its top word.
//! It never misses a hash that does. [`super::Scanner`] hashes each candidate in full. This is the only folder with unsafe code: the CPU's
//! vector instructions, each kernel behind a check that the CPU has them.
#![allow(
    unsafe_code,
    reason = "vector instructions; every block says why it is sound"
)]
#![allow(
    clippy::inline_always,
    reason = "a vector function that is not inlined into the function that turns the CPU's features on is of no use"
)]
#![allow(
    clippy::many_single_char_names,
    clippy::needless_range_loop,
    reason = "variables a to h and round t are the standard's own names; lanes are counted through several vectors at once"
)]

mod choice;
mod compressed;
pub(crate) mod constants;
mod lanes;
mod plain;
mod portable;
mod prepared;
#[cfg(test)]
mod tests;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod pair;
#[cfg(target_arch = "x86_64")]
mod shani;
#[cfg(target_arch = "x86_64")]
mod sse2;
#[cfg(target_arch = "x86_64")]
mod x86_vectors;

use std::fmt;
use std::ops::Range;

pub use choice::KernelError;
pub(crate) use constants::INITIAL;
#[cfg(target_arch = "x86_64")]
pub(crate) use pair::hash_pairs;
pub(crate) use plain::last_word_plainly;
pub(crate) use prepared::Prepared;

/// A kernel's search: the first candidate in the range, which is moved past it, or to its end when there is none.
type Scan = fn(&Prepared, &mut Range<u64>) -> Option<u32>;

/// A kernel's search over midstates with one tail: tells the place of the midstate and the nonce of each candidate, in no particular order.
type ScanVersions = fn(&[Prepared], Range<u64>, &mut dyn FnMut(usize, u32));

/// Fewer midstates than this are searched one after the other: lanes would be empty.
const FEWEST_VERSIONS: usize = 12;

/// One way to search nonces with this CPU.
#[derive(Clone, Copy)]
pub struct Kernel(&'static Entry);

struct Entry {
    name: &'static str,
    lanes: usize,
    is_supported: fn() -> bool,
    scan: Scan,
    /// The search over several midstates with one tail, where this kernel has one that is faster than one midstate after the other.
    scan_versions: Option<ScanVersions>,
}

/// Every kernel of this build, the one that is fastest where it runs first.
static KERNELS: &[Entry] = &[
    #[cfg(target_arch = "x86_64")]
    Entry {
        name: "avx512",
        lanes: avx512::LANES,
        is_supported: avx512::is_supported,
        scan: avx512::scan,
        scan_versions: Some(avx512::scan_versions),
    },
    #[cfg(target_arch = "x86_64")]
    Entry {
        name: "avx512-sha",
        lanes: avx512::paired::LANES,
        is_supported: avx512::paired::is_supported,
        scan: avx512::paired::scan,
        scan_versions: Some(avx512::scan_versions),
    },
    #[cfg(target_arch = "x86_64")]
    Entry {
        name: "sha-ni",
        lanes: shani::LANES,
        is_supported: shani::is_supported,
        scan: shani::scan,
        scan_versions: None,
    },
    #[cfg(target_arch = "x86_64")]
    Entry {
        name: "avx2",
        lanes: avx2::LANES,
        is_supported: avx2::is_supported,
        scan: avx2::scan,
        scan_versions: None,
    },
    #[cfg(target_arch = "x86_64")]
    Entry {
        name: "sse2",
        lanes: sse2::LANES,
        is_supported: || true,
        scan: sse2::scan,
        scan_versions: None,
    },
    #[cfg(not(target_arch = "x86_64"))]
    SHA2,
    Entry {
        name: "portable",
        lanes: portable::LANES,
        is_supported: || true,
        scan: portable::scan,
        scan_versions: None,
    },
    #[cfg(target_arch = "x86_64")]
    SHA2,
];

/// Fastest on CPUs whose SHA instructions only `sha2` knows; elsewhere a second opinion.
const SHA2: Entry = Entry {
    name: "sha2",
    lanes: compressed::LANES,
    is_supported: || true,
    scan: compressed::scan,
    scan_versions: None,
};

impl Kernel {
    /// Every kernel of this build, whether this CPU can run it or not; usually the fastest first.
    pub fn all() -> impl Iterator<Item = Self> {
        KERNELS.iter().map(Self)
    }

    /// The kernels that this CPU can run; usually the fastest first.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::all().filter(|kernel| kernel.is_supported())
    }

    /// Its name, as users type it.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// How many nonces it hashes side by side.
    pub fn lanes(self) -> usize {
        self.0.lanes
    }

    /// Whether this CPU can run it.
    pub fn is_supported(self) -> bool {
        (self.0.is_supported)()
    }

    /// Whether it searches midstates with one tail faster than one after the other.
    pub fn shares_schedule(self) -> bool {
        self.0.scan_versions.is_some()
    }

    /// The first candidate in `words`, which is moved past it, or to its end when there is none.
    ///
    /// # Panics
    /// When this CPU cannot run the kernel.
    pub(crate) fn scan(self, work: &Prepared, words: &mut Range<u64>) -> Option<u32> {
        (self.0.scan)(work, words)
    }

    /// Tells `found` each candidate in `words` below each of `prepared`, which have one tail: the place of the work and the nonce.
    ///
    /// # Panics
    /// When this CPU cannot run the kernel.
    pub(crate) fn scan_versions(
        self,
        prepared: &[Prepared],
        words: Range<u64>,
        found: &mut dyn FnMut(usize, u32),
    ) {
        match self.0.scan_versions {
            Some(scan) if prepared.len() >= FEWEST_VERSIONS => scan(prepared, words, found),
            _ => self.scan_one_by_one(prepared, &words, found),
        }
    }

    fn scan_one_by_one(
        self,
        prepared: &[Prepared],
        words: &Range<u64>,
        found: &mut dyn FnMut(usize, u32),
    ) {
        for (place, work) in prepared.iter().enumerate() {
            let mut words = words.clone();
            while let Some(word) = self.scan(work, &mut words) {
                found(place, word);
            }
        }
    }
}

impl PartialEq for Kernel {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Kernel {}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Walks `words` in batches of `lanes`; `batch` gives a bit for each candidate among the nonces from its argument on.
#[inline(always)]
fn in_batches(words: &mut Range<u64>, lanes: usize, batch: impl Fn(u32) -> u64) -> Option<u32> {
    while !words.is_empty() {
        let hit = first_candidate(words, lanes, batch(words.start as u32));
        if hit.is_some() {
            return hit;
        }
    }
    None
}

/// The first candidate of the batch at the start of `words`, which are moved past it, or past the batch when there is none.
///
/// The last batch may reach past the end, and past `2^32` to the first nonces again; what lies there is left out.
#[inline(always)]
fn first_candidate(words: &mut Range<u64>, lanes: usize, candidates: u64) -> Option<u32> {
    let size = (words.end - words.start).min(lanes as u64);
    let candidates = candidates & u64::MAX >> (64 - size);
    if candidates == 0 {
        words.start += size;
        return None;
    }
    let hit = words.start + u64::from(candidates.trailing_zeros());
    words.start = hit + 1;
    Some(hit as u32)
}
