//! AES as CryptoNight uses it: single rounds, and the first ten round keys of AES-256.
//!
//! [`Aes`] is what the hash is written against. [`Tables`] runs anywhere; [`super::aesni`] uses the CPU's own instruction. (The kept crate
//! `aes` has single rounds too, but its portable ones are sliced over eight blocks against timing attacks, which a hash that is no
//! secret does not need and which the one-block rounds of the main loop cannot fill.)

/// 16 bytes as two little-endian words.
pub(super) type Words = [u64; 2];

/// A way to compute rounds of AES.
pub(super) trait Aes {
    /// 16 bytes, as this way likes to hold them.
    type Block: Copy;
    fn load(words: Words) -> Self::Block;
    fn store(block: Self::Block) -> Words;
    fn xor(one: Self::Block, other: Self::Block) -> Self::Block;
    /// SubBytes, ShiftRows, MixColumns, then the key is added.
    fn round(block: Self::Block, key: Self::Block) -> Self::Block;
}

/// AES by table look-ups.
pub(super) struct Tables;

impl Aes for Tables {
    type Block = Words;

    #[inline(always)]
    fn load(words: Words) -> Words {
        words
    }

    #[inline(always)]
    fn store(block: Words) -> Words {
        block
    }

    #[inline(always)]
    fn xor(one: Words, other: Words) -> Words {
        [one[0] ^ other[0], one[1] ^ other[1]]
    }

    #[inline(always)]
    fn round(block: Words, key: Words) -> Words {
        let columns = [
            block[0] as u32,
            (block[0] >> 32) as u32,
            block[1] as u32,
            (block[1] >> 32) as u32,
        ];
        // Row `r` of a new column comes from the column `r` places on.
        let mixed = |at: usize| {
            let byte = |row: usize| (columns[(at + row) % 4] >> (8 * row) & 0xff) as usize;
            let word =
                MIXED[0][byte(0)] ^ MIXED[1][byte(1)] ^ MIXED[2][byte(2)] ^ MIXED[3][byte(3)];
            u64::from(word)
        };
        let low = mixed(0) | mixed(1) << 32;
        let high = mixed(2) | mixed(3) << 32;
        [low ^ key[0], high ^ key[1]]
    }
}

/// The first ten round keys of AES-256 for a key of 32 bytes.
pub(super) fn round_keys(key: &[u8; 32]) -> [Words; 10] {
    let mut words = [0_u32; 40];
    for (word, bytes) in words.iter_mut().zip(key.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    let mut constant = 1;
    for at in 8..words.len() {
        let last = words[at - 1];
        let change = match at % 8 {
            0 => {
                let turned = substituted(last.rotate_right(8)) ^ constant;
                constant <<= 1;
                turned
            }
            4 => substituted(last),
            _ => last,
        };
        words[at] = words[at - 8] ^ change;
    }
    let pair = |at: usize| u64::from(words[at]) | u64::from(words[at + 1]) << 32;
    std::array::from_fn(|key| [pair(4 * key), pair(4 * key + 2)])
}

fn substituted(word: u32) -> u32 {
    u32::from_le_bytes(
        word.to_le_bytes()
            .map(|byte| SUBSTITUTES[usize::from(byte)]),
    )
}

/// The S-box.
static SUBSTITUTES: [u8; 256] = substitutes();

/// SubBytes and MixColumns in one, for a byte of each row.
static MIXED: [[u32; 256]; 4] = mixed();

/// Twice `byte` in AES's field.
const fn doubled(byte: u8) -> u8 {
    byte << 1 ^ if byte & 0x80 == 0 { 0 } else { 0x1b }
}

/// FIPS 197, section 5.1.1: the inverse in the field, then an affine map. Powers of the generator 3 run through the field while those of
/// its inverse run through the inverses.
const fn substitutes() -> [u8; 256] {
    let mut table = [0; 256];
    table[0] = 0x63;
    let (mut power, mut inverse) = (1_u8, 1_u8);
    loop {
        power ^= doubled(power);
        inverse ^= inverse << 1;
        inverse ^= inverse << 2;
        inverse ^= inverse << 4;
        if inverse & 0x80 != 0 {
            inverse ^= 0x09;
        }
        let mapped = inverse
            ^ inverse.rotate_left(1)
            ^ inverse.rotate_left(2)
            ^ inverse.rotate_left(3)
            ^ inverse.rotate_left(4);
        table[power as usize] = mapped ^ 0x63;
        if power == 1 {
            return table;
        }
    }
}

const fn mixed() -> [[u32; 256]; 4] {
    let substitutes = substitutes();
    let mut tables = [[0; 256]; 4];
    let mut byte = 0;
    while byte < 256 {
        let once = substitutes[byte];
        let twice = doubled(once);
        let column = u32::from_le_bytes([twice, once, once, twice ^ once]);
        let mut row = 0;
        while row < 4 {
            tables[row][byte] = column.rotate_left(8 * row as u32);
            row += 1;
        }
        byte += 1;
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Words {
        let number = u128::from_str_radix(text, 16).unwrap().swap_bytes();
        [number as u64, (number >> 64) as u64]
    }

    /// FIPS 197, appendix C.1, round 1: its start, its key and the start of round 2.
    #[test]
    fn a_round_is_that_of_the_standard() {
        let start = words("00102030405060708090a0b0c0d0e0f0");
        let key = words("d6aa74fdd2af72fadaa678f1d6ab76fe");
        let next = words("89d810e8855ace682d1843d8cb128fe4");
        assert_eq!(Tables::round(start, key), next);
    }

    /// FIPS 197, appendix A.3: w4 to w7 are the key itself, w8 to w15 the first that are made.
    #[test]
    fn round_keys_are_those_of_the_standard() {
        let mut key = [0; 32];
        let text = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
        hex::decode_to_slice(text, &mut key).unwrap();
        let keys = round_keys(&key);
        assert_eq!(keys[1], words("1f352c073b6108d72d9810a30914dff4"));
        assert_eq!(keys[2], words("9ba354118e6925afa51a8b5f2067fcde"));
        assert_eq!(keys[3], words("a8b09c1a93d194cdbe49846eb75d5b9a"));
        assert_eq!(keys[9], words("c814e20476a9fb8a5025c02d59c58239"));
    }

    #[test]
    fn the_table_of_substitutes_is_the_standards() {
        assert_eq!(SUBSTITUTES[..4], [0x63, 0x7c, 0x77, 0x7b]);
        assert_eq!((SUBSTITUTES[0x53], SUBSTITUTES[0xff]), (0xed, 0x16));
        let mut all = SUBSTITUTES;
        all.sort_unstable();
        assert!(
            all.iter()
                .enumerate()
                .all(|(at, byte)| at == usize::from(*byte))
        );
    }
}
