//! The bridges' switches as the chips feel them, from the requests of section 13.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::chip::bm13xx::emulator::SharedChain;
use crate::transport::{Emulator, Parity, TransportError, VendorRequests};

/// CP210x: chips and bridge understand each other with a mark behind each byte, and not without. Real wires may be more patient: what the
/// sheet has of hosts is that all of them set it.
pub(super) struct Marked {
    chain: SharedChain,
    is_wrong: bool,
}

impl Marked {
    pub(super) fn new(chain: SharedChain) -> Self {
        let is_wrong = false;
        Self { chain, is_wrong }
    }
}

/// Bytes of which the receiver takes the wrong bits.
fn misread(bytes: &mut [u8]) {
    for byte in bytes {
        *byte = !*byte;
    }
}

impl Emulator for Marked {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        let mut bytes = bytes.to_vec();
        if self.is_wrong {
            misread(&mut bytes);
        }
        self.chain.receive(&bytes, now);
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        let before = out.len();
        let reached = self.chain.advance(until, out);
        if self.is_wrong {
            misread(&mut out[before..]);
        }
        reached
    }

    fn set_baud(&mut self, baud: u32) {
        self.chain.set_baud(baud);
    }

    fn set_parity(&mut self, parity: Parity) {
        self.is_wrong = parity != Parity::Mark;
    }
}

/// FT-X: pin CBUS1 is the chips' reset.
pub(super) struct CbusReset(SharedChain);

impl CbusReset {
    pub(super) fn new(chain: SharedChain) -> Self {
        Self(chain)
    }
}

impl VendorRequests for CbusReset {
    fn write_control(
        &mut self,
        request_type: u8,
        request: u8,
        value: u16,
        _index: u16,
        _data: &[u8],
    ) -> Result<(), TransportError> {
        // CBUS bit mode 20: the high half byte says which pins are outputs, the low one how they stand.
        let [mode, pins] = value.to_be_bytes();
        let drives_reset = pins >> 4 & 0b0010 != 0;
        if (request_type, request, mode) == (0x40, 0x0b, 0x20) && drives_reset {
            self.0.lock().reset_line(pins & 0b0010 == 0);
        }
        Ok(())
    }
}

/// CP2105: its latch switches the chips and their regulator.
#[derive(Clone)]
pub(super) struct Latch {
    chain: SharedChain,
    off: Arc<AtomicBool>,
    regulator: Arc<AtomicBool>,
}

impl Latch {
    pub(super) fn new(chain: SharedChain) -> Self {
        let (off, regulator) = (Arc::default(), Arc::default());
        Self {
            chain,
            off,
            regulator,
        }
    }

    /// The controller's switch of the regulator, which the latch holds off.
    pub(super) fn switch_regulator(&self, on: bool) {
        let held = self.off.load(Ordering::Acquire);
        self.regulator.store(on && !held, Ordering::Release);
    }

    /// Whether the regulator runs.
    pub(super) fn is_regulator_on(&self) -> bool {
        self.regulator.load(Ordering::Acquire)
    }
}

impl VendorRequests for Latch {
    fn write_control(
        &mut self,
        request_type: u8,
        request: u8,
        value: u16,
        _index: u16,
        data: &[u8],
    ) -> Result<(), TransportError> {
        if let (0x41, 0xff, 0x37e1, [mask, state]) = (request_type, request, value, data)
            && mask & 0x07 == 0x07
        {
            let off = state & 0x07 == 0x07;
            self.off.store(off, Ordering::Release);
            let mut chain = self.chain.lock();
            chain.reset_line(off);
            if off {
                // It takes the regulator along, which then waits for the controller's next word.
                self.regulator.store(false, Ordering::Release);
                chain.cut_core_voltage();
            }
        }
        Ok(())
    }
}
