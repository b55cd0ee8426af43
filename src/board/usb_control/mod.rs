//! The control port of boards with bitaxe-raw and its kin: GPIO, I2C, ADC, LED and fan of the controller, a request at a time.
//!
//! Facts: `bm13xx-boards.md` section 14. It knows the controller's packets; what the lines and the parts on the bus mean is the boards'.

mod control;
pub(crate) mod emulator;
mod frames;
#[cfg(test)]
mod tests;

pub use control::UsbControl;
pub use frames::Dialect;
