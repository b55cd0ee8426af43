//! Hashes a second.

use std::fmt;
use std::time::Duration;

/// Hashes a second; never negative, never NaN.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Default)]
pub struct Hashrate(f64);

impl Hashrate {
    /// No hashing at all.
    pub const ZERO: Self = Self(0.0);

    /// From hashes a second; anything that is not a positive finite number counts as zero.
    pub const fn new(hashes_per_second: f64) -> Self {
        if hashes_per_second.is_finite() && hashes_per_second > 0.0 {
            Self(hashes_per_second)
        } else {
            Self::ZERO
        }
    }

    /// `hashes` done in `time`; zero for no time.
    pub fn over(hashes: f64, time: Duration) -> Self {
        Self::new(hashes / time.as_secs_f64())
    }

    /// Hashes a second.
    pub const fn get(self) -> f64 {
        self.0
    }

    /// How long `hashes` take at this rate; `None` at rate zero.
    pub fn time_for(self, hashes: f64) -> Option<Duration> {
        Duration::try_from_secs_f64(hashes / self.0).ok()
    }
}

impl std::ops::Add for Hashrate {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl std::iter::Sum for Hashrate {
    fn sum<I: Iterator<Item = Self>>(rates: I) -> Self {
        rates.fold(Self::ZERO, |sum, rate| sum + rate)
    }
}

impl fmt::Display for Hashrate {
    /// Three significant digits with an SI prefix, such as `333 MH/s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_si_prefix(f, self.0, "H/s")
    }
}

/// Writes `value` with three significant digits, an SI prefix and `unit`.
pub(crate) fn with_si_prefix(f: &mut fmt::Formatter<'_>, value: f64, unit: &str) -> fmt::Result {
    let mut scaled = value;
    let mut prefix = "";
    for next in ["k", "M", "G", "T", "P", "E", "Z"] {
        if scaled < 999.5 {
            break;
        }
        scaled /= 1000.0;
        prefix = next;
    }
    let digits = if scaled < 9.995 {
        2
    } else {
        usize::from(scaled < 99.95)
    };
    let text = format!("{scaled:.digits$} {prefix}{unit}");
    f.pad(text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_prefix() {
        assert_eq!(Hashrate::new(333e6).to_string(), "333 MH/s");
        assert_eq!(Hashrate::new(1.2345e12).to_string(), "1.23 TH/s");
        assert_eq!(Hashrate::new(999.9).to_string(), "1.00 kH/s");
        assert_eq!(Hashrate::ZERO.to_string(), "0.00 H/s");
    }

    #[test]
    fn nonsense_is_zero() {
        assert_eq!(Hashrate::new(f64::NAN), Hashrate::ZERO);
        assert_eq!(Hashrate::over(1.0, Duration::ZERO), Hashrate::ZERO);
        assert_eq!(Hashrate::ZERO.time_for(1.0), None);
    }
}
