//! The list of models: what can be driven, how it is reached and recognised.

use super::{Board, BoardError, BoardOptions, icarus, software};
use crate::transport::{Emulator, Transport};
use crate::units::Hashrate;

/// A model of board.
#[derive(Debug)]
pub struct Model {
    /// Its name, as `--board` and `--simulate` take it.
    pub name: &'static str,
    /// Other names that are understood.
    pub aliases: &'static [&'static str],
    /// What people call it.
    pub title: &'static str,
    /// Its chips.
    pub chips: &'static str,
    /// How it is reached.
    pub connection: Connection,
    /// What a board of stock clock does.
    pub nominal: Hashrate,
    /// USB identities that it may show.
    pub usb: &'static [Identity],
    /// Options that `--board` and `--simulate` take, the common ones included.
    pub options: &'static [OptionHelp],
    /// Makes the driver. The transport is open; the board was not spoken to yet.
    pub open: Open,
    /// Makes the emulator; `None` for what needs none (the software board).
    pub emulate: Option<Emulate>,
}

/// Makes a driver over an open transport; `None` for boards without a port.
pub type Open = fn(Option<Box<dyn Transport>>, &BoardOptions) -> Result<Box<dyn Board>, BoardError>;

/// Makes an emulator.
pub type Emulate = fn(&BoardOptions) -> Result<Box<dyn Emulator>, BoardError>;

/// How a board is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// A serial port at this line speed, 8N1.
    Serial {
        /// Line speed unless the option `baud` says otherwise.
        baud: u32,
    },
    /// No port: the host's own processor.
    Host,
}

/// A USB identity that a model may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Vendor id.
    pub vid: u16,
    /// Product id.
    pub pid: u16,
    /// Text that the manufacturer string must contain.
    pub manufacturer: Option<&'static str>,
    /// Text that the product string must contain.
    pub product: Option<&'static str>,
}

/// An option and its help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionHelp {
    /// The key.
    pub key: &'static str,
    /// What it does, with unit, range and default.
    pub about: &'static str,
}

/// Every model, in the order in which help texts list them.
pub static MODELS: &[&Model] = &[
    &icarus::ICARUS,
    &icarus::LANCELOT,
    &icarus::CAIRNSMORE1,
    &icarus::BLOCK_ERUPTER,
    &icarus::FPGA_SERIAL,
    &icarus::FPGA_KRAMBLE,
    &icarus::FPGA_SIMPLERS232,
    &icarus::FPGA_KC705,
    &icarus::AVALON_NANO,
    &icarus::ANTMINER_U1,
    &icarus::ANTMINER_U2,
    &icarus::ANTMINER_U3,
    &software::CPU,
];

/// The model called `name`.
///
/// # Errors
/// [`BoardError::UnknownModel`].
pub fn model(name: &str) -> Result<&'static Model, BoardError> {
    let called = |model: &&Model| model.name == name || model.aliases.contains(&name);
    MODELS
        .iter()
        .copied()
        .find(called)
        .ok_or_else(|| BoardError::UnknownModel(name.to_owned()))
}
