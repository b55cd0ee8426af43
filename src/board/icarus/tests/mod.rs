//! The driver against the emulator on virtual time, and both against the vectors of classic-boards.md.

mod conversation;
mod faults;
mod hardware;
mod noise;
mod rig;
mod vectors;
