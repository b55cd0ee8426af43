//! An emulated EMC2103.

use super::{Bytes, Part, Surroundings, left_justified};

/// The part.
#[derive(Debug, Clone)]
pub(crate) struct Emc2103(Bytes);

impl Emc2103 {
    /// One as it comes up: the fan at full speed.
    pub(crate) fn new() -> Self {
        Self(Bytes::new(&[
            (0x40, 0xff),
            (0x42, 0x2b),
            (0xfd, 0x26),
            (0xfe, 0x5d),
        ]))
    }

    fn set_pair(&mut self, register: u8, pair: [u8; 2]) {
        self.0.set(register, pair[0]);
        self.0.set(register + 1, pair[1]);
    }
}

fn writable(register: u8) -> bool {
    matches!(register, 0x20..=0x4d)
}

impl Part for Emc2103 {
    fn address(&self) -> u8 {
        0x2e
    }

    fn feel(&mut self, world: &Surroundings) {
        self.set_pair(0x00, left_justified(world.board, 8.0));
        self.set_pair(0x02, left_justified(world.chip, 8.0));
        let range = f32::from(1_u8 << (self.0.get(0x42) >> 5 & 3));
        let count = match world.fan_rpm {
            0 => 0x1fff,
            rpm => ((3_932_160.0 * range / rpm as f32) as u16).min(0x1fff),
        };
        self.set_pair(0x4e, (count << 3).to_be_bytes());
    }

    fn transfer(&mut self, written: &[u8], wanted: usize) -> Vec<u8> {
        self.0.transfer(written, wanted, writable)
    }

    fn fan(&self) -> Option<f32> {
        let by_algorithm = self.0.get(0x42) & 0x80 != 0;
        let setting = f32::from(self.0.get(0x40)) / 255.0;
        Some(if by_algorithm { 1.0 } else { setting })
    }
}
