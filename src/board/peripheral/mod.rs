//! Parts that boards carry beside their chips: regulators, meters, fan drivers, thermometers, each behind a small bus trait.
//!
//! A part knows its registers and units; it knows no board, keeps no time and decides nothing. Facts: `bm13xx-boards.md` section 15 and
//! the parts' public data sheets, named in each file. `emulated` has the same parts from the other side.

mod ds4432u;
mod emc2101;
mod emc2103;
pub(crate) mod emulated;
mod error;
mod ina260;
mod linear;
#[cfg(test)]
mod tests;
mod tmp1075;
mod tmp451;
mod tps546;

pub use ds4432u::{Ds4432u, Feedback};
pub use emc2101::Emc2101;
pub use emc2103::Emc2103;
pub use error::PeripheralError;
pub use ina260::Ina260;
pub use tmp451::Tmp451;
pub use tmp1075::Tmp1075;
pub use tps546::{PowerStatus, Tps546, Tps546Limits};

/// A two-wire bus with parts on it, addressed by 7 bits.
pub trait I2c {
    /// Writes `bytes` to the part at `address`.
    ///
    /// # Errors
    /// [`PeripheralError::Refused`] when no part answers there; the bus's own errors.
    fn write(&mut self, address: u8, bytes: &[u8]) -> Result<(), PeripheralError>;

    /// Writes `bytes`, usually a register's number, and reads all of `into` without letting go of the bus.
    ///
    /// # Errors
    /// As [`write`](I2c::write).
    fn write_read(
        &mut self,
        address: u8,
        bytes: &[u8],
        into: &mut [u8],
    ) -> Result<(), PeripheralError>;
}

/// Lines of a controller, by its own numbers.
pub trait Gpio {
    /// Drives a line.
    ///
    /// # Errors
    /// The controller's.
    fn set_line(&mut self, line: u8, high: bool) -> Result<(), PeripheralError>;

    /// How a line stands.
    ///
    /// # Errors
    /// The controller's.
    fn line(&mut self, line: u8) -> Result<bool, PeripheralError>;
}

/// One byte of a register.
pub(crate) fn read_byte(
    bus: &mut dyn I2c,
    address: u8,
    register: u8,
) -> Result<u8, PeripheralError> {
    let mut byte = [0];
    bus.write_read(address, &[register], &mut byte)?;
    Ok(byte[0])
}

/// Two bytes of a register, most significant first.
pub(crate) fn read_be(
    bus: &mut dyn I2c,
    address: u8,
    register: u8,
) -> Result<u16, PeripheralError> {
    let mut bytes = [0; 2];
    bus.write_read(address, &[register], &mut bytes)?;
    Ok(u16::from_be_bytes(bytes))
}

/// Two bytes of a register, least significant first.
pub(crate) fn read_le(
    bus: &mut dyn I2c,
    address: u8,
    register: u8,
) -> Result<u16, PeripheralError> {
    Ok(read_be(bus, address, register)?.swap_bytes())
}

/// Whether a part is at an address: `None` when nobody answers there, an error when the bus itself fails.
pub(crate) fn present<T>(answer: Result<T, PeripheralError>) -> Result<Option<T>, PeripheralError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(PeripheralError::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
