//! TPS546D24A, TPS546D24S: a buck regulator on PMBus that makes the chips' core voltage.
//!
//! Commands: PMBus part II revision 1.3, TI data sheet SLUSDN0; limits: `bm13xx-boards.md` section 15.

use super::linear::{exponent_of, from_linear11, from_ulinear16, to_linear11, to_ulinear16};
use super::{I2c, PeripheralError, present, read_byte, read_le};

const OPERATION: u8 = 0x01;
const ON_OFF_CONFIG: u8 = 0x02;
const CLEAR_FAULTS: u8 = 0x03;
const VOUT_MODE: u8 = 0x20;
const VOUT_COMMAND: u8 = 0x21;
const VOUT_MAX: u8 = 0x24;
const VOUT_SCALE_LOOP: u8 = 0x29;
const VOUT_MIN: u8 = 0x2b;
const VIN_ON: u8 = 0x35;
const VIN_OFF: u8 = 0x36;
const IOUT_OC_FAULT_LIMIT: u8 = 0x46;
const IOUT_OC_WARN_LIMIT: u8 = 0x4a;
const OT_FAULT_LIMIT: u8 = 0x4f;
const OT_WARN_LIMIT: u8 = 0x51;
const STATUS_WORD: u8 = 0x79;
const READ_VIN: u8 = 0x88;
const READ_VOUT: u8 = 0x8b;
const READ_IOUT: u8 = 0x8c;
const READ_TEMPERATURE_1: u8 = 0x8d;
const IC_DEVICE_ID: u8 = 0xad;

/// `TI`, and the number of the family: the last two bytes tell variants.
const MAKER: [u8; 3] = [0x54, 0x49, 0x54];
/// The output follows `OPERATION` alone, and goes off at once.
const BY_COMMAND: u8 = 0x19;
const ON: u8 = 0x80;
const OFF: u8 = 0x00;
/// How far the read back voltage may be from the one that was set: half a step, and rounding.
const STEP_TOLERANCE: f32 = 0.002;

/// What a board lets its regulator do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tps546Limits {
    /// Least and greatest output, volts.
    pub output: (f32, f32),
    /// Input voltage above which it starts and below which it stops, volts.
    pub input: (f32, f32),
    /// Output current that is warned of and that switches off, amperes.
    pub amps: (f32, f32),
    /// Its own temperature that is warned of and that switches off, degrees Celsius.
    pub celsius: (f32, f32),
}

/// What `STATUS_WORD` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PowerStatus(pub u16);

impl PowerStatus {
    const FAULTS: [(u16, &'static str); 4] = [
        (0x0020, "output over-voltage"),
        (0x0010, "output over-current"),
        (0x0008, "input under-voltage"),
        (0x0004, "regulator temperature"),
    ];
    /// An output warning or fault that has no bit of its own in the low byte, such as under-voltage.
    const OUTPUT: u16 = 0x8000;

    /// What has switched the output off or is about to, in words.
    pub fn fault(self) -> Option<&'static str> {
        let named = Self::FAULTS.iter().find(|(bit, _)| self.0 & bit != 0);
        named
            .map(|(_, name)| *name)
            .or((self.0 & Self::OUTPUT != 0).then_some("output voltage"))
    }
}

/// The regulator.
#[derive(Debug, Clone, Copy)]
pub struct Tps546 {
    address: u8,
    exponent: i8,
    limits: Tps546Limits,
}

impl Tps546 {
    /// The address that boards with one regulator give it.
    pub const ADDRESS: u8 = 0x24;

    /// Looks whether one is at `address`; `None`: nobody is there.
    ///
    /// # Errors
    /// [`PeripheralError::Implausible`] when another part answers; the bus's.
    pub fn find(
        bus: &mut dyn I2c,
        address: u8,
        limits: Tps546Limits,
    ) -> Result<Option<Self>, PeripheralError> {
        let mut id = [0; 7];
        let asked = bus.write_read(address, &[IC_DEVICE_ID], &mut id);
        if present(asked)?.is_none() {
            return Ok(None);
        }
        if id[0] != 6 || id[1..4] != MAKER {
            return Err(unlike("device id 06544954.....", hex::encode(id)));
        }
        let mode = read_byte(bus, address, VOUT_MODE)?;
        let exponent =
            exponent_of(mode).ok_or_else(|| unlike("linear VOUT_MODE", format!("{mode:02x}")))?;
        Ok(Some(Self {
            address,
            exponent,
            limits,
        }))
    }

