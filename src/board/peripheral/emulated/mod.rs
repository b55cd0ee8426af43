//! The same parts from the other side: registers as the data sheets have them, over a world of voltages, currents and temperatures.
//!
//! Written from the data sheets and from `bm13xx-boards.md` section 15, and not from the drivers: the two may disagree, and tests would
//! tell. No part keeps time.

mod ds4432u;
mod emc2101;
mod emc2103;
mod ina260;
mod tmp1075;
mod tmp451;
mod tps546;

pub(crate) use ds4432u::Ds4432u;
pub(crate) use emc2101::Emc2101;
pub(crate) use emc2103::Emc2103;
pub(crate) use ina260::Ina260;
pub(crate) use tmp451::Tmp451;
pub(crate) use tmp1075::Tmp1075;
pub(crate) use tps546::Tps546;

/// What the parts can feel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Surroundings {
    /// The chips' temperature, degrees Celsius.
    pub(crate) chip: f32,
    /// The circuit board's, degrees Celsius.
    pub(crate) board: f32,
    /// What comes in, volts.
    pub(crate) input_volts: f32,
    /// What comes in, amperes.
    pub(crate) input_amps: f32,
    /// What goes to the chips, volts.
    pub(crate) core_volts: f32,
    /// What goes to the chips, amperes.
    pub(crate) core_amps: f32,
    /// The fan, turns a minute.
    pub(crate) fan_rpm: u32,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            chip: 25.0,
            board: 25.0,
            input_volts: 5.0,
            input_amps: 0.0,
            core_volts: 0.0,
            core_amps: 0.0,
            fan_rpm: 0,
        }
    }
}

/// A part on the bus.
pub(crate) trait Part: Send {
    /// Its address.
    fn address(&self) -> u8;

    /// The world around it is so now.
    fn feel(&mut self, world: &Surroundings);

    /// The host writes `written`, then reads `wanted` bytes.
    fn transfer(&mut self, written: &[u8], wanted: usize) -> Vec<u8>;

    /// What it drives the chips' voltage at, volts, if it is what does.
    fn core_volts(&self) -> Option<f32> {
        None
    }

    /// What it drives the fan at, 0 to 1, if it is what does.
    fn fan(&self) -> Option<f32> {
        None
    }
}

/// Registers of a byte each, with a pointer that goes on by itself.
#[derive(Debug, Clone)]
pub(super) struct Bytes {
    values: [u8; 256],
    pointer: u8,
}

impl Bytes {
    pub(super) fn new(values: &[(u8, u8)]) -> Self {
        let mut bytes = Self {
            values: [0; 256],
            pointer: 0,
        };
        for (register, value) in values {
            bytes.set(*register, *value);
        }
        bytes
    }

    pub(super) fn get(&self, register: u8) -> u8 {
        self.values[usize::from(register)]
    }

    pub(super) fn set(&mut self, register: u8, value: u8) {
        self.values[usize::from(register)] = value;
    }

    /// The first byte sets the pointer, the others go where `writable` allows it.
    pub(super) fn transfer(
        &mut self,
        written: &[u8],
        wanted: usize,
        writable: fn(u8) -> bool,
    ) -> Vec<u8> {
        if let Some((pointer, values)) = written.split_first() {
            self.pointer = *pointer;
            for value in values {
                if writable(self.pointer) {
                    self.set(self.pointer, *value);
                }
                self.pointer = self.pointer.wrapping_add(1);
            }
        }
        let next = |_| {
            let value = self.get(self.pointer);
            self.pointer = self.pointer.wrapping_add(1);
            value
        };
        (0..wanted).map(next).collect()
    }
}

/// Registers of two bytes, most significant first, of which one is selected.
#[derive(Debug, Clone)]
pub(super) struct Words {
    values: [u16; 256],
    pointer: u8,
}

impl Words {
    pub(super) fn new(values: &[(u8, u16)]) -> Self {
        let mut words = Self {
            values: [0; 256],
            pointer: 0,
        };
        for (register, value) in values {
            words.set(*register, *value);
        }
        words
    }

    pub(super) fn set(&mut self, register: u8, value: u16) {
        self.values[usize::from(register)] = value;
    }

    pub(super) fn transfer(&mut self, written: &[u8], wanted: usize) -> Vec<u8> {
        if let Some(pointer) = written.first() {
            self.pointer = *pointer;
        }
        let bytes = self.values[usize::from(self.pointer)].to_be_bytes();
        bytes.into_iter().cycle().take(wanted).collect()
    }
}

/// A temperature in `1 / steps` degrees, as two bytes with the sign first and unused bits at the end.
pub(super) fn left_justified(celsius: f32, steps: f32) -> [u8; 2] {
    // Sign and whole degrees are the first byte.
    let whole = (celsius * steps).floor() / steps;
    ((whole * 256.0) as i16).to_be_bytes()
}
