//! The 256-bit threshold that decides whether a hash is good enough.

use std::fmt;
use std::str::FromStr;

use super::{Difficulty, Hash256, UnitError};

/// A 256-bit threshold: a hash is good enough when it, read as a little-endian number, is not above it.
///
/// This is the truth about "good enough"; [`Difficulty`] is only how people and some protocols speak of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Target([u64; 4]); // least significant limb first

impl Target {
    /// Every hash meets it.
    pub const MAX: Self = Self([u64::MAX; 4]);
    /// Only the zero hash meets it.
    pub const ZERO: Self = Self([0; 4]);
    /// Bitcoin's difficulty 1 ("bdiff"): `0xffff << 208`.
    pub const DIFFICULTY_ONE: Self = Self([0, 0, 0, 0xffff_0000]);

    /// From the number's 32 bytes, least significant first.
    pub fn from_le_bytes(bytes: [u8; 32]) -> Self {
        let mut limbs = [0; 4];
        for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
            *limb = u64::from_le_bytes(chunk.try_into().unwrap_or_default());
        }
        Self(limbs)
    }

    /// From the number's 32 bytes, most significant first.
    pub fn from_be_bytes(mut bytes: [u8; 32]) -> Self {
        bytes.reverse();
        Self::from_le_bytes(bytes)
    }

    /// The number's 32 bytes, least significant first.
    pub fn to_le_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, limb) in bytes.chunks_exact_mut(8).zip(self.0) {
            chunk.copy_from_slice(&limb.to_le_bytes());
        }
        bytes
    }

    /// The number's 32 bytes, most significant first.
    pub fn to_be_bytes(self) -> [u8; 32] {
        let mut bytes = self.to_le_bytes();
        bytes.reverse();
        bytes
    }

    /// The target whose hashes begin with `bits` zero bits (0 to 255): `2^(256-bits) - 1`.
    pub fn from_zero_bits(bits: u32) -> Self {
        let mut limbs = [u64::MAX; 4];
        for (index, limb) in limbs.iter_mut().rev().enumerate() {
            let zeros = bits.saturating_sub(64 * index as u32);
            *limb = u64::MAX.checked_shr(zeros).unwrap_or(0);
        }
        Self(limbs)
    }

    /// The target of `difficulty` on Bitcoin's scale.
    ///
    /// Exact: the double is taken as the rational number that it is, and a result above 256 bits becomes [`Target::MAX`].
    pub fn from_difficulty(difficulty: Difficulty) -> Self {
        Self::from_difficulty_of(difficulty, Self::DIFFICULTY_ONE)
    }

    /// The target of `difficulty`, where `one` is the target of difficulty 1: `floor(one / difficulty)`, exact if `one` has no more than
    /// 64 significant bits; of others the leading 64 count.
    pub fn from_difficulty_of(difficulty: Difficulty, one: Self) -> Self {
        let (mantissa, exponent) = difficulty.to_mantissa_and_exponent();
        let (leading, shift) = one.to_leading_bits_lossy();
        // (leading << shift) / (mantissa * 2^exponent)
        shifted_quotient(leading, shift - exponent, mantissa)
    }

    /// The leading 64 bits, and how far they are shifted.
    fn to_leading_bits_lossy(self) -> (u64, i32) {
        let Some(top) = self.0.iter().rposition(|limb| *limb != 0) else {
            return (0, 0);
        };
        let zeros = self.0[top].leading_zeros();
        let below = top.checked_sub(1).map_or(0, |below| self.0[below]);
        let leading = self.0[top] << zeros | below.checked_shr(64 - zeros).unwrap_or(0);
        (leading, 64 * top as i32 - zeros.cast_signed())
    }

    /// The target scaled by `2^bits` upwards, saturating: litecoin-style pools give difficulties on a scale of 65536.
    pub fn saturating_shl(self, bits: u32) -> Self {
        let mut target = self;
        for _ in 0..bits {
            if target.0[3] >> 63 == 1 {
                return Self::MAX;
            }
            target = target.doubled(false);
        }
        target
    }

    /// Whether `hash` is good enough.
    pub fn is_met_by(&self, hash: &Hash256) -> bool {
        Self::from_le_bytes(*hash.as_internal()) <= *self
    }

    /// The top 32 bits: what a scanner compares before it looks at a whole hash.
    pub const fn top_word(&self) -> u32 {
        (self.0[3] >> 32) as u32
    }

    /// The number as a double; loses all but the leading 53 bits.
    pub fn to_f64_lossy(self) -> f64 {
        self.0.iter().rev().fold(0.0, |sum, limb| {
            sum * 18_446_744_073_709_551_616.0 + *limb as f64
        })
    }

    /// The difficulty that this target stands for; loses all but the leading 53 bits. [`Target::ZERO`] counts as one.
    pub fn to_difficulty_lossy(self) -> Difficulty {
        self.to_difficulty_of_lossy(Self::DIFFICULTY_ONE)
    }

    /// The same on a scale whose difficulty 1 has the target `one`.
    pub fn to_difficulty_of_lossy(self, one: Self) -> Difficulty {
        Difficulty::new(one.to_f64_lossy() / self.to_f64_lossy().max(1.0))
            .unwrap_or(Difficulty::ONE)
    }

    /// How many hashes it takes on average to find one that meets this target.
    pub fn expected_hashes(self) -> f64 {
        115_792_089_237_316_195_423_570_985_008_687_907_853_269_984_665_640_564_039_457_584_007_913_129_639_936.0
            / (self.to_f64_lossy() + 1.0)
    }

    fn doubled(self, low_bit: bool) -> Self {
        let [a, b, c, d] = self.0;
        Self([
            a << 1 | u64::from(low_bit),
            b << 1 | a >> 63,
            c << 1 | b >> 63,
            d << 1 | c >> 63,
        ])
    }
}

