//! An emulated TPS546: PMBus commands, least significant byte first.

use super::{Part, Surroundings};

/// The exponent of its output voltages: 1/512 V.
const STEP: f32 = 1.0 / 512.0;
const DEVICE_ID: [u8; 7] = [6, 0x54, 0x49, 0x54, 0x6d, 0x24, 0x41];

/// Status bits, PMBus part II section 17.2.
mod bit {
    pub(super) const OFF: u16 = 0x0040;
    pub(super) const OVER_CURRENT: u16 = 0x4010;
    pub(super) const UNDER_VOLTAGE_IN: u16 = 0x2008;
    pub(super) const TEMPERATURE: u16 = 0x0004;
    pub(super) const POWER_BAD: u16 = 0x0800;
}

/// The regulator.
#[derive(Debug, Clone)]
pub(crate) struct Tps546 {
    world: Surroundings,
    on: bool,
    /// Latched until they are cleared.
    faults: u16,
    /// Words by command: limits and settings.
    words: [u16; 256],
    on_off: u8,
}

impl Tps546 {
    /// As it comes up: off by command, 0.8 V, wide limits.
    pub(crate) fn new() -> Self {
        let mut words = [0; 256];
        for (command, word) in [
            (0x21, 0x019a),          // VOUT_COMMAND, 0.8 V
            (0x24, 0x0600),          // VOUT_MAX, 3 V
            (0x2b, 0x0100),          // VOUT_MIN, 0.5 V
            (0x35, linear11(2.75)),  // VIN_ON
            (0x36, linear11(2.5)),   // VIN_OFF
            (0x46, linear11(52.0)),  // IOUT_OC_FAULT_LIMIT
            (0x4f, linear11(150.0)), // OT_FAULT_LIMIT
        ] {
            words[command] = word;
        }
        Self {
            world: Surroundings::default(),
            on: false,
            faults: 0,
            words,
            on_off: 0x17,
        }
    }

    fn limit(&self, command: usize) -> f32 {
        value(self.words[command])
    }

    /// Protections: each latches, and switches the output off.
    fn protect(&mut self) {
        let checks = [
            (
                self.on && self.world.core_amps > self.limit(0x46),
                bit::OVER_CURRENT,
            ),
            (
                self.world.input_volts < self.limit(0x36),
                bit::UNDER_VOLTAGE_IN,
            ),
            (self.world.board > self.limit(0x4f), bit::TEMPERATURE),
        ];
        for (tripped, bits) in checks {
            if tripped {
                self.faults |= bits;
                self.on = false;
            }
        }
    }

    fn status(&self) -> u16 {
        let off = if self.on {
            0
        } else {
            bit::OFF | bit::POWER_BAD
        };
        self.faults | off
    }

    fn write(&mut self, command: u8, data: &[u8]) {
        match (command, data) {
            (0x01, [operation]) => self.operate(*operation),
            (0x02, [config]) => self.on_off = *config,
            (0x03, []) => self.faults = 0,
            (0x21, [low, high]) => {
                let wish = u16::from_le_bytes([*low, *high]);
                let (most, least) = (self.words[0x24], self.words[0x2b]);
                self.words[0x21] = wish.clamp(least.min(most), most);
            }
            (_, [low, high]) => {
                self.words[usize::from(command)] = u16::from_le_bytes([*low, *high]);
            }
            _ => {}
        }
    }

    /// It obeys the command only if it was told to, and starts only where its input allows.
    fn operate(&mut self, operation: u8) {
        let by_command = self.on_off & 0x08 != 0;
        let starts = self.faults == 0 && self.world.input_volts >= self.limit(0x35);
        self.on = operation & 0x80 != 0 && by_command && starts;
    }

    fn read(&self, command: u8) -> Vec<u8> {
        let volts = |volts: f32| ((volts / STEP) as u16).to_le_bytes().to_vec();
        let linear = |value: f32| linear11(value).to_le_bytes().to_vec();
        match command {
            0x01 => vec![if self.on { 0x80 } else { 0 }],
            0x02 => vec![self.on_off],
            0x20 => vec![0x97],
            0x78 => vec![self.status().to_le_bytes()[0]],
            0x79 => self.status().to_le_bytes().to_vec(),
            0x88 => linear(self.world.input_volts),
            0x8b => volts(self.world.core_volts),
            0x8c => linear(self.world.core_amps),
            0x8d => linear(self.world.board),
            0xad => DEVICE_ID.to_vec(),
            other => self.words[usize::from(other)].to_le_bytes().to_vec(),
        }
    }
}

impl Part for Tps546 {
    fn address(&self) -> u8 {
        0x24
    }

    fn feel(&mut self, world: &Surroundings) {
        self.world = *world;
        self.protect();
    }

    fn transfer(&mut self, written: &[u8], wanted: usize) -> Vec<u8> {
        let Some((command, data)) = written.split_first() else {
            return vec![0xff; wanted];
        };
        if wanted == 0 {
            self.write(*command, data);
            return Vec::new();
        }
        let mut bytes = self.read(*command);
        bytes.resize(wanted, 0xff);
        bytes
    }

    fn core_volts(&self) -> Option<f32> {
        let set = f32::from(self.words[0x21]) * STEP;
        Some(if self.on { set } else { 0.0 })
    }
}

/// Mantissa times a power of two; a quarter is fine enough for what this part measures, except small values.
fn linear11(value: f32) -> u16 {
    let exponent: i32 = if value.abs() < 31.0 { -5 } else { -2 };
    let mantissa = (value * 2_f32.powi(-exponent)).round() as i32;
    (((exponent & 0x1f) as u16) << 11) | (mantissa & 0x7ff) as u16
}

fn value(word: u16) -> f32 {
    let signed = |bits: u32, width: u32| {
        let sign = 1_i32 << (width - 1);
        (bits.cast_signed() ^ sign) - sign
    };
    let exponent = signed(u32::from(word) >> 11, 5);
    signed(u32::from(word) & 0x7ff, 11) as f32 * 2_f32.powi(exponent)
}
