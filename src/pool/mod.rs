//! Where jobs come from: pool protocols as state machines.
//!
//! No sockets, no clock, no threads, no files: a [`Session`] is fed lines and times and drained of lines and events (quinn-proto's
//! shape). The pool's side, a [`PoolEmulator`], is one too. A protocol is one folder here (messages, session, emulator)
//! and one line in [`PROTOCOLS`].

mod absence;
pub mod cryptonote;
mod emulation;
mod endpoint;
mod framing;
pub mod getblocktemplate;
pub mod getwork;
mod http;
mod pace;
mod session;
mod shown;
mod spaces;
pub mod stratum_v1;
#[cfg(feature = "sv2")]
pub mod stratum_v2;
mod talk;
pub mod truestratum;

pub use emulation::{
    ClientId, EmulatorEvent, EmulatorSettings, Fault, FaultKind, HttpPoolSettings, MidstateGiven,
    PoolEmulator, Transmit,
};
pub use endpoint::{Credentials, Endpoint, EndpointError, may_redirect};
pub use framing::{Framer, Framing, LineFramer, Overlong};
pub use getblocktemplate::{Payout, PayoutError};
pub use http::{Exchange, HttpPart, HttpPlace, HttpRequest, HttpResponse, Method, PlaceError};
pub use session::{
    BlockFate, BlockNews, CloseReason, Lane, PoolEvent, Session, SessionError, SessionSettings,
    SoloSettings, SubmitId, WallTime, Way,
};
pub use stratum_v1::{FixedJob, FixedJobError};

use crate::algorithm::{self, Algorithm};
use crate::units::printable;

/// A pool protocol.
#[derive(Debug)]
pub struct Protocol {
    /// Its name, as `midstate pool --protocol` takes it.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// URL schemes without TLS; the first is the canonical one.
    pub plain_schemes: &'static [&'static str],
    /// URL schemes with TLS.
    pub tls_schemes: &'static [&'static str],
    /// The port when the URL has none.
    pub default_port: u16,
    /// Flags that mining on its emulated pool takes beside `-o` and `-u`; empty: none.
    pub also_needed: &'static str,
    /// Whether something may follow the port in its URLs.
    pub path: UrlPath,
    /// Names of the algorithms that its jobs can be of, [`OWN_ALGORITHMS`] among them if anything will do; the first is meant when the
    /// user names none.
    pub algorithms: &'static [&'static str],
    /// How bytes become frames.
    pub framing: Framing,
    /// A frame of either side as a protocol dump may show it: passwords hidden, text made safe, every character that fits.
    pub shown: fn(&[u8]) -> String,
    /// Makes the miner's side.
    pub session: fn(SessionSettings) -> Box<dyn Session>,
    /// Makes the pool's side.
    pub emulator: fn(EmulatorSettings) -> Box<dyn PoolEmulator>,
}

/// Stands for the algorithms that the library's user has registered.
pub const OWN_ALGORITHMS: &str = "own ones";

/// Whether a protocol's URLs may go on after the port.
#[derive(Debug, Clone, Copy)]
pub enum UrlPath {
    /// They may not: it is an error.
    Refused,
    /// They may, and it means something: [`Endpoint::path`].
    Taken,
    /// They may, and whether it means something (with this host) is checked when the URL is read; the error says what is wrong.
    Checked {
        /// What it looks like, as errors show it.
        form: &'static str,
        /// Says what is wrong with it.
        check: fn(host: &str, path: &str) -> Result<(), String>,
    },
}

/// Every protocol, in the order in which help texts list them.
pub const PROTOCOLS: &[&Protocol] = &[
    &stratum_v1::PROTOCOL,
    #[cfg(feature = "sv2")]
    &stratum_v2::PROTOCOL,
    &getwork::PROTOCOL,
    &getblocktemplate::PROTOCOL,
    &truestratum::PROTOCOL,
    &cryptonote::PROTOCOL,
];

/// Schemes of protocols that a build can do without, each with the cargo feature that brings it.
pub(crate) const OPTIONAL_SCHEMES: &[(&str, &str)] = &[("stratum2+tcp", "sv2")];

impl Protocol {
    /// What its jobs are hashed with when the user asks for `asked`.
    ///
    /// # Errors
    /// [`AlgorithmChoice`] when there is no such algorithm, or the protocol does not carry it.
    pub fn algorithm(
        &self,
        asked: Option<&str>,
    ) -> Result<&'static dyn Algorithm, AlgorithmChoice> {
        let name = asked
            .or(self.algorithms.first().copied())
            .unwrap_or_default();
        let wrong = || AlgorithmChoice {
            asked: printable(name, 40),
            protocol: self.name,
            known: self.algorithms.join(", "),
        };
        let is_own = algorithm::own().iter().any(|own| own.name() == name);
        let kind = if is_own { OWN_ALGORITHMS } else { name };
        let carries = self.algorithms.contains(&kind);
        algorithm::by_name(name)
            .filter(|_| carries)
            .ok_or_else(wrong)
    }
}

/// An algorithm was asked for that a protocol does not carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("protocol {protocol} carries no {asked}; it carries: {known}")]
pub struct AlgorithmChoice {
    /// What was asked for, safe to show.
    pub asked: String,
    /// The protocol's name.
    pub protocol: &'static str,
    /// What it carries.
    pub known: String,
}
