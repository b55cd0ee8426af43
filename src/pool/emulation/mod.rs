//! What emulated pools of every protocol have in common: a chain of invented blocks, when something goes wrong, how a client's
//! difficulty is steered, and, where clients keep a connection, who they are and what goes out to them ([`Serving`]).
//!
//! [`PoolEmulator`] is what each of them is. No protocol here, no I/O, no clock.

mod chain;
mod emulator;
mod faults;
mod job;
mod late;
mod outbox;
mod pace;
mod seen;
mod serving;
mod vardiff;

pub(super) use chain::{Chain, nbits_for};
pub use emulator::{
    ClientId, EmulatorEvent, EmulatorSettings, Fault, FaultKind, HttpPoolSettings, MidstateGiven,
    PoolEmulator, Transmit,
};
pub(super) use faults::{Faults, Manner};
pub(super) use job::ChainJob;
pub(super) use late::Late;
pub(super) use outbox::{Lines, Outbox, Seal};
pub(super) use pace::JobPace;
pub(super) use seen::Seen;
pub(super) use serving::{Base, Connected, Serving};
pub(super) use vardiff::Vardiff;
