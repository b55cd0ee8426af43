//! Tests of the sticks: driver and emulator on virtual time.

mod hardware;
mod mining;
mod rig;
mod safety;
