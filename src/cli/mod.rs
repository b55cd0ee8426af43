//! The program: one file a command, and the only place that knows all rooms.

pub mod bench;
