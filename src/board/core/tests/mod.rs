//! The same conversations with the emulator, with the RTL in several parameter sets, and with a board on a desk.

mod bad_input;
mod conversations;
mod cycles;
mod emulated;
mod hardware;
mod host;
mod icarus;
mod simulated;
