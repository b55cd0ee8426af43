//! Stratum V1: JSON lines over TCP or TLS.
//!
//! `messages` reads and writes the lines, `session` is the miner's side, `emulator` the pool's. No I/O and no clock here.
//! Sources: the original Stratum mining document, BIP310 (version rolling), BIP320, and what pools really do (the project's sheet
//! `pool-protocols.md`, section 2).

pub(super) mod dialect;
mod emulator;
pub(super) mod messages;
mod session;

pub use emulator::{FixedJob, FixedJobError};

use super::emulation::Connected;
use super::{Framing, OWN_ALGORITHMS, Protocol, UrlPath};

/// Stratum V1.
pub static PROTOCOL: Protocol = Protocol {
    name: "stratum",
    about: "Stratum V1: what nearly every pool speaks; JSON lines over TCP or TLS",
    plain_schemes: &["stratum+tcp"],
    tls_schemes: &["stratum+ssl", "stratum+tls", "stratum+tcps"],
    default_port: 3333,
    also_needed: "",
    path: UrlPath::Refused,
    algorithms: &["sha256d", "scrypt", OWN_ALGORITHMS],
    framing: Framing::Lines { max: MAX_LINE_IN },
    shown: messages::shown_line,
    session: |settings| Box::new(session::StratumSession::new(settings)),
    emulator: |settings| Box::new(Connected(emulator::StratumEmulator::new(settings))),
};

/// The longest line that is taken, in bytes: a notify with 32 branches has a few thousand.
const MAX_LINE_IN: usize = 64 * 1024;

/// The longest line that is sent, in bytes with its end: ckpool drops clients that send more.
const MAX_LINE_OUT: usize = 1024;
