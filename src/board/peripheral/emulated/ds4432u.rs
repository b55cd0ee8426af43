//! An emulated DS4432U, with the regulator that its current goes into.

use super::{Part, Surroundings};

/// The part, at one of its two outputs a regulator.
#[derive(Debug, Clone)]
pub(crate) struct Ds4432u {
    outputs: [u8; 2],
    /// Output without current, and its change at full scale, volts.
    nominal: f32,
    swing: f32,
    pointer: u8,
    /// Whether the regulator is enabled by a line; `None`: it always is.
    enabled: bool,
}

impl Ds4432u {
    /// One whose regulator makes `nominal` volts, give or take `swing`.
    pub(crate) fn new(nominal: f32, swing: f32) -> Self {
        Self {
            outputs: [0; 2],
            nominal,
            swing,
            pointer: 0xf8,
            enabled: true,
        }
    }

    fn output(&mut self) -> Option<&mut u8> {
        let index = usize::from(self.pointer.checked_sub(0xf8)?);
        self.outputs.get_mut(index)
    }
}

impl Part for Ds4432u {
    fn address(&self) -> u8 {
        0x48
    }

    fn feel(&mut self, world: &Surroundings) {
        self.enabled = world.input_volts > 4.0;
    }

    fn transfer(&mut self, written: &[u8], wanted: usize) -> Vec<u8> {
        if let Some((pointer, values)) = written.split_first() {
            self.pointer = *pointer;
            if let (Some(value), Some(output)) = (values.first(), self.output()) {
                *output = *value;
            }
        }
        let value = self.output().map_or(0, |output| *output);
        vec![value; wanted]
    }

    fn core_volts(&self) -> Option<f32> {
        let steps = f32::from(self.outputs[0] & 0x7f) / 127.0;
        let sources = self.outputs[0] & 0x80 != 0;
        let change = if sources { -steps } else { steps } * self.swing;
        Some(if self.enabled {
            self.nominal + change
        } else {
            0.0
        })
    }
}
