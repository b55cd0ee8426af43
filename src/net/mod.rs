//! Sockets for pool sessions: TCP, TLS, SOCKS5, reconnects, and serving emulated pools. Decides nothing about work.
//!
//! [`run_link`] carries one [`Session`](crate::pool::Session) for as long as the program wants that pool: it dials, feeds the
//! session bytes and time, writes what the session wants written, and tells in [`LinkEvent`]s what came of it. [`serve`] does the
//! same for the pool's side, a [`PoolEmulator`](crate::pool::PoolEmulator), and its many clients. Which pool leads, when a silent pool
//! is given up and what a job is worth are not decided here.

mod backoff;
mod blocks;
mod carry;
mod client;
mod complaints;
mod dial;
mod dump;
mod error;
mod http;
mod ledger;
mod link;
mod outbox;
mod proxy;
mod redirect;
mod serve;
mod tls;
mod trust;
mod wall;
mod wire;

use std::time::{Duration, Instant};

pub use backoff::Backoff;
pub use blocks::kept_blocks;
pub use error::NetError;
pub use link::{LinkCare, LinkCommand, LinkEvent, LinkSettings, run_link};
pub use outbox::{Ear, Events};
pub use proxy::{Proxy, ProxyError};
pub use serve::{MAX_CLIENTS, ServeCommand, serve};
pub use tls::TlsSettings;
pub use wall::WallClock;

/// Longest time that a message may take from its first byte to its last (user-expectations.md section 11): who sends slower is
/// holding the connection, not using it.
const MESSAGE_TIME: Duration = Duration::from_secs(30);

/// How much room a read is given: a notify of a few kB comes in one.
const READ_SIZE: usize = 16 * 1024;

/// The runtime's clock, which tests can pause, as the instants that sessions speak.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
