//! INA260: measures the board's supply voltage and current.
//!
//! TI data sheet SBOS656; units as in `bm13xx-boards.md` section 15.

use super::{I2c, PeripheralError, present, read_be};

const CURRENT: u8 = 0x01;
const VOLTAGE: u8 = 0x02;
const POWER: u8 = 0x03;
const MAKER_ID: u8 = 0xfe;
const TEXAS_INSTRUMENTS: u16 = 0x5449;

/// The part.
#[derive(Debug, Clone, Copy)]
pub struct Ina260 {
    address: u8,
}

impl Ina260 {
    /// Its address, both address pins at ground.
    pub const ADDRESS: u8 = 0x40;

    /// Looks whether one is at `address`; `None`: nobody is there.
    ///
    /// # Errors
    /// [`PeripheralError::Implausible`] when another part answers; the bus's.
    pub fn find(bus: &mut dyn I2c, address: u8) -> Result<Option<Self>, PeripheralError> {
        match present(read_be(bus, address, MAKER_ID))? {
            None => Ok(None),
            Some(TEXAS_INSTRUMENTS) => Ok(Some(Self { address })),
            Some(other) => Err(PeripheralError::Implausible {
                part: "INA260",
                expected: format!("maker id {TEXAS_INSTRUMENTS:04x}"),
                got: format!("{other:04x}"),
            }),
        }
    }

    /// Current, amperes; negative when it flows backwards.
    ///
    /// # Errors
    /// The bus's.
    pub fn amps(&self, bus: &mut dyn I2c) -> Result<f32, PeripheralError> {
        let word = read_be(bus, self.address, CURRENT)?;
        Ok(f32::from(word.cast_signed()) * 1.25e-3)
    }

    /// Voltage, volts.
    ///
    /// # Errors
    /// The bus's.
    pub fn volts(&self, bus: &mut dyn I2c) -> Result<f32, PeripheralError> {
        Ok(f32::from(read_be(bus, self.address, VOLTAGE)?) * 1.25e-3)
    }

    /// Power, watts.
    ///
    /// # Errors
    /// The bus's.
    pub fn watts(&self, bus: &mut dyn I2c) -> Result<f32, PeripheralError> {
        Ok(f32::from(read_be(bus, self.address, POWER)?) * 10e-3)
    }
}
