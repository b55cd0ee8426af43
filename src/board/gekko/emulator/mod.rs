//! A stick made of software: the chain, its bridge, and the telemetry controller of those that have one.

mod bridge;
mod controller;
mod setup;

use bridge::{CbusReset, Latch, Marked};
use controller::Controller;
use setup::Setup;

use super::member::{BridgeKind, Member};
use crate::board::{BoardError, BoardOptions, Emulated, Gauge, Truth};
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
    let gauge = Some(gauge(chain.clone()));
    Ok(match member.bridge {
        BridgeKind::Cp2102 => Emulated {
            gauge,
            ..Emulated::port(Box::new(Marked::new(chain)))
        },
        BridgeKind::Ftx => Emulated {
            data: Box::new(chain.clone()),
            control: None,
            vendor: Some(Box::new(CbusReset::new(chain))),
            gauge,
        },
        BridgeKind::Cp2105 => {
            let latch = Latch::new(chain.clone());
            let data = Box::new(Marked::new(chain.clone()));
            Emulated {
                data,
                control: Some(Box::new(Controller::new(setup, chain, latch.clone()))),
                vendor: Some(Box::new(latch)),
                gauge,
            }
        }
    })
}

fn gauge(chain: SharedChain) -> Gauge {
    Gauge::new(move |time| {
        let mut chain = chain.lock();
        chain.live_on(time);
        Truth {
            celsius: chain.celsius(),
            core_volts: chain.core_voltage(),
            in_reset: chain.is_in_reset(),
            clock_mhz: chain.clock(),
            watts: chain.watts(),
        }
    })
}
