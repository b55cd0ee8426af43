//! getwork: a pool that hands out whole headers, asked by JSON-RPC over HTTP.
//!
//! `messages` reads and writes bodies and headers, `session` is the miner's side, `emulator` the pool's. No I/O and no clock here.
//! Sources: the Bitcoin wiki's page on getwork, and what clients and servers really do (the project's sheet `pool-protocols.md`,
//! section 1).

mod emulator;
mod messages;
mod session;

use super::{Framing, Protocol, UrlPath, http};

/// getwork.
pub static PROTOCOL: Protocol = Protocol {
    name: "getwork",
    about: "getwork: JSON-RPC over HTTP with long polls; pools of the first years, and proxies",
    plain_schemes: &["http", "getwork+http"],
    tls_schemes: &["https", "getwork+https"],
    default_port: 80,
    also_needed: "",
    path: UrlPath::Taken,
    algorithms: &["sha256d"],
    framing: Framing::Http { max_body: MAX_BODY },
    shown: http::shown,
    session: |settings| Box::new(session::GetworkSession::new(settings)),
    emulator: |settings| Box::new(http::Asking(emulator::GetworkEmulator::new(settings))),
};

/// The longest body that is taken, in bytes: an answer has about 600, and an hour of a long poll's blanks 80 more.
const MAX_BODY: usize = 64 * 1024;
