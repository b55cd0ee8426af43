//! The search over several midstates with one tail, as version rolling gives them.

use std::ops::Range;

use super::kernel::{Kernel, Prepared};
use super::{Midstate, Scanner};
use crate::units::Target;

/// Searches the same nonces below several midstates that share the 12 bytes after them: headers that differ in their version only.
///
/// With lanes made of midstates the schedule of the second block is worked out once for all; where a kernel gains nothing by that, one midstate
/// is searched after the other. Sixteen midstates, or a multiple of thirty-two, fill the lanes.
#[derive(Debug, Clone)]
pub struct VersionScanner {
    kernel: Kernel,
    scanners: Vec<Scanner>,
    prepared: Vec<Prepared>,
}

impl VersionScanner {
    /// A search below `midstates` with `tail`, for hashes that meet `limit`; with the kernel of this process, [`Kernel::chosen`].
    pub fn new(midstates: &[Midstate], tail: [u8; 12], limit: Target) -> Self {
        let kernel = Kernel::chosen();
        let scanner = |midstate: &Midstate| Scanner::with(*midstate, tail, limit, kernel);
        let work = |midstate: &Midstate| Prepared::new(midstate, &tail, limit.top_word());
        Self {
            kernel,
            scanners: midstates.iter().map(scanner).collect(),
            prepared: midstates.iter().map(work).collect(),
        }
    }

    /// The same search with another kernel, which this CPU must be able to run: [`Kernel::is_supported`].
    pub fn with_kernel(self, kernel: Kernel) -> Self {
        Self { kernel, ..self }
    }

    /// Calls `found` with the place of the midstate and the nonce word of each hash in `words` that meets the limit, in no particular order.
    ///
    /// `words` holds message words; its end may be `2^32`.
    pub fn scan(&self, words: Range<u64>, found: &mut dyn FnMut(usize, u32)) {
        self.kernel
            .scan_versions(&self.prepared, words, &mut |place, word| {
                if self.scanners[place].meets_limit(word) {
                    found(place, word);
                }
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the plain path finds, midstate by midstate.
    fn expected(scanner: &VersionScanner, words: &Range<u64>) -> Vec<(usize, u32)> {
        let places = scanner.scanners.iter().enumerate();
        places
            .flat_map(|(place, scanner)| {
                words.clone().map(move |word| (place, word as u32, scanner))
            })
            .filter(|(_, word, scanner)| scanner.meets_limit(*word))
            .map(|(place, word, _)| (place, word))
            .collect()
    }

    fn midstates(number: usize) -> Vec<Midstate> {
        (0..number).map(|i| Midstate::of(&[i as u8; 64])).collect()
    }

    #[test]
    fn finds_what_the_plain_path_finds_for_any_number_of_midstates() {
        for number in [1, 2, 12, 16, 17, 31, 32, 33, 48, 70] {
            for (words, bits) in [
                (0..37, 5),
                (0xffff_ffe9..1 << 32, 4),
                (5..6, 0),
                (9..9, 0),
                (100..116, 1),
            ] {
                let limit = Target::from_zero_bits(bits);
                let scanner = VersionScanner::new(&midstates(number), [0x5c; 12], limit);
                for kernel in Kernel::available() {
                    let mut found = Vec::new();
                    let scanner = scanner.clone().with_kernel(kernel);
                    scanner.scan(words.clone(), &mut |place, word| found.push((place, word)));
                    found.sort_unstable();
                    assert_eq!(
                        found,
                        expected(&scanner, &words),
                        "{kernel}, {number} midstates, {words:?}"
                    );
                }
            }
        }
    }
}
