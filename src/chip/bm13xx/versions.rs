//! Versions for midstates: combinations of the bits that the pool allows. Pure.

use arrayvec::ArrayVec;

/// As many versions as `counts` has for the bits of `mask`: all of them combinations of those bits over `version`, the first `version`
/// itself.
pub(super) fn rolled(version: u32, mask: u32, counts: &[u8]) -> ArrayVec<u32, 4> {
    let combinations = 1u64 << mask.count_ones();
    let fits = |count: &&u8| u64::from(**count) <= combinations;
    let count = counts.iter().filter(fits).max().copied().unwrap_or(1);
    let mut bits = 0;
    (0..count.min(4))
        .map(|_| {
            let rolled = version | bits;
            // The next combination: a sum that carries over the bits between those of the mask.
            bits = (bits | !mask).wrapping_add(1) & mask;
            rolled
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_of_the_lowest_bits() {
        let all = rolled(0x2000_0000, 0x1fff_e000, &[1, 4]);
        assert_eq!(
            all[..],
            [0x2000_0000, 0x2000_2000, 0x2000_4000, 0x2000_6000]
        );
        let spread = rolled(0x2000_0000, 0x0010_4000, &[1, 2, 4]);
        assert_eq!(
            spread[..],
            [0x2000_0000, 0x2000_4000, 0x2010_0000, 0x2010_4000]
        );
    }

    #[test]
    fn never_more_than_the_mask_has() {
        assert_eq!(rolled(7, 0, &[1, 2, 4])[..], [7]);
        assert_eq!(rolled(0, 0x2000, &[1, 2, 4])[..], [0, 0x2000]);
        assert_eq!(rolled(0, 0x2000, &[1, 4])[..], [0]);
        assert_eq!(rolled(0, u32::MAX, &[1, 4]).len(), 4);
    }
}