    /// Switches the output off and gives the regulator its limits.
    ///
    /// # Errors
    /// The bus's.
    pub fn configure(&self, bus: &mut dyn I2c) -> Result<(), PeripheralError> {
        let limits = self.limits;
        self.off(bus)?;
        bus.write(self.address, &[ON_OFF_CONFIG, BY_COMMAND])?;
        self.write_linear11(bus, VOUT_SCALE_LOOP, 0.25)?;
        self.write_volts(bus, VOUT_MIN, limits.output.0)?;
        self.write_volts(bus, VOUT_MAX, limits.output.1)?;
        self.write_linear11(bus, VIN_ON, limits.input.0)?;
        self.write_linear11(bus, VIN_OFF, limits.input.1)?;
        self.write_linear11(bus, IOUT_OC_WARN_LIMIT, limits.amps.0)?;
        self.write_linear11(bus, IOUT_OC_FAULT_LIMIT, limits.amps.1)?;
        self.write_linear11(bus, OT_WARN_LIMIT, limits.celsius.0)?;
        self.write_linear11(bus, OT_FAULT_LIMIT, limits.celsius.1)?;
        bus.write(self.address, &[CLEAR_FAULTS])
    }

    /// Sets the output voltage and checks that it was taken.
    ///
    /// # Errors
    /// [`PeripheralError::OutOfRange`] outside of the limits, [`PeripheralError::Implausible`] when another value is read back.
    pub fn set_volts(&self, bus: &mut dyn I2c, volts: f32) -> Result<(), PeripheralError> {
        let (least, most) = self.limits.output;
        if !(least..=most).contains(&volts) {
            return Err(PeripheralError::OutOfRange {
                part: "TPS546",
                value: format!("{volts:.3} V"),
                range: format!("{least:.3} to {most:.3} V"),
            });
        }
        self.write_volts(bus, VOUT_COMMAND, volts)?;
        let taken = from_ulinear16(read_le(bus, self.address, VOUT_COMMAND)?, self.exponent);
        if (taken - volts).abs() > STEP_TOLERANCE {
            return Err(unlike(
                &format!("{volts:.3} V set"),
                format!("{taken:.3} V read back"),
            ));
        }
        Ok(())
    }

    /// Switches the output on.
    ///
    /// # Errors
    /// The bus's.
    pub fn on(&self, bus: &mut dyn I2c) -> Result<(), PeripheralError> {
        bus.write(self.address, &[CLEAR_FAULTS])?;
        bus.write(self.address, &[OPERATION, ON])
    }

    /// Switches the output off, at once, and forgets the faults that did not last.
    ///
    /// # Errors
    /// The bus's.
    pub fn off(&self, bus: &mut dyn I2c) -> Result<(), PeripheralError> {
        bus.write(self.address, &[OPERATION, OFF])?;
        self.clear_faults(bus)
    }

    /// Forgets the faults that have passed; the others come back at once.
    ///
    /// # Errors
    /// The bus's.
    pub fn clear_faults(&self, bus: &mut dyn I2c) -> Result<(), PeripheralError> {
        bus.write(self.address, &[CLEAR_FAULTS])
    }

    /// Measured output, volts.
    ///
    /// # Errors
    /// The bus's.
    pub fn output_volts(&self, bus: &mut dyn I2c) -> Result<f32, PeripheralError> {
        let word = read_le(bus, self.address, READ_VOUT)?;
        Ok(from_ulinear16(word, self.exponent))
    }

    /// Measured input, volts.
    ///
    /// # Errors
    /// The bus's.
    pub fn input_volts(&self, bus: &mut dyn I2c) -> Result<f32, PeripheralError> {
        read_le(bus, self.address, READ_VIN).map(from_linear11)
    }

    /// Measured output current, amperes.
    ///
    /// # Errors
    /// The bus's.
    pub fn output_amps(&self, bus: &mut dyn I2c) -> Result<f32, PeripheralError> {
        read_le(bus, self.address, READ_IOUT).map(from_linear11)
    }

    /// Its own temperature, degrees Celsius.
    ///
    /// # Errors
    /// The bus's.
    pub fn celsius(&self, bus: &mut dyn I2c) -> Result<f32, PeripheralError> {
        read_le(bus, self.address, READ_TEMPERATURE_1).map(from_linear11)
    }

    /// What it complains of.
    ///
    /// # Errors
    /// The bus's.
    pub fn status(&self, bus: &mut dyn I2c) -> Result<PowerStatus, PeripheralError> {
        read_le(bus, self.address, STATUS_WORD).map(PowerStatus)
    }

    fn write_volts(
        &self,
        bus: &mut dyn I2c,
        command: u8,
        volts: f32,
    ) -> Result<(), PeripheralError> {
        let [low, high] = to_ulinear16(volts, self.exponent).to_le_bytes();
        bus.write(self.address, &[command, low, high])
    }

    fn write_linear11(
        &self,
        bus: &mut dyn I2c,
        command: u8,
        value: f32,
    ) -> Result<(), PeripheralError> {
        let [low, high] = to_linear11(value).to_le_bytes();
        bus.write(self.address, &[command, low, high])
    }
}

fn unlike(expected: &str, got: String) -> PeripheralError {
    PeripheralError::Implausible {
        part: "TPS546",
        expected: expected.to_owned(),
        got,
    }
}
