//! TMP451: a thermometer for itself and for a diode inside a chip.
//!
//! TI data sheet SBOS686; its addresses and the EmberOne's offset: `bm13xx-boards.md` section 15.

use super::{I2c, PeripheralError, present, read_byte};

const LOCAL_HIGH: u8 = 0x00;
const REMOTE_HIGH: u8 = 0x01;
const STATUS: u8 = 0x02;
const REMOTE_LOW: u8 = 0x10;
const REMOTE_OFFSET_HIGH: u8 = 0x11;
const LOCAL_LOW: u8 = 0x15;
const MAKER_ID: u8 = 0xfe;
const TEXAS_INSTRUMENTS: u8 = 0x55;
/// The diode is open.
const OPEN: u8 = 0x04;

/// The part.
#[derive(Debug, Clone, Copy)]
pub struct Tmp451 {
    address: u8,
}

impl Tmp451 {
    /// Looks whether one is at `address`; `None`: nobody is there.
    ///
    /// # Errors
    /// [`PeripheralError::Implausible`] when another part answers; the bus's.
    pub fn find(bus: &mut dyn I2c, address: u8) -> Result<Option<Self>, PeripheralError> {
        match present(read_byte(bus, address, MAKER_ID))? {
            None => Ok(None),
            Some(TEXAS_INSTRUMENTS) => Ok(Some(Self { address })),
            Some(other) => Err(PeripheralError::Implausible {
                part: "TMP451",
                expected: format!("maker id {TEXAS_INSTRUMENTS:02x}"),
                got: format!("{other:02x}"),
            }),
        }
    }

    /// Has `celsius` added to what it measures at the diode.
    ///
    /// # Errors
    /// The bus's.
    pub fn set_offset(&self, bus: &mut dyn I2c, celsius: i8) -> Result<(), PeripheralError> {
        let offset = celsius.cast_unsigned();
        bus.write(self.address, &[REMOTE_OFFSET_HIGH, offset])
    }

    /// Its own temperature, degrees Celsius.
    ///
    /// # Errors
    /// The bus's.
    pub fn local_celsius(&self, bus: &mut dyn I2c) -> Result<f32, PeripheralError> {
        self.celsius(bus, LOCAL_HIGH, LOCAL_LOW)
    }

    /// The diode's temperature, degrees Celsius.
    ///
    /// # Errors
    /// [`PeripheralError::Implausible`] when the diode is open; the bus's.
    pub fn diode_celsius(&self, bus: &mut dyn I2c) -> Result<f32, PeripheralError> {
        let celsius = self.celsius(bus, REMOTE_HIGH, REMOTE_LOW)?;
        let status = read_byte(bus, self.address, STATUS)?;
        if status & OPEN == 0 {
            return Ok(celsius);
        }
        Err(PeripheralError::Implausible {
            part: "TMP451",
            expected: "a diode's temperature".to_owned(),
            got: format!("status {status:02x}: open"),
        })
    }

    fn celsius(self, bus: &mut dyn I2c, high: u8, low: u8) -> Result<f32, PeripheralError> {
        let high = read_byte(bus, self.address, high)?;
        let low = read_byte(bus, self.address, low)?;
        Ok(f32::from(i16::from_be_bytes([high, low]) >> 4) / 16.0)
    }
}
