//! What emulated pools of every protocol have in common: a chain of invented blocks, when something goes wrong, how a client's
//! difficulty is steered, and, for protocols of lines, how these go out.
//!
//! [`PoolEmulator`] is what each of them is. No protocol here, no I/O, no clock.

mod chain;
mod emulator;
mod faults;
mod job;
mod lines;
mod vardiff;

pub(super) use chain::{Chain, nbits_for};
pub use emulator::{
    ClientId, EmulatorEvent, EmulatorSettings, Fault, FaultKind, HttpPoolSettings, MidstateGiven,
    PoolEmulator, Transmit,
};
pub(super) use faults::{Faults, Manner};
pub(super) use job::ChainJob;
pub(super) use lines::Outbox;
pub(super) use vardiff::Vardiff;
