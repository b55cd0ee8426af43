//! Invented blobs of an algorithm's age, a fresh one a client and job.

use rand::Rng as _;
use rand::rngs::StdRng;

use crate::algorithm::cryptonight::Variant;

/// What a pool of this family mines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coin {
    /// CryptoNight.
    Night(Variant),
    /// RandomX.
    RandomX,
}

impl Coin {
    /// By the algorithm's name; what is none of the family becomes variant 1, as in the protocol's document.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "cn/0" => Self::Night(Variant::Zero),
            "cn/2" => Self::Night(Variant::Two),
            "rx/0" => Self::RandomX,
            _ => Self::Night(Variant::One),
        }
    }

    /// A block version that its jobs have.
    fn version(self) -> u8 {
        match self {
            Self::Night(Variant::Zero) => 6,
            Self::Night(Variant::One) => 7,
            Self::Night(Variant::Two) => 8,
            Self::RandomX => 12,
        }
    }
}

/// The chain as far as blobs show it.
#[derive(Debug, Clone)]
pub(super) struct Tip {
    pub(super) coin: Coin,
    pub(super) height: u32,
    previous: [u8; 32],
    /// RandomX's key.
    pub(super) seed_hash: [u8; 32],
}

impl Tip {
    pub(super) fn new(coin: Coin, random: &mut StdRng) -> Self {
        Self {
            coin,
            height: 1_546_000,
            previous: random.random(),
            seed_hash: random.random(),
        }
    }

    /// A block was found.
    pub(super) fn grow(&mut self, random: &mut StdRng) {
        self.height += 1;
        self.previous = random.random();
    }

    /// A blob with a merkle root of its own: version twice, time as a number of five bytes, the previous block's name, the nonce (with
    /// `nonce_top` as its last byte), the root, and the number of transactions.
    pub(super) fn blob(&self, unix_time: u64, nonce_top: u8, random: &mut StdRng) -> Vec<u8> {
        let mut blob = vec![self.coin.version(); 2];
        push_number(&mut blob, unix_time);
        blob.extend(self.previous);
        blob.extend([0, 0, 0, nonce_top]);
        blob.extend(random.random::<[u8; 32]>());
        push_number(&mut blob, random.random_range(1..40));
        blob
    }
}

/// Seven bits a byte, the least significant first, the top bit set on all but the last.
fn push_number(blob: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        blob.push(number as u8 | 0x80);
        number >>= 7;
    }
    blob.push(number as u8);
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    #[test]
    fn blobs_have_the_shape_of_the_documents() {
        let mut random = StdRng::seed_from_u64(1);
        let tip = Tip::new(Coin::of("sha256d"), &mut random);
        let blob = tip.blob(1_523_480_533, 9, &mut random);
        assert_eq!(hex::encode(&blob[..7]), "0707d5efb9d605");
        assert_eq!(blob[39..43], [0, 0, 0, 9]);
        assert_eq!(blob.len(), 76);
    }
}
