//! An emulated INA260.

use super::{Part, Surroundings, Words};

/// The part.
#[derive(Debug, Clone)]
pub(crate) struct Ina260(Words);

impl Ina260 {
    /// One that has measured nothing yet.
    pub(crate) fn new() -> Self {
        Self(Words::new(&[(0xfe, 0x5449), (0xff, 0x2270)]))
    }
}

impl Part for Ina260 {
    fn address(&self) -> u8 {
        0x40
    }

    fn feel(&mut self, world: &Surroundings) {
        let (volts, amps) = (world.input_volts, world.input_amps);
        self.0.set(1, ((amps / 1.25e-3) as i16).cast_unsigned());
        self.0.set(2, (volts / 1.25e-3) as u16);
        self.0.set(3, (volts * amps / 10e-3) as u16);
    }

    fn transfer(&mut self, written: &[u8], wanted: usize) -> Vec<u8> {
        self.0.transfer(written, wanted)
    }
}
