//! EMC2101: drives one fan, counts its turns, measures its own temperature and that of a diode.
//!
//! SMSC data sheet EMC2101 revision 2.53; configuration bytes: `bm13xx-boards.md` section 15.

use super::{I2c, PeripheralError, present, read_byte};

const INTERNAL: u8 = 0x00;
const EXTERNAL_HIGH: u8 = 0x01;
const STATUS: u8 = 0x02;
const CONFIG: u8 = 0x03;
const EXTERNAL_LOW: u8 = 0x10;
const IDEALITY: u8 = 0x17;
const BETA: u8 = 0x18;
const TACH_LOW: u8 = 0x46;
const TACH_HIGH: u8 = 0x47;
const FAN_CONFIG: u8 = 0x4a;
const FAN_SETTING: u8 = 0x4c;
const PRODUCT_ID: u8 = 0xfd;
const PRODUCTS: [u8; 2] = [0x16, 0x28];

/// The pin is a tachometer's input.
const TACH_INPUT: u8 = 0x04;
/// The fan follows the setting, not the table; 5.4 MHz tachometer clock.
const BY_SETTING: u8 = 0x23;
/// The diode is open.
const DIODE_OPEN: u8 = 0x04;
const GREATEST_SETTING: f32 = 63.0;
const TACH_CLOCK: u32 = 5_400_000;
/// The counter's end: the fan stands.
const STANDS: u16 = 0xffff;
/// From here on a reading of the diode is a fault's code and no temperature.
const FAULT_CELSIUS: f32 = 127.0;

/// The part.
#[derive(Debug, Clone, Copy)]
pub struct Emc2101 {
    address: u8,
}

impl Emc2101 {
    /// Its only address.
    pub const ADDRESS: u8 = 0x4c;

    /// Looks whether one is at `address`; `None`: nobody is there, or another part.
    ///
    /// # Errors
    /// The bus's.
    pub fn find(bus: &mut dyn I2c, address: u8) -> Result<Option<Self>, PeripheralError> {
        let product = present(read_byte(bus, address, PRODUCT_ID))?;
        let ours = product.is_some_and(|product| PRODUCTS.contains(&product));
        Ok(ours.then_some(Self { address }))
    }

    /// Makes the fan follow [`set_fan`](Emc2101::set_fan) and its turns countable. `diode`: ideality factor and beta compensation
    /// that the chip's diode needs, if they are known.
    ///
    /// # Errors
    /// The bus's.
    pub fn configure(
        &self,
        bus: &mut dyn I2c,
        diode: Option<(u8, u8)>,
    ) -> Result<(), PeripheralError> {
        bus.write(self.address, &[CONFIG, TACH_INPUT])?;
        bus.write(self.address, &[FAN_CONFIG, BY_SETTING])?;
        let Some((ideality, beta)) = diode else {
            return Ok(());
        };
        bus.write(self.address, &[IDEALITY, ideality])?;
        bus.write(self.address, &[BETA, beta])
    }

    /// Drives the fan at `percent`, 0 to 100.
    ///
    /// # Errors
    /// The bus's.
    pub fn set_fan(&self, bus: &mut dyn I2c, percent: u8) -> Result<(), PeripheralError> {
        let setting = f32::from(percent.min(100)) / 100.0 * GREATEST_SETTING;
        bus.write(self.address, &[FAN_SETTING, setting.round() as u8])
    }

    /// Turns a minute; 0: it stands, or has no tachometer.
    ///
    /// # Errors
    /// The bus's.
    pub fn rpm(&self, bus: &mut dyn I2c) -> Result<u32, PeripheralError> {
        // The low byte first: reading it holds the high byte.
        let low = read_byte(bus, self.address, TACH_LOW)?;
        let high = read_byte(bus, self.address, TACH_HIGH)?;
        let count = u16::from_be_bytes([high, low]);
        Ok(match count {
            0 | STANDS => 0,
            count => TACH_CLOCK / u32::from(count),
        })
    }

    /// Its own temperature, degrees Celsius.
    ///
    /// # Errors
    /// The bus's.
    pub fn internal_celsius(&self, bus: &mut dyn I2c) -> Result<f32, PeripheralError> {
        let byte = read_byte(bus, self.address, INTERNAL)?;
        Ok(f32::from(byte.cast_signed()))
    }

    /// The diode's temperature, degrees Celsius.
    ///
    /// # Errors
    /// [`PeripheralError::Implausible`] when the diode is open or shorted; the bus's.
    pub fn diode_celsius(&self, bus: &mut dyn I2c) -> Result<f32, PeripheralError> {
        let high = read_byte(bus, self.address, EXTERNAL_HIGH)?;
        let low = read_byte(bus, self.address, EXTERNAL_LOW)?;
        let eighths = i16::from_be_bytes([high, low]) >> 5;
        let celsius = f32::from(eighths) / 8.0;
        let status = read_byte(bus, self.address, STATUS)?;
        if celsius < FAULT_CELSIUS && status & DIODE_OPEN == 0 {
            return Ok(celsius);
        }
        Err(PeripheralError::Implausible {
            part: "EMC2101",
            expected: "a diode's temperature".to_owned(),
            got: format!("{celsius} degrees, status {status:02x}: open or shorted"),
        })
    }
}
