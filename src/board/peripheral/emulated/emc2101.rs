//! An emulated EMC2101.

use super::{Bytes, Part, Surroundings, left_justified};

/// The part.
#[derive(Debug, Clone)]
pub(crate) struct Emc2101 {
    bytes: Bytes,
    /// What its internal sensor reads below the chips.
    internal_offset: Option<f32>,
}

impl Emc2101 {
    /// One whose diode is in the chip, or whose internal sensor is near enough to read so many degrees less than the chip.
    pub(crate) fn new(internal_offset: Option<f32>) -> Self {
        let bytes = Bytes::new(&[
            (0x03, 0x00),
            (0x17, 0x12),
            (0x18, 0x08),
            (0x4a, 0x20),
            (0x46, 0xff),
            (0x47, 0xff),
            (0xfd, 0x16),
            (0xfe, 0x5d),
        ]);
        Self {
            bytes,
            internal_offset,
        }
    }

    /// Turns are counted only where the pin is the tachometer's.
    fn count(&mut self, rpm: u32) {
        let count = match rpm {
            _ if self.bytes.get(0x03) & 0x04 == 0 => 0xffff,
            0..=82 => 0xffff,
            rpm => (5_400_000 / rpm) as u16,
        };
        let [high, low] = count.to_be_bytes();
        self.bytes.set(0x46, low);
        self.bytes.set(0x47, high);
    }
}

fn writable(register: u8) -> bool {
    matches!(register, 0x03 | 0x09 | 0x17..=0x1a | 0x48..=0x5f)
}

impl Part for Emc2101 {
    fn address(&self) -> u8 {
        0x4c
    }

    fn feel(&mut self, world: &Surroundings) {
        let diode = self.internal_offset.is_none();
        let internal = self
            .internal_offset
            .map_or(world.board, |offset| world.chip - offset);
        let [high, low] = if diode {
            left_justified(world.chip, 8.0)
        } else {
            // Nothing is wired to the diode's pins: the code of an open one.
            [0x7f, 0x00]
        };
        self.bytes.set(0x00, (internal as i8).cast_unsigned());
        self.bytes.set(0x01, high);
        self.bytes.set(0x10, low);
        self.bytes.set(0x02, if diode { 0 } else { 0x04 });
        self.count(world.fan_rpm);
    }

    fn transfer(&mut self, written: &[u8], wanted: usize) -> Vec<u8> {
        self.bytes.transfer(written, wanted, writable)
    }

    fn fan(&self) -> Option<f32> {
        // Without bit 5 the fan follows the look-up table, which nobody has filled.
        let by_setting = self.bytes.get(0x4a) & 0x20 != 0;
        let setting = f32::from(self.bytes.get(0x4c) & 0x3f) / 63.0;
        Some(if by_setting { setting } else { 0.0 })
    }
}
