//! getwork and getblocktemplate over real sockets on loopback: the miner's link against scripted peers, and against the emulated pools.

// Clippy allows unwrap only inside of test functions; everything here is one.
#![allow(clippy::unwrap_used)]

mod faults;
mod getwork;
mod joined;
mod node;
mod node_faults;
mod peer;
mod rig;
mod switch;
