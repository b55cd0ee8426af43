//! TrueStratum: how the TrueChain was mined in pools; JSON lines over TCP or TLS, a dialect of Stratum V1.
//!
//! The envelope, verdicts and redirects are [`super::stratum_v1`]'s own; `messages` reads what differs, `session` is the miner's side,
//! `emulator` the pool's. Source: the project's sheet `pool-protocols.md`, section 5.

mod emulator;
mod messages;
mod session;

use super::emulation::Connected;
use super::stratum_v1::messages::shown_line;
use super::{Framing, Protocol, UrlPath};

/// TrueStratum.
pub static PROTOCOL: Protocol = Protocol {
    name: "truestratum",
    about: "TrueStratum: the TrueChain's pools, algorithm truehash; JSON lines over TCP or TLS",
    plain_schemes: &["truestratum+tcp"],
    tls_schemes: &["truestratum+ssl", "truestratum+tls", "truestratum+tcps"],
    default_port: 3333,
    also_needed: "",
    path: UrlPath::Refused,
    algorithms: &["truehash"],
    framing: Framing::Lines { max: MAX_LINE_IN },
    shown: shown_line,
    session: |settings| Box::new(session::TrueSession::new(settings)),
    emulator: |settings| Box::new(Connected(emulator::TrueEmulator::new(settings))),
};

/// The longest line that is taken, in bytes: the answer to `mining.seedhash` has about 360,000, with generous blanks half as many more.
const MAX_LINE_IN: usize = 1024 * 1024;
