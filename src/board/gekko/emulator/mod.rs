//! A stick made of software: the chain, its bridge, and the telemetry controller of those that have one.

mod bridge;
mod controller;
mod setup;

use bridge::{CbusReset, Latch};
use controller::Controller;
use setup::Setup;

use super::member::{BridgeKind, Member};
use crate::board::{BoardError, BoardOptions, Emulated};
use crate::chip::bm13xx::emulator::SharedChain;

/// A stick of `member`'s kind.
///
/// # Errors
/// [`BoardError::Option`] when the options are impossible.
pub(super) fn emulate(
    member: &'static Member,
    options: &BoardOptions,
) -> Result<Emulated, BoardError> {
    let setup = Setup::parse(member, options)?;
    let chain = SharedChain::new(setup.chain.clone());
    let data = Box::new(chain.clone());
    Ok(match member.bridge {
        BridgeKind::Cp2102 => Emulated::port(data),
        BridgeKind::Ftx => Emulated {
            data,
            control: None,
            vendor: Some(Box::new(CbusReset::new(chain))),
        },
        BridgeKind::Cp2105 => {
            let latch = Latch::new(chain.clone());
            Emulated {
                data,
                control: Some(Box::new(Controller::new(setup, chain, latch.clone()))),
                vendor: Some(Box::new(latch)),
            }
        }
    })
}
