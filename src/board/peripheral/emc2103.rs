//! EMC2103: drives one fan, counts its turns, measures its own temperature and those of up to three diodes.
//!
//! SMSC data sheet EMC2103 revision 0.84; its address: `bm13xx-boards.md` section 15.

use super::{I2c, PeripheralError, present, read_byte};

const INTERNAL_HIGH: u8 = 0x00;
const DIODE_1_HIGH: u8 = 0x02;
const FAN_SETTING: u8 = 0x40;
const FAN_CONFIG: u8 = 0x42;
const TACH_HIGH: u8 = 0x4e;
const TACH_LOW: u8 = 0x4f;
const PRODUCT_ID: u8 = 0xfd;
const PRODUCTS: [u8; 2] = [0x24, 0x26];

/// The fan follows the setting; range of 1000 turns a minute and more, five edges a turn.
const BY_SETTING: u8 = 0x2b;
/// Turns a minute times count: 32.768 kHz, two pole pairs, and the range's multiplier of 2.
const TURNS: u32 = 3_932_160 * 2;
/// From here on the counter has run over: the fan stands.
const STANDS: u16 = 0x1ff0;

/// The part.
#[derive(Debug, Clone, Copy)]
pub struct Emc2103 {
    address: u8,
}

impl Emc2103 {
    /// The address that boards give it.
    pub const ADDRESS: u8 = 0x2e;

    /// Looks whether one is at `address`; `None`: nobody is there, or another part.
    ///
    /// # Errors
    /// The bus's.
    pub fn find(bus: &mut dyn I2c, address: u8) -> Result<Option<Self>, PeripheralError> {
        let product = present(read_byte(bus, address, PRODUCT_ID))?;
        let ours = product.is_some_and(|product| PRODUCTS.contains(&product));
        Ok(ours.then_some(Self { address }))
    }

    /// Makes the fan follow [`set_fan`](Emc2103::set_fan).
    ///
    /// # Errors
    /// The bus's.
    pub fn configure(&self, bus: &mut dyn I2c) -> Result<(), PeripheralError> {
        bus.write(self.address, &[FAN_CONFIG, BY_SETTING])
    }

    /// Drives the fan at `percent`, 0 to 100.
    ///
    /// # Errors
    /// The bus's.
    pub fn set_fan(&self, bus: &mut dyn I2c, percent: u8) -> Result<(), PeripheralError> {
        let setting = f32::from(percent.min(100)) / 100.0 * 255.0;
        bus.write(self.address, &[FAN_SETTING, setting.round() as u8])
    }

    /// Turns a minute; 0: it stands, or has no tachometer.
    ///
    /// # Errors
    /// The bus's.
    pub fn rpm(&self, bus: &mut dyn I2c) -> Result<u32, PeripheralError> {
        let high = read_byte(bus, self.address, TACH_HIGH)?;
        let low = read_byte(bus, self.address, TACH_LOW)?;
        let count = u16::from_be_bytes([high, low]) >> 3;
        Ok(match count {
            0 | STANDS.. => 0,
            count => TURNS / u32::from(count),
        })
    }

    /// Its own temperature, degrees Celsius.
    ///
    /// # Errors
    /// The bus's.
    pub fn internal_celsius(&self, bus: &mut dyn I2c) -> Result<f32, PeripheralError> {
        self.celsius(bus, INTERNAL_HIGH)
    }

    /// The first diode's temperature, degrees Celsius.
    ///
    /// # Errors
    /// [`PeripheralError::Implausible`] when the diode is open or shorted, which reads as -128; the bus's.
    pub fn diode_celsius(&self, bus: &mut dyn I2c) -> Result<f32, PeripheralError> {
        let celsius = self.celsius(bus, DIODE_1_HIGH)?;
        if celsius > -127.0 {
            return Ok(celsius);
        }
        Err(PeripheralError::Implausible {
            part: "EMC2103",
            expected: "a diode's temperature".to_owned(),
            got: format!("{celsius} degrees: open or shorted"),
        })
    }

    fn celsius(self, bus: &mut dyn I2c, high: u8) -> Result<f32, PeripheralError> {
        let high_byte = read_byte(bus, self.address, high)?;
        let low_byte = read_byte(bus, self.address, high + 1)?;
        Ok(f32::from(i16::from_be_bytes([high_byte, low_byte]) >> 5) / 8.0)
    }
}
