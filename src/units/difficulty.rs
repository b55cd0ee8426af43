//! Difficulty: how people and some protocols speak of a target.

use std::fmt;

use super::UnitError;

/// How much harder than difficulty 1 a target is: a positive, finite number.
///
/// Only for people and for protocols that speak it; decisions are made on [`super::Target`].
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
pub struct Difficulty(f64);

impl Difficulty {
    /// Difficulty 1: about 2^32 hashes of SHA-256d.
    pub const ONE: Self = Self(1.0);

    /// Checks that `value` is positive and finite.
    ///
    /// # Errors
    /// [`UnitError::Difficulty`] for zero, negative numbers, infinities and NaN.
    pub fn new(value: f64) -> Result<Self, UnitError> {
        if value.is_finite() && value > 0.0 {
            Ok(Self(value))
        } else {
            Err(UnitError::Difficulty(value))
        }
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }

    /// The double taken apart exactly: `value = mantissa * 2^exponent`, mantissa not zero.
    pub(crate) fn to_mantissa_and_exponent(self) -> (u64, i32) {
        let bits = self.0.to_bits();
        let fraction = bits & ((1 << 52) - 1);
        match (bits >> 52) as i32 {
            0 => (fraction.max(1), -1074),
            exponent => (fraction | 1 << 52, exponent - 1075),
        }
    }
}

impl fmt::Display for Difficulty {
    /// Whole numbers in full up to a million, SI prefixes above, three significant digits below 100; never "0".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        match value {
            v if v < 0.001 => write!(f, "{v:.2e}"),
            v if v < 1.0 => write!(f, "{v:.4}"),
            v if v < 100.0 => write!(f, "{}", (v * 100.0).round() / 100.0),
            v if v < 1e6 => write!(f, "{v:.0}"),
            v => super::hashrate::with_si_prefix(f, v, ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_difficulty() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(Difficulty::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn small_ones_are_not_shown_as_zero() {
        assert_eq!(
            Difficulty::new(0.000_244_14).unwrap().to_string(),
            "2.44e-4"
        );
        assert_eq!(Difficulty::new(0.25).unwrap().to_string(), "0.2500");
        assert_eq!(Difficulty::new(7.8857).unwrap().to_string(), "7.89");
        assert_eq!(Difficulty::new(65536.0).unwrap().to_string(), "65536");
        assert_eq!(Difficulty::new(126.98e12).unwrap().to_string(), "127 T");
    }
}
