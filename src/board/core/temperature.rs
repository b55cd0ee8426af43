//! What a sensor's raw reading means.

/// Kind of sensor that the core's information frame names: none.
#[cfg(test)]
pub(super) const NO_SENSOR: u8 = 0;
/// Kind of sensor: ECP5's die sensor (DTR), codes 0 to 63.
pub(super) const ECP5: u8 = 1;

/// Degrees Celsius of ECP5's codes (Lattice FPGA-TN-02210, "ECP5 and ECP5-5G power consumption and management", table of DTR codes).
const ECP5_CELSIUS: [i16; 64] = [
    -58, -56, -54, -52, -45, -44, -43, -42, -41, -40, -39, -38, -37, -36, -30, -20, -10, -4, 0, 4,
    10, 21, 22, 23, 24, 25, 26, 27, 28, 29, 40, 50, 60, 70, 76, 80, 81, 82, 83, 84, 85, 86, 87, 88,
    89, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 116, 120, 124, 128, 132,
];

/// Degrees Celsius of a sensor's reading; `None`: there is no sensor, or no reading yet.
pub(super) fn celsius(sensor: u8, reading: u16) -> Option<f32> {
    if sensor != ECP5 || reading & 0x8000 != 0 {
        return None;
    }
    let degrees = ECP5_CELSIUS.get(usize::from(reading))?;
    Some(f32::from(*degrees))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_with_and_without_a_sensor() {
        assert_eq!(celsius(ECP5, 25), Some(25.0));
        assert_eq!(celsius(ECP5, 63), Some(132.0));
        assert_eq!(celsius(ECP5, 0x8000), None);
        assert_eq!(celsius(ECP5, 64), None);
        assert_eq!(celsius(NO_SENSOR, 25), None);
    }
}
