//! TMP1075: a thermometer for a circuit board.
//!
//! TI data sheet SBOS854; its addresses: `bm13xx-boards.md` section 15.

use super::{I2c, PeripheralError, present, read_be};

const TEMPERATURE: u8 = 0x00;
const DEVICE_ID: u8 = 0x0f;
const TMP1075: u16 = 0x7500;

/// The part.
#[derive(Debug, Clone, Copy)]
pub struct Tmp1075 {
    address: u8,
}

impl Tmp1075 {
    /// Looks whether one is at `address`; `None`: nobody is there.
    ///
    /// # Errors
    /// [`PeripheralError::Implausible`] when another part answers; the bus's.
    pub fn find(bus: &mut dyn I2c, address: u8) -> Result<Option<Self>, PeripheralError> {
        match present(read_be(bus, address, DEVICE_ID))? {
            None => Ok(None),
            Some(TMP1075) => Ok(Some(Self { address })),
            Some(other) => Err(PeripheralError::Implausible {
                part: "TMP1075",
                expected: format!("device id {TMP1075:04x}"),
                got: format!("{other:04x}"),
            }),
        }
    }

    /// Temperature, degrees Celsius.
    ///
    /// # Errors
    /// The bus's.
    pub fn celsius(&self, bus: &mut dyn I2c) -> Result<f32, PeripheralError> {
        let word = read_be(bus, self.address, TEMPERATURE)?.cast_signed();
        Ok(f32::from(word >> 4) / 16.0)
    }
}
