//! `nbits`: the header's 32-bit shorthand for the network target.

use std::fmt;

use super::{Target, UnitError};

/// The header's shorthand for a target: an 8-bit exponent (base 256) over a 24-bit mantissa with a sign bit.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CompactTarget(u32);

impl CompactTarget {
    /// From the number that the header holds.
    pub const fn from_consensus(nbits: u32) -> Self {
        Self(nbits)
    }

    /// The number that the header holds.
    pub const fn to_consensus(self) -> u32 {
        self.0
    }

    /// The target that it stands for. Bits that fall off the lower end are dropped, as consensus does.
    ///
    /// # Errors
    /// [`UnitError::Compact`] when the sign bit is set, the mantissa is zero or the number needs more than 256 bits:
    /// no block can meet such bits.
    pub fn to_target(self) -> Result<Target, UnitError> {
        let exponent = self.0 >> 24;
        let mantissa = self.0 & 0x007f_ffff;
        if self.0 & 0x0080_0000 != 0 || mantissa == 0 {
            return Err(UnitError::Compact(self.0));
        }
        let mut bytes = [0; 32]; // least significant first
        for (index, byte) in (0_i64..).zip(&mantissa.to_le_bytes()[..3]) {
            let place = index + i64::from(exponent) - 3;
            match usize::try_from(place) {
                Ok(place) if place < 32 => bytes[place] = *byte,
                Ok(_) if *byte != 0 => return Err(UnitError::Compact(self.0)),
                _ => {}
            }
        }
        Ok(Target::from_le_bytes(bytes))
    }
}

impl fmt::Debug for CompactTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CompactTarget({:08x})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(nbits: u32) -> Result<String, UnitError> {
        CompactTarget::from_consensus(nbits)
            .to_target()
            .map(|target| target.to_string())
    }

    #[test]
    fn genesis_and_testnet() {
        assert_eq!(
            target(0x1d00_ffff).unwrap(),
            Target::DIFFICULTY_ONE.to_string()
        );
        assert!(target(0x1c2a_c4af).unwrap().starts_with("000000002ac4af00"));
        assert!(target(0x207f_ffff).unwrap().starts_with("7fffff"));
        assert!(target(0x0300_0001).unwrap().ends_with("0001"));
    }

    #[test]
    fn what_no_block_can_meet() {
        for bad in [0, 0x1d80_ffff, 0xff12_3456, 0x1d00_0000] {
            assert!(target(bad).is_err(), "{bad:08x}");
        }
    }
}
