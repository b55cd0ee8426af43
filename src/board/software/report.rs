//! Which hashes are reported beside shares, so that the rate is proven: easy enough to come about once a second, rare enough to cost nothing.

use crate::algorithm::Algorithm;
use crate::units::{Hashrate, Target};

/// Zero bits with SHA-256d: ten a second at 10 MH/s, and nothing beside the search.
const ZERO_BITS: u32 = 20;
/// Zero bits while nothing is measured: nothing is expected.
const NEVER: u32 = 64;
/// The fewest: one hash in four is reported, however slow the algorithm.
const FEWEST: u32 = 2;

/// What is reported, by algorithm and measured rate.
#[derive(Debug)]
pub(super) struct Reporting {
    /// Zero bits that the user asked for.
    asked: Option<u32>,
    algorithm: &'static str,
    bits: u32,
    told: u32,
}

impl Reporting {
    /// With `asked` zero bits for every algorithm, or as many as suit each.
    pub(super) fn new(asked: Option<u32>) -> Self {
        let bits = asked.unwrap_or(ZERO_BITS);
        Self {
            asked,
            algorithm: "sha256d",
            bits,
            told: bits,
        }
    }

    /// What every reported hash meets.
    pub(super) fn threshold(&self) -> Target {
        Target::from_zero_bits(self.bits)
    }

    /// The work is of this algorithm from now on; `true`: it was another before.
    pub(super) fn turn_to(&mut self, algorithm: &dyn Algorithm) -> bool {
        let changed = self.algorithm != algorithm.name();
        if changed {
            self.algorithm = algorithm.name();
            let suiting = if self.is_sha256d() { ZERO_BITS } else { NEVER };
            self.bits = self.asked.unwrap_or(suiting);
        }
        changed
    }

    /// The rate of this algorithm is known: one hash in one to two seconds is reported, unless that is so already but for a factor of two.
    pub(super) fn measured(&mut self, rate: Hashrate) {
        if self.asked.is_some() || self.is_sha256d() {
            return;
        }
        let bits = (rate.get().max(1.0).log2().ceil() as u32).clamp(FEWEST, NEVER);
        if bits.abs_diff(self.bits) > 1 {
            self.bits = bits;
        }
    }

    /// The threshold, if it is another than the one told last.
    pub(super) fn news(&mut self) -> Option<Target> {
        let is_news = self.told != self.bits;
        self.told = self.bits;
        is_news.then(|| self.threshold())
    }

    fn is_sha256d(&self) -> bool {
        self.algorithm == "sha256d"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::{AlgorithmError, Hasher, sha256d::SHA256D};
    use std::sync::Arc;

    struct Slow;

    impl Algorithm for Slow {
        fn name(&self) -> &'static str {
            "slow"
        }
        fn difficulty_one(&self) -> Target {
            Target::MAX
        }
        fn hasher(&self, _: Option<&[u8]>) -> Result<Arc<dyn Hasher>, AlgorithmError> {
            Ok(crate::algorithm::sha256d::hasher())
        }
    }

    fn bits(bits: u32) -> Target {
        Target::from_zero_bits(bits)
    }

    #[test]
    fn a_slow_algorithm_reports_nothing_until_measured_and_then_once_a_second() {
        let mut reporting = Reporting::new(None);
        assert!(!reporting.turn_to(&SHA256D));
        assert_eq!((reporting.news(), reporting.threshold()), (None, bits(20)));
        assert!(reporting.turn_to(&Slow) && !reporting.turn_to(&Slow));
        assert_eq!(reporting.news(), Some(bits(NEVER)));
        reporting.measured(Hashrate::new(50.0));
        assert_eq!(reporting.news(), Some(bits(6)));
        reporting.measured(Hashrate::new(70.0));
        assert_eq!(reporting.news(), None, "near enough");
        reporting.measured(Hashrate::new(0.01));
        assert_eq!(reporting.news(), Some(bits(FEWEST)));
        assert!(reporting.turn_to(&SHA256D));
        assert_eq!(reporting.news(), Some(bits(20)));
        reporting.measured(Hashrate::new(80e6));
        assert_eq!(reporting.news(), None);
    }

    #[test]
    fn the_users_word_holds_for_all() {
        let mut reporting = Reporting::new(Some(9));
        reporting.turn_to(&Slow);
        reporting.measured(Hashrate::new(1e6));
        assert_eq!((reporting.news(), reporting.threshold()), (None, bits(9)));
    }
}
