//! Bitaxe boards with the bitaxe-raw USB firmware: one chip, a regulator, a fan, a thermometer, behind a control port and a data port.
//!
//! What the boards differ in is data (`kind`); the driver and the emulator read it, and serve the EmberOne too. The driver's look after
//! the board runs on the board's own thread. Facts: `bm13xx-boards.md` sections 12, 14, 15.

mod board;
mod bystander;
mod cooler;
mod driver;
pub(in crate::board) mod emulator;
mod identify;
pub(in crate::board) mod kind;
mod measured;
mod models;
mod parts;
mod settings;
mod supply;
#[cfg(test)]
mod tests;
mod tuning;
mod watch;

pub(in crate::board) use driver::Bitaxe;
pub use models::{
    BITAXE, BITAXE_GAMMA, BITAXE_GAMMA_RHAPD, BITAXE_MAX, BITAXE_SUPRA, BITAXE_ULTRA,
};
pub(in crate::board) use models::{LINKS, OPTIONS};
pub(in crate::board) use settings::goal;
pub(in crate::board) use tuning::Tuning;
