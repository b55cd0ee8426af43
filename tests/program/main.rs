//! The program as a whole: the built binary, real sockets, real pseudo-terminals, real signals.
//!
//! Every test starts its own processes on free ports and in its own folder, awaits what they say instead of sleeping, and leaves
//! nothing behind. A patience that runs out is a failure that shows all that was said.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod algorithms;
mod bad_pools;
mod cool;
mod demo;
mod failover;
mod hand_made_board;
mod hand_made_pool;
mod hotplug;
mod nasty_pools;
mod output;
mod program;
mod secrets;
mod signals;
#[cfg(feature = "sv2")]
mod stratum_v2;
mod three_processes;
mod tls;
