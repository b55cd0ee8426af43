//! The icarus class: boards that take a midstate and a tail over a serial line and answer with nonces.
//!
//! One driver and one emulator with the members' differences as data (`params`): Icarus, Lancelot, Cairnsmore1, Block Erupter,
//! FPGA cores on a UART, Avalon Nano 1.0, Antminer U1 to U3. The emulator decodes the wire by itself and shares with the driver
//! only that table. Neither knows a pool. Source: `classic-boards.md` section 4.

mod commands;
mod driver;
mod emulator;
mod flight;
mod frames;
mod line;
mod models;
mod params;
mod probe;
mod replies;
mod settings;
mod timing;
mod works;

pub use models::{
    ANTMINER_U1, ANTMINER_U2, ANTMINER_U3, AVALON_NANO, BLOCK_ERUPTER, CAIRNSMORE1, FPGA_KC705,
    FPGA_KRAMBLE, FPGA_SERIAL, FPGA_SIMPLERS232, ICARUS, LANCELOT,
};

/// Zero bits of the nonces that an emulator reports unless told otherwise: about one in a million hashes. Whoever opens
/// a driver for an emulator gives it the same option `zero-bits`; a driver without it expects hardware's 32.
pub const SIMULATED_ZERO_BITS: u32 = 20;

/// Hashes a second of an emulator unless told otherwise.
pub const SIMULATED_RATE: f64 = 1e6;

/// `options` with what driver and emulator must agree on added where it is missing: zero bits and rate. For callers that open
/// both ends.
///
/// # Errors
/// None that a caller can cause; [`BoardError`](super::BoardError) as [`BoardOptions::with`](super::BoardOptions::with).
pub fn simulated(
    mut options: super::BoardOptions,
) -> Result<super::BoardOptions, super::BoardError> {
    let defaults = [
        ("zero-bits", SIMULATED_ZERO_BITS.to_string()),
        ("rate", SIMULATED_RATE.to_string()),
    ];
    for (key, value) in defaults {
        if options.text(key).is_none() {
            options = options.with(key, &value)?;
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests;
