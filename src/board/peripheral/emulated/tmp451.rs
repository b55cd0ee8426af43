//! An emulated TMP451.

use super::{Bytes, Part, Surroundings, left_justified};

/// The part.
#[derive(Debug, Clone)]
pub(crate) struct Tmp451 {
    bytes: Bytes,
    address: u8,
    /// By how much the diode reads high, degrees Celsius.
    excess: f32,
}

impl Tmp451 {
    /// One at `address` whose diode reads `excess` too high.
    pub(crate) fn new(address: u8, excess: f32) -> Self {
        let bytes = Bytes::new(&[(0xfe, 0x55)]);
        Self {
            bytes,
            address,
            excess,
        }
    }
}

/// The part has other numbers for writing some registers; the offset's is the same.
fn writable(register: u8) -> bool {
    matches!(register, 0x09..=0x0e | 0x11 | 0x12 | 0x19 | 0x20..=0x24)
}

impl Part for Tmp451 {
    fn address(&self) -> u8 {
        self.address
    }

    fn feel(&mut self, world: &Surroundings) {
        let offset = f32::from(self.bytes.get(0x11).cast_signed());
        let [local, local_low] = left_justified(world.board, 16.0);
        let [remote, remote_low] = left_justified(world.chip + self.excess + offset, 16.0);
        for (register, byte) in [
            (0x00, local),
            (0x15, local_low),
            (0x01, remote),
            (0x10, remote_low),
        ] {
            self.bytes.set(register, byte);
        }
    }

    fn transfer(&mut self, written: &[u8], wanted: usize) -> Vec<u8> {
        let wanted_bytes = wanted.min(1);
        let mut bytes = self.bytes.transfer(written, wanted_bytes, writable);
        bytes.resize(wanted, 0);
        bytes
    }
}
