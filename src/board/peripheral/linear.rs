//! PMBus number formats: PMBus specification part II, revision 1.3, section 7 (Linear11) and 8.3 (ULinear16).

/// A Linear11 word: five bits of exponent, eleven of mantissa, both two's complement.
pub(crate) fn from_linear11(word: u16) -> f32 {
    let exponent = i32::from(word.cast_signed() >> 11);
    let mantissa = f32::from((word << 5).cast_signed() >> 5);
    mantissa * (exponent as f32).exp2()
}

/// The Linear11 word nearest to `value`, with the smallest exponent that holds it. Values beyond the format are cut to its ends.
pub(crate) fn to_linear11(value: f32) -> u16 {
    let fits = |exponent: &i32| {
        let mantissa = (value / (*exponent as f32).exp2()).round();
        (-1024.0..=1023.0).contains(&mantissa)
    };
    let exponent = (-16..=15).find(fits).unwrap_or(15);
    let mantissa = (value / (exponent as f32).exp2()).round();
    let mantissa = mantissa.clamp(-1024.0, 1023.0) as i16;
    ((exponent as u16) << 11) | (mantissa as u16 & 0x07ff)
}

/// A ULinear16 word under the exponent of `VOUT_MODE`.
pub(crate) fn from_ulinear16(word: u16, exponent: i8) -> f32 {
    f32::from(word) * f32::from(exponent).exp2()
}

/// The ULinear16 word nearest to `value`.
pub(crate) fn to_ulinear16(value: f32, exponent: i8) -> u16 {
    // The cast saturates.
    (value / f32::from(exponent).exp2()).round() as u16
}

/// The exponent that `VOUT_MODE` names; `None`: the mode is not linear.
pub(crate) fn exponent_of(mode: u8) -> Option<i8> {
    let linear = mode & 0x60 == 0;
    linear.then_some((mode << 3).cast_signed() >> 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_specification_have_their_values() {
        // The examples that PMBus application notes give: 0xd300 is 12 V, 0xf818 is 12 A, 0xe804 a half.
        for (word, value) in [
            (0xd300, 12.0),
            (0xf818, 12.0),
            (0xe804, 0.5),
            (0x07ff, -1.0),
            (0x0019, 25.0),
        ] {
            assert!((from_linear11(word) - value).abs() < 1e-6, "{word:04x}");
        }
        assert!((from_ulinear16(0x0266, -9) - 1.199_218_8).abs() < 1e-6);
        assert_eq!(to_ulinear16(1.2, -9), 0x0266);
    }

    #[test]
    fn what_is_written_is_read_back_to_a_thousandth() {
        for value in [0.001_f32, 0.5, 1.2, 4.8, 30.0, 105.0, -40.0, 1000.0, 0.0] {
            let read = from_linear11(to_linear11(value));
            // Half a step of the smallest exponent, for what is smaller than that.
            let tolerance = (value.abs() / 1000.0).max(0.5 / 65536.0);
            assert!((read - value).abs() <= tolerance, "{value}: {read}");
        }
        assert!(from_linear11(to_linear11(1e9)) > 3e7, "cut to the end");
    }

    #[test]
    fn the_mode_tells_the_exponent_or_that_it_is_another() {
        assert_eq!(exponent_of(0x17), Some(-9));
        assert_eq!(exponent_of(0x97), Some(-9), "the relative bit is no mode");
        assert_eq!(exponent_of(0x02), Some(2));
        assert_eq!(exponent_of(0x20), None);
    }
}