/// `floor(numerator * 2^shift / divisor)`, clamped to 256 bits, by binary long division.
fn shifted_quotient(numerator: u64, shift: i32, divisor: u64) -> Target {
    let numerator = if shift < 0 {
        numerator.checked_shr(shift.unsigned_abs()).unwrap_or(0)
    } else {
        numerator
    };
    let mut quotient = Target([numerator / divisor, 0, 0, 0]);
    let mut remainder = u128::from(numerator % divisor);
    for _ in 0..shift.max(0) {
        if quotient.0[3] >> 63 == 1 {
            return Target::MAX;
        }
        remainder <<= 1;
        let bit = remainder >= u128::from(divisor);
        if bit {
            remainder -= u128::from(divisor);
        }
        quotient = quotient.doubled(bit);
    }
    quotient
}

impl Ord for Target {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.iter().rev().cmp(other.0.iter().rev())
    }
}

impl PartialOrd for Target {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Target {
    /// 64 hex digits, most significant first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .rev()
            .try_for_each(|limb| write!(f, "{limb:016x}"))
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

impl FromStr for Target {
    type Err = UnitError;

    /// Parses 64 hex digits, most significant first.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| UnitError::hex("a target", 64, text))?;
        Ok(Self::from_be_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_bits() {
        assert_eq!(Target::from_zero_bits(0), Target::MAX);
        assert_eq!(
            Target::from_zero_bits(32).to_string(),
            format!("{:0<8}{}", "00000000", "f".repeat(56))
        );
        assert_eq!(
            Target::from_zero_bits(100).to_string(),
            format!("{}{}", "0".repeat(25), "f".repeat(39))
        );
    }

    #[test]
    fn difficulty_one_is_bdiff() {
        assert_eq!(
            Target::from_difficulty(Difficulty::ONE),
            Target::DIFFICULTY_ONE
        );
        assert!((Target::DIFFICULTY_ONE.to_difficulty_lossy().get() - 1.0).abs() < f64::EPSILON);
        let expected = Target::DIFFICULTY_ONE.expected_hashes();
        assert!(
            (expected / 4_295_032_833.0 - 1.0).abs() < 1e-9,
            "{expected}"
        );
    }

    #[test]
    fn other_scales_are_multiples_of_bitcoins() {
        let one = Target::DIFFICULTY_ONE.saturating_shl(16);
        for difficulty in [1.0, 32.0, 0.5, 3.3, 1e6, 1.0 / 65536.0] {
            let difficulty = Difficulty::new(difficulty).unwrap();
            let easier = Difficulty::new(difficulty.get() / 65536.0).unwrap();
            let target = Target::from_difficulty_of(difficulty, one);
            assert_eq!(target, Target::from_difficulty(easier));
            let back = target.to_difficulty_of_lossy(one).get();
            assert!((back / difficulty.get() - 1.0).abs() < 1e-6, "{back}");
        }
        let half = Target::from_difficulty_of(Difficulty::new(2.0).unwrap(), Target::MAX);
        assert_eq!(half.top_word(), 0x7fff_ffff);
    }

    #[test]
    fn equality_counts_as_met() {
        let hash = Hash256::from_internal(Target::DIFFICULTY_ONE.to_le_bytes());
        assert!(Target::DIFFICULTY_ONE.is_met_by(&hash));
        assert!(!Target::from_difficulty(Difficulty::new(1.001).unwrap()).is_met_by(&hash));
    }

    #[test]
    fn shifting_saturates() {
        assert_eq!(Target::MAX.saturating_shl(1), Target::MAX);
        assert_eq!(
            Target::from_zero_bits(20).saturating_shl(16).top_word(),
            0x0fff_ffff
        );
    }
}
