//! The room `net` over real sockets on loopback, against scripted peers.
//!
//! Where a test waits for a bound to pass it runs on tokio's paused clock, which leaps ahead whenever nothing else is to do.

// Clippy allows unwrap only inside of test functions; everything here is one.
#![allow(clippy::unwrap_used)]

mod dump;
mod fake;
mod link;
mod pool;
mod ports;
mod proxy;
mod redirect;
mod rig;
mod serve;
#[cfg(feature = "sv2")]
mod stratum_v2;
mod tls;
