//! Stratum V2: binary frames, encrypted with Noise, over TCP.
//!
//! `route` reads what the URL says, `noise` shakes hands, `frames` cuts and encrypts, `messages` reads and writes payloads; `session`
//! is the miner's side, `emulator` the pool's. No I/O and no clock here; the only thing from outside is the operating system's
//! randomness, which the miner's half of the handshake cannot do without.
//!
//! Sources: `stratum-mining/sv2-spec` chapters 03, 04, 05 and 08, BIP324 (ElligatorSwift), BIP340 (certificates), BIP323 (version
//! bits), and the project's sheet `pool-protocols.md`, section 4. Handshake, message types and their encoding come from the reference
//! implementation's crates; framing is our own, because theirs has no bound below 16 MiB.

mod emulator;
mod frames;
mod messages;
mod noise;
mod route;
mod session;
#[cfg(test)]
mod tests;

use super::emulation::Connected;
use super::{Framing, Protocol, UrlPath};

/// Stratum V2.
pub static PROTOCOL: Protocol = Protocol {
    name: "sv2",
    about: "Stratum V2: encrypted binary frames; the URL ends in the pool's key",
    plain_schemes: &["stratum2+tcp"],
    tls_schemes: &[],
    default_port: 3336,
    also_needed: "",
    path: UrlPath::Checked {
        form: "/AUTHORITY_KEY",
        check: |host, path| route::Route::parse(host, path).map(drop),
    },
    algorithms: &["sha256d"],
    framing: Framing::Raw,
    shown: messages::shown_frame,
    session: |settings| Box::new(session::Sv2Session::new(settings)),
    emulator: |settings| Box::new(Connected(emulator::Sv2Emulator::new(settings))),
};

/// The version bits that BIP323 sets aside for rolling, the most that Stratum V2 lets a miner change.
const ROLLABLE_BITS: u32 = 0x1fff_ffe0;

/// Flags of `SetupConnection` and its answer, for the mining protocol (sv2-spec 05, section 5.3.1).
mod flags {
    /// To the pool: standard jobs only.
    pub(super) const REQUIRES_STANDARD_JOBS: u32 = 1;
    /// To the pool: the miner rolls version bits.
    pub(super) const REQUIRES_VERSION_ROLLING: u32 = 1 << 2;
    /// From the pool: version bits must be left alone.
    pub(super) const REQUIRES_FIXED_VERSION: u32 = 1;
    /// From the pool: extended channels only.
    pub(super) const REQUIRES_EXTENDED_CHANNELS: u32 = 1 << 1;
}
