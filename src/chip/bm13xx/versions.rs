//! Versions for chips that roll none: how many of a work's go into one job. Pure.

use arrayvec::ArrayVec;

use crate::work::WorkUnit;

/// The versions of `work` from number `first` on, as many as the largest of `counts` that are left; the work's own when none are.
pub(super) fn rolled(work: &WorkUnit, counts: &[u8], first: u64) -> ArrayVec<u32, 4> {
    let left = work.versions().saturating_sub(first);
    let count = fitting(counts, left);
    let numbers = first..first + u64::from(count.min(4));
    numbers.map(|number| work.version(number)).collect()
}

/// The largest of `counts` that is not above `left`.
fn fitting(counts: &[u8], left: u64) -> u8 {
    let fits = |count: &&u8| u64::from(**count) <= left;
    counts.iter().filter(fits).max().copied().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Instant;

    use super::*;
    use crate::units::Target;
    use crate::work::Assignment;
    use crate::work::testing::long_job;

    fn work(mask: u32) -> WorkUnit {
        let now = Instant::now();
        let mut assignment = Assignment::new(long_job(Target::MAX, mask, now), true);
        assignment.next_work(now).unwrap()
    }

    #[test]
    fn combinations_of_the_lowest_bits() {
        let all = rolled(&work(0x1fff_e000), &[1, 4], 0);
        assert_eq!(
            all[..],
            [0x2000_0000, 0x2000_2000, 0x2000_4000, 0x2000_6000]
        );
        let spread = rolled(&work(0x0010_4000), &[1, 2, 4], 0);
        assert_eq!(
            spread[..],
            [0x2000_0000, 0x2000_4000, 0x2010_0000, 0x2010_4000]
        );
    }

    #[test]
    fn never_more_than_the_mask_has() {
        assert_eq!(rolled(&work(0), &[1, 2, 4], 0)[..], [0x2000_0000]);
        let both = rolled(&work(0x2000), &[1, 2, 4], 0);
        assert_eq!(both[..], [0x2000_0000, 0x2000_2000]);
        assert_eq!(rolled(&work(0x2000), &[1, 4], 0)[..], [0x2000_0000]);
    }

    #[test]
    fn every_combination_comes_once() {
        for (mask, counts) in [
            (0x1fff_e000, &[1, 4][..]),
            (0x0010_4000, &[1, 2, 4]),
            (0x2000, &[1, 4]),
            (0x0800_4001, &[1]),
        ] {
            let work = work(mask);
            let (mut first, mut seen) = (0, HashSet::new());
            while first < work.versions() {
                let versions = rolled(&work, counts, first);
                first += versions.len() as u64;
                assert!(versions.into_iter().all(|version| seen.insert(version)));
            }
            assert_eq!(seen.len() as u64, work.versions(), "{mask:x}");
            let allowed = |version: &u32| version & !mask == 0x2000_0000 & !mask;
            assert!(seen.iter().all(allowed), "{mask:x}");
        }
    }
}
