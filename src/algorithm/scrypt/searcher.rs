//! The search of nonces, as many at once as the kernel has lanes.

use std::ops::Range;

use super::kernel::{Kernel, MOST_LANES};
use super::mix::Line;
use crate::algorithm::{NonceField, Searcher};
use crate::units::{Hash256, Target};

/// The longest input that is searched, in bytes.
const MOST_BYTES: usize = 128;

/// One thread's search: 128 KiB of memory a lane.
#[derive(Debug)]
pub struct ScryptSearcher {
    kernel: Kernel,
    memory: Vec<Line>,
    inputs: [[u8; MOST_BYTES]; MOST_LANES],
    digests: [Hash256; MOST_LANES],
}

impl ScryptSearcher {
    /// A search with `kernel`, which this CPU must be able to run: see [`Kernel::available`].
    pub fn new(kernel: Kernel) -> Self {
        Self {
            kernel,
            memory: Vec::new(),
            inputs: [[0; MOST_BYTES]; MOST_LANES],
            digests: [Hash256::ZERO; MOST_LANES],
        }
    }

    /// Hashes `input` with each of `counts`, at most as many as there are lanes.
    fn batch(&mut self, input: &[u8], field: NonceField, counts: Range<u64>) {
        let mut filled: [&[u8]; MOST_LANES] = [&[]; MOST_LANES];
        let lanes = self.inputs.iter_mut().zip(&mut filled);
        let mut used = 0;
        for (count, (bytes, slot)) in counts.zip(lanes) {
            let bytes = &mut bytes[..input.len()];
            bytes.copy_from_slice(input);
            field.count_to(bytes, count);
            *slot = bytes;
            used += 1;
        }
        self.kernel
            .hash(&filled[..used], &mut self.memory, &mut self.digests);
    }
}

impl Searcher for ScryptSearcher {
    fn search(
        &mut self,
        input: &mut [u8],
        field: NonceField,
        mut counts: Range<u64>,
        target: &Target,
        found: &mut dyn FnMut(u64),
    ) {
        while !counts.is_empty() {
            let end = counts.end.min(counts.start + self.lanes());
            self.batch(input, field, counts.start..end);
            for (count, digest) in (counts.start..end).zip(&self.digests) {
                if target.is_met_by(digest) {
                    found(count);
                }
            }
            counts.start = end;
        }
    }

    fn lanes(&self) -> u64 {
        self.kernel.lanes() as u64
    }
}
