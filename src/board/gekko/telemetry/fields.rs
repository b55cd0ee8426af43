//! What the controller's bytes mean: which fields there are, and their scales.

use arrayvec::ArrayVec;

/// The controller's reference: what code 255 stands for, volts.
const REFERENCE: f64 = 2.048 / 255.0;
/// Code of the temperature that stands for 125 degrees.
const HOTTEST_CODE: u8 = 218;

/// The fields, by their bit in the mask and their place in an answer.
const VIN: u8 = 0;
const IIN: u8 = 1;
const VOUT: u8 = 2;
const IOUT: u8 = 3;
const TEMP1: u8 = 4;
const TEMP2: u8 = 5;
const TACH: u8 = 6;
const HIGH_CURRENT: u8 = 7;

const fn mask(bits: &[u8]) -> u8 {
    let (mut mask, mut at) = (0, 0);
    while at < bits.len() {
        mask |= 1 << bits[at];
        at += 1;
    }
    mask
}

const MASK_1: u8 = mask(&[VIN, VOUT, TEMP1]);
const MASK_2_0: u8 = MASK_1 | mask(&[IIN, IOUT, TACH, HIGH_CURRENT]);
const MASK_2_1: u8 = MASK_1 | mask(&[IIN, TEMP2, TACH]);

/// Which fields a controller sends, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::board::gekko) struct Layout {
    version: u8,
    mask: u8,
}

impl Layout {
    /// By the controller's version (major and minor in a half byte each); `None`: it must be asked for its mask.
    pub(super) fn known(version: u8) -> Option<Self> {
        let mask = match version {
            0x10..=0x1f => MASK_1,
            0x20 => MASK_2_0,
            0x21..=0x2f => MASK_2_1,
            _ => return None,
        };
        Some(Self { version, mask })
    }

    /// By the mask that it told.
    pub(super) const fn told(version: u8, mask: u8) -> Self {
        Self { version, mask }
    }

    /// How many bytes an answer has.
    pub(super) const fn length(self) -> usize {
        (self.mask & 0x7f).count_ones() as usize
    }

    /// What an answer says.
    pub(super) fn read(self, raw: &[u8]) -> Reading {
        let mut bytes = raw.iter().copied();
        let mut field = |bit: u8| {
            let sent = self.mask >> bit & 1 == 1;
            if sent { bytes.next() } else { None }
        };
        // In the order in which they are sent.
        let (vin, iin, vout, iout) = (field(VIN), field(IIN), field(VOUT), field(IOUT));
        let (temp1, temp2, tach) = (field(TEMP1), field(TEMP2), field(TACH));
        let temperatures = [temp1, temp2].into_iter().flatten().filter_map(celsius);
        Reading {
            raw: raw.iter().copied().take(7).collect(),
            input_voltage: vin.map(|code| self.input_volts(code)),
            input_current: iin.map(|code| self.amperes(code)),
            core_voltage: vout.map(|code| f64::from(code) * REFERENCE / 2.0),
            core_current: iout.map(|code| self.amperes(code)),
            celsius: temperatures.reduce(f64::max),
            fan_rpm: tach.map(|code| u32::from(code) * 30),
        }
    }

    fn input_volts(self, code: u8) -> f64 {
        let scale = if self.version < 0x20 {
            6.0 / 255.0
        } else {
            REFERENCE * 12.0
        };
        f64::from(code) * scale
    }

    fn amperes(self, code: u8) -> f64 {
        let scale = if self.mask >> HIGH_CURRENT & 1 == 1 {
            20.0
        } else {
            3.125
        };
        f64::from(code) * REFERENCE * scale
    }
}

/// `None`: the sensor is not there.
fn celsius(code: u8) -> Option<f64> {
    match code {
        0 => None,
        code if code > HOTTEST_CODE => Some(125.0),
        code => Some(f64::from(code) * 175.0 / 218.0 - 50.0),
    }
}

/// What the controller measures; `None`: this one does not.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::board::gekko) struct Reading {
    /// Its bytes as they came.
    pub(in crate::board::gekko) raw: ArrayVec<u8, 7>,
    /// Volts.
    pub(in crate::board::gekko) input_voltage: Option<f64>,
    /// Amperes.
    pub(in crate::board::gekko) input_current: Option<f64>,
    /// Volts.
    pub(in crate::board::gekko) core_voltage: Option<f64>,
    /// Amperes.
    pub(in crate::board::gekko) core_current: Option<f64>,
    /// The hotter of its sensors, degrees Celsius; `None` also when they say nothing sensible.
    pub(in crate::board::gekko) celsius: Option<f64>,
    /// Turns a minute.
    pub(in crate::board::gekko) fan_rpm: Option<u32>,
}

impl Reading {
    /// Watts that the board draws.
    pub(in crate::board::gekko) fn watts(&self) -> Option<f64> {
        let input = self.input_voltage.zip(self.input_current);
        let core = self.core_voltage.zip(self.core_current);
        input.or(core).map(|(volts, amperes)| volts * amperes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(got: Option<f64>, expected: f64) {
        let got = got.unwrap();
        assert!(
            (got - expected).abs() < 0.02 * expected,
            "{got} for {expected}"
        );
    }

    #[test]
    fn fields_come_by_version_and_mask() {
        let old = Layout::known(0x12).unwrap();
        let reading = old.read(&[212, 75, 125]);
        assert_eq!(old.length(), 3);
        close(reading.input_voltage, 5.0);
        close(reading.core_voltage, 0.3);
        close(reading.celsius, 50.3);
        assert_eq!((reading.fan_rpm, reading.input_current), (None, None));
        let newer = Layout::known(0x20).unwrap();
        let reading = newer.read(&[52, 6, 75, 104, 125, 100]);
        close(reading.input_voltage, 5.0);
        close(reading.input_current, 0.96);
        close(reading.core_current, 16.7);
        close(reading.watts(), 4.8);
        assert_eq!(reading.fan_rpm, Some(3000));
        let low = Layout::known(0x21)
            .unwrap()
            .read(&[52, 40, 75, 0, 130, 100]);
        close(low.input_current, 1.0);
        close(low.celsius, 54.4);
        assert_eq!(Layout::known(0x30), None);
        let told = Layout::told(0x30, 0x10);
        assert_eq!((told.length(), told.read(&[0]).celsius), (1, None));
        close(told.read(&[219]).celsius, 125.0);
    }
}
