//! A 256-bit digest, kept in the order in which the hash function wrote it.

use std::fmt;
use std::str::FromStr;

use super::UnitError;

/// A 256-bit digest in the order in which the function wrote it ("internal" order, as it stands in a block header).
///
/// `Display` reverses the bytes, as block explorers and bitcoind's JSON-RPC do; no other order exists.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Hash256([u8; 32]);

impl Hash256 {
    /// The digest that is all zero: the previous hash of a genesis block.
    pub const ZERO: Self = Self([0; 32]);

    /// From bytes as the hash function wrote them.
    pub const fn from_internal(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes as the hash function wrote them.
    pub const fn as_internal(&self) -> &[u8; 32] {
        &self.0
    }

    /// The most significant 32 bits of the digest when it is read as the little-endian number that targets compare.
    pub const fn top_word(&self) -> u32 {
        u32::from_le_bytes([self.0[28], self.0[29], self.0[30], self.0[31]])
    }

    /// How many leading zero bits the digest has, read as the little-endian number that targets compare.
    pub fn leading_zero_bits(&self) -> u32 {
        let mut bits = 0;
        for byte in self.0.iter().rev() {
            bits += byte.leading_zeros();
            if *byte != 0 {
                break;
            }
        }
        bits
    }
}

impl fmt::Display for Hash256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .rev()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash256({self})")
    }
}

impl FromStr for Hash256 {
    type Err = UnitError;

    /// Parses the display order, 64 hex digits.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| UnitError::hex("a hash", 64, text))?;
        bytes.reverse();
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_reversed_and_parses_back() {
        let mut bytes = [0; 32];
        bytes[0] = 0x6f;
        bytes[1] = 0xe2;
        let hash = Hash256::from_internal(bytes);
        assert!(hash.to_string().ends_with("e26f"));
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(hash.leading_zero_bits(), 240);
    }

    #[test]
    fn wrong_text_is_named() {
        let error = "zz".parse::<Hash256>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "a hash must be 64 hex digits, got \"zz\""
        );
    }
}
