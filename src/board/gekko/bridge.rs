//! The bridges' ways to hold the chips: CBUS of the FT-X, latch of the CP2105 (section 13).

use std::error::Error;

use super::member::BridgeKind;
use crate::chip::bm13xx::ResetLine;
use crate::transport::{TransportError, VendorRequests};

/// FTDI: request to the device.
const FTDI_OUT: u8 = 0x40;
/// FTDI: SET_BITMODE.
const SET_BITMODE: u8 = 0x0b;
/// CBUS mode, pin 1 an output: high releases the chips, low holds them.
const CBUS1_HIGH: u16 = 0x20f2;
const CBUS1_LOW: u16 = 0x20f0;
/// Silicon Labs: vendor request to an interface.
const SILABS_OUT: u8 = 0x41;
const VENDOR_SPECIFIC: u8 = 0xff;
const WRITE_LATCH: u16 = 0x37e1;
/// The latch bits that switch chips and regulator.
const LATCH_MASK: u8 = 0x07;

/// The bridge of one stick.
pub(super) struct Bridge {
    kind: BridgeKind,
    /// Absent at a port that leads to no USB device.
    requests: Option<Box<dyn VendorRequests>>,
}

impl Bridge {
    pub(super) fn new(kind: BridgeKind, requests: Option<Box<dyn VendorRequests>>) -> Self {
        Self { kind, requests }
    }

    /// Holds the chips (the A1's and A2's lose their supply as well), or lets them go.
    pub(super) fn hold(&mut self, held: bool) -> Result<(), TransportError> {
        let Some(requests) = &mut self.requests else {
            return Ok(());
        };
        match self.kind {
            BridgeKind::Cp2102 => Ok(()),
            BridgeKind::Ftx => {
                let pins = if held { CBUS1_LOW } else { CBUS1_HIGH };
                requests.write_control(FTDI_OUT, SET_BITMODE, pins, 0, &[])
            }
            BridgeKind::Cp2105 => {
                let bits = [LATCH_MASK, if held { LATCH_MASK } else { 0 }];
                requests.write_control(SILABS_OUT, VENDOR_SPECIFIC, WRITE_LATCH, 0, &bits)
            }
        }
    }
}

/// What a chain's bring-up may move. The latch is not among it: it would take the regulator along, which is on by then.
impl ResetLine for Bridge {
    fn reset(&mut self, asserted: bool) -> Result<(), Box<dyn Error + Send + Sync>> {
        if !self.is_there() {
            return Ok(());
        }
        self.hold(asserted).map_err(Into::into)
    }

    fn is_there(&self) -> bool {
        self.requests.is_some() && self.kind == BridgeKind::Ftx
    }
}
