//! The nonce: the number that a board searches.

use std::fmt;

/// A nonce as the number that the header (or blob) holds, little-endian on the wire.
///
/// Two readings of the same four header bytes are in use. Bitcoin's own (and Stratum's hex) is the little-endian one and is
/// what this type holds; SHA-256 and most chips see the big-endian one, the message word. Protocols with 64-bit nonces
/// (TrueStratum) use the whole width.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Nonce(u64);

impl Nonce {
    /// From the number that the header holds.
    pub const fn from_u64(number: u64) -> Self {
        Self(number)
    }

    /// From the number that an 80-byte header holds.
    pub const fn from_u32(number: u32) -> Self {
        Self(number as u64)
    }

    /// From SHA-256's message word 19, the big-endian reading of header bytes 76..80; what chips count and cgminer calls nonce.
    pub const fn from_message_word(word: u32) -> Self {
        Self(word.swap_bytes() as u64)
    }

    /// The message word: the big-endian reading of the four header bytes; the upper half of a 64-bit nonce is lost.
    pub const fn to_message_word_lossy(self) -> u32 {
        (self.0 as u32).swap_bytes()
    }

    /// The number, all 64 bits.
    pub const fn to_u64(self) -> u64 {
        self.0
    }

    /// The number that an 80-byte header holds; the upper half of a 64-bit nonce is lost.
    pub const fn to_u32_lossy(self) -> u32 {
        self.0 as u32
    }
}

impl fmt::Display for Nonce {
    /// Eight hex digits at least: for a 32-bit nonce the very text of a Stratum V1 submit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonce({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_readings_of_block_171874() {
        let nonce = Nonce::from_message_word(0x0001_87a2);
        assert_eq!(nonce.to_string(), "a2870100");
        assert_eq!(nonce.to_u32_lossy().to_le_bytes(), [0x00, 0x01, 0x87, 0xa2]);
        assert_eq!(nonce.to_message_word_lossy(), 0x0001_87a2);
    }
}
