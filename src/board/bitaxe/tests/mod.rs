//! Boards against their emulators, on virtual time.

mod bring_up;
mod hardware;
mod options;
mod rig;
mod safety;
mod tuning;
