//! The 24 words that a job is told in: what of SHA-256d does not depend on the nonce. The module above has the table.

use crate::algorithm::sha256d::constants::{K, round, small_sigma0, small_sigma1};
use crate::work::Header;

/// Words of a job.
pub(super) const WORDS: usize = 24;

/// Which nonces of a job to search, and what to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    /// First nonce of core 0's range, a message word.
    pub(super) first: u32,
    /// Last nonce of core 0's range.
    pub(super) last: u32,
    /// Zero bits that a reported hash has, 0 to 32.
    pub(super) zero_bits: u32,
}

/// The words for searching `header` in `range`.
pub(super) fn job_words(header: &Header, range: Range) -> [u32; WORDS] {
    let mid = *header.midstate().words();
    let tail = header.tail();
    let m: [u32; 3] = std::array::from_fn(|i| {
        u32::from_be_bytes([
            tail[4 * i],
            tail[4 * i + 1],
            tail[4 * i + 2],
            tail[4 * i + 3],
        ])
    });
    let after: [[u32; 8]; 3] = states(mid, m);
    let [s1, _, s3] = after;
    let w16 = small_sigma0(m[1]).wrapping_add(m[0]);
    let w17 = sum(&[small_sigma1(640), small_sigma0(m[2]), m[1]]);
    let mut words = [0; WORDS];
    words[..3].copy_from_slice(&[range.first, range.last, mask(range.zero_bits)]);
    words[3..11].copy_from_slice(&mid);
    // E[3], E[2] and E[1] are e, f and g after round 2; d and h are A[0] and E[0].
    words[11..14].copy_from_slice(&s3[4..7]);
    words[14] = sum(&[s3[7], s3[3], K[3], range.first]);
    words[15] = sum(&[s3[6], K[4], 0x8000_0000]);
    words[16] = s3[5].wrapping_sub(s1[3]);
    words[17] = s1[0];
    words[18..20].copy_from_slice(&[w16, w17]);
    words[20] = small_sigma1(w16).wrapping_add(m[2]);
    words[21] = sum(&[small_sigma1(w17), small_sigma0(0x8000_0000), range.first]);
    words[22] = small_sigma0(w16).wrapping_add(640);
    words[23] = small_sigma0(w17).wrapping_add(w16);
    words
}

/// The states after rounds 0, 1 and 2.
fn states(mid: [u32; 8], m: [u32; 3]) -> [[u32; 8]; 3] {
    let mut state = mid;
    std::array::from_fn(|i| {
        state = round(state, K[i].wrapping_add(m[i]));
        state
    })
}

fn sum(terms: &[u32]) -> u32 {
    terms.iter().fold(0, |sum, term| sum.wrapping_add(*term))
}

/// The mask under which the reversed last word of a hash with so many zero bits is 0.
fn mask(zero_bits: u32) -> u32 {
    !u32::MAX.checked_shr(zero_bits).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENESIS: &str = "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f61\
7fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c";

    fn genesis() -> Header {
        let bytes = hex::decode(GENESIS).unwrap();
        Header::from_bytes(bytes.try_into().unwrap())
    }

    /// Worked out by a script of its own, which ran the rounds in the standard's form.
    #[test]
    fn the_words_of_the_first_block() {
        let range = Range {
            first: 0x7c2b_ac1c,
            last: 0x7c2b_ac20,
            zero_bits: 32,
        };
        let expected = "7c2bac1c 7c2bac20 ffffffff bc909a33 6358bff0 90ccac7d 1e59caa8 c3c8d8e9 4f0103c8 96b18736 4719f91b 238956e3 \
af5e1cba a8a8881c e63afadd 61ff4a77 1e91703d b7f888df 8bd2d587 0ec2c145 3050c043 c5b56225 ab0c206f c76773a1";
        let words = job_words(&genesis(), range).map(|word| format!("{word:08x}"));
        assert_eq!(words.join(" "), expected);
    }

    #[test]
    fn masks_count_from_the_most_significant_bit() {
        let masks: Vec<u32> = [0, 1, 8, 20, 32].into_iter().map(mask).collect();
        assert_eq!(
            masks,
            [0, 0x8000_0000, 0xff00_0000, 0xffff_f000, 0xffff_ffff]
        );
    }
}
