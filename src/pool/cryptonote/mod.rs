//! CryptoNote's pool protocol: JSON-RPC objects, one a line, over TCP or TLS. What xmrig and its relatives speak.
//!
//! `messages` reads and writes the lines, `session` is the miner's side, `emulator` the pool's. Sources: xmrig/xmrig-proxy `doc/STRATUM.md` and
//! `doc/STRATUM_EXT.md`; the project's sheet `pool-protocols.md`, section 6.

mod emulator;
mod messages;
mod session;

use super::emulation::Connected;
use super::{Framing, Protocol, UrlPath};

/// CryptoNote.
pub static PROTOCOL: Protocol = Protocol {
    name: "cryptonote",
    about: "CryptoNote: pools of cn/0, cn/1, cn/2 and RandomX coins; JSON-RPC lines over TCP or TLS",
    plain_schemes: &["cryptonote+tcp", "stratum+cn"],
    tls_schemes: &[
        "cryptonote+ssl",
        "cryptonote+tls",
        "cryptonote+tcps",
        "stratum+cns",
    ],
    default_port: 3333,
    also_needed: "",
    path: UrlPath::Refused,
    algorithms: ALGORITHMS,
    framing: Framing::Lines { max: MAX_LINE_IN },
    shown: messages::shown_line,
    session: |settings| Box::new(session::CryptoNoteSession::new(settings)),
    emulator: |settings| Box::new(Connected(emulator::CryptoNoteEmulator::new(settings))),
};

/// What its jobs can be hashed with.
const ALGORITHMS: &[&str] = &[
    "cn/1",
    "cn/0",
    "cn/2",
    #[cfg(feature = "randomx")]
    "rx/0",
];

/// The longest line that is taken, in bytes: a job has a few hundred.
const MAX_LINE_IN: usize = 16 * 1024;

/// The longest line that is sent, in bytes with its end.
const MAX_LINE_OUT: usize = 1024;
