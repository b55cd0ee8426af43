//! SHA-256 word by word as the standard writes it: what benches compare kernels with on CPUs of any kind, and no kernel itself.

use super::constants::{INITIAL, K, round, small_sigma0, small_sigma1};

/// The compression function (FIPS 180-4, section 6.2.2), one message at a time and nothing kept from one to the next.
pub(crate) fn compress_plainly(state: &mut [u32; 8], block: [u32; 16]) {
    let mut w = [0; 64];
    w[..16].copy_from_slice(&block);
    for t in 16..64 {
        w[t] = small_sigma1(w[t - 2])
            .wrapping_add(w[t - 7])
            .wrapping_add(small_sigma0(w[t - 15]))
            .wrapping_add(w[t - 16]);
    }
    let rounds = w.iter().zip(K).fold(*state, |variables, (word, k)| {
        round(variables, word.wrapping_add(k))
    });
    for (word, variable) in state.iter_mut().zip(rounds) {
        *word = word.wrapping_add(variable);
    }
}

/// The second hash's last word of a header, given as its midstate and the words of its second block.
pub(crate) fn last_word_plainly(midstate: &[u32; 8], block: [u32; 16]) -> u32 {
    let mut digest = *midstate;
    compress_plainly(&mut digest, block);
    let mut second = [0; 16];
    second[..8].copy_from_slice(&digest);
    second[8] = 0x8000_0000;
    second[15] = 256;
    let mut state = INITIAL;
    compress_plainly(&mut state, second);
    state[7]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::sha256d::compress;

    #[test]
    fn agrees_with_sha2() {
        let words: [u32; 16] = std::array::from_fn(|i| 0x9e37_79b9_u32.wrapping_mul(i as u32 + 1));
        let mut bytes = [0; 64];
        for (chunk, word) in bytes.chunks_exact_mut(4).zip(words) {
            chunk.copy_from_slice(&word.to_be_bytes());
        }
        let (mut plain, mut expected) = (INITIAL, INITIAL);
        compress_plainly(&mut plain, words);
        compress(&mut expected, &[bytes]);
        assert_eq!(plain, expected);
    }
}
