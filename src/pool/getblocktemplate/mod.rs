//! getblocktemplate: mining on one's own Bitcoin node, which gives everything but the coinbase (BIP22, 23, 34, 141, 145).
//!
//! `template` reads what the node gives, `coinbase` and `merkle` make of it what is hashed, `session` is the miner's side, `emulator` a test
//! node that verifies whole blocks with code of its own. No I/O and no clock here: what is to be on disk before a block is sent comes out of
//! [`Session::poll_block`](super::Session::poll_block).

mod coinbase;
mod emulator;
mod merkle;
mod payout;
mod session;
mod template;

pub use payout::{Payout, PayoutError};

use super::{Framing, Protocol, UrlPath, http};

/// getblocktemplate.
pub static PROTOCOL: Protocol = Protocol {
    name: "gbt",
    about: "getblocktemplate: solo mining on your own Bitcoin node, with --payout ADDRESS",
    plain_schemes: &["gbt+http"],
    tls_schemes: &["gbt+https"],
    default_port: 8332,
    also_needed: "--payout 51",
    path: UrlPath::Taken,
    algorithms: &["sha256d"],
    framing: Framing::Http { max_body: MAX_BODY },
    shown: http::shown,
    session: |settings| Box::new(session::TemplateSession::new(settings)),
    emulator: |settings| Box::new(http::Asking(emulator::NodeEmulator::new(settings))),
};

/// The longest body that is taken, in bytes: a full block is eight million hex digits, and each transaction has some 300 bytes beside them.
const MAX_BODY: usize = 32 << 20;

/// The longest text that fits the coinbase beside height and extranonce (BIP34, and 100 bytes for the whole script), in bytes.
pub const MAX_COINBASE_TEXT: usize = 64;
