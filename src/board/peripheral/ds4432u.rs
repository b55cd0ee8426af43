//! DS4432U+: a current source that bends a plain regulator's feedback, and with it the chips' core voltage.
//!
//! Maxim data sheet 19-4744; the transfer function and the Bitaxe's values: `bm13xx-boards.md` section 15; the EmberOne's:
//! `skot/emberone-miner piaxe/boards/emberone.py`.

use super::{I2c, PeripheralError, present, read_byte};

/// The first output's register.
const OUT0: u8 = 0xf8;
/// Set: the output sources current, which lowers the voltage.
const SOURCES: u8 = 0x80;
const FULL_SCALE: f32 = 127.0;

/// The feedback network of the regulator that the current goes into.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feedback {
    /// What the regulator holds its feedback pin at, volts.
    pub reference: f32,
    /// Resistor from the output to the feedback pin, ohms.
    pub upper: f32,
    /// Resistor from the feedback pin to ground, ohms.
    pub lower: f32,
    /// Current at the greatest code, amperes.
    pub full_scale: f32,
    /// Outputs below this are made with current from the part, the others with current into it, volts: the output without any current as
    /// the board's makers round it.
    pub sources_below: f32,
}

impl Feedback {
    /// Output without any current, volts.
    pub fn nominal(&self) -> f32 {
        self.reference * (self.upper + self.lower) / self.lower
    }

    /// Least and greatest output, volts.
    pub fn range(&self) -> (f32, f32) {
        let swing = self.full_scale * self.upper;
        (self.nominal() - swing, self.nominal() + swing)
    }

    /// The code that comes closest to `volts` from the nominal side; `None`: out of range.
    pub fn code(&self, volts: f32) -> Option<u8> {
        let change = self.reference / self.lower - (volts - self.reference) / self.upper;
        let steps = (change.abs() / self.full_scale * FULL_SCALE).ceil();
        let sign = if volts < self.sources_below {
            SOURCES
        } else {
            0
        };
        (steps <= FULL_SCALE).then_some(steps as u8 | sign)
    }

    /// The output that a code makes, volts.
    pub fn volts(&self, code: u8) -> f32 {
        let change = f32::from(code & !SOURCES) / FULL_SCALE * self.full_scale * self.upper;
        if code & SOURCES == 0 {
            self.nominal() + change
        } else {
            self.nominal() - change
        }
    }
}

/// The part.
#[derive(Debug, Clone, Copy)]
pub struct Ds4432u {
    address: u8,
    feedback: Feedback,
}

impl Ds4432u {
    /// Its address, both address pins at ground.
    pub const ADDRESS: u8 = 0x48;

    /// Looks whether one is at `address`; `None`: nobody is there. It has no id to be known by.
    ///
    /// # Errors
    /// The bus's.
    pub fn find(
        bus: &mut dyn I2c,
        address: u8,
        feedback: Feedback,
    ) -> Result<Option<Self>, PeripheralError> {
        let found = present(read_byte(bus, address, OUT0))?;
        Ok(found.map(|_| Self { address, feedback }))
    }

    /// Sets the output and checks that the code was taken.
    ///
    /// # Errors
    /// [`PeripheralError::OutOfRange`], [`PeripheralError::Implausible`] when another code is read back.
    pub fn set_volts(&self, bus: &mut dyn I2c, volts: f32) -> Result<(), PeripheralError> {
        let (least, most) = self.feedback.range();
        let code = self.feedback.code(volts);
        let code = code.ok_or_else(|| PeripheralError::OutOfRange {
            part: "DS4432U",
            value: format!("{volts:.3} V"),
            range: format!("{least:.3} to {most:.3} V"),
        })?;
        self.write(bus, code)
    }

    /// The output that it is set to, volts. The part does not measure.
    ///
    /// # Errors
    /// The bus's.
    pub fn set_value(&self, bus: &mut dyn I2c) -> Result<f32, PeripheralError> {
        let code = read_byte(bus, self.address, OUT0)?;
        Ok(self.feedback.volts(code))
    }

    /// The lowest voltage there is, volts.
    pub fn lowest(&self) -> f32 {
        self.feedback.range().0
    }

    /// Sets the lowest voltage there is: the nearest to off that it can do.
    ///
    /// # Errors
    /// The bus's.
    pub fn set_lowest(&self, bus: &mut dyn I2c) -> Result<(), PeripheralError> {
        self.write(bus, 0xff)
    }

    fn write(&self, bus: &mut dyn I2c, code: u8) -> Result<(), PeripheralError> {
        bus.write(self.address, &[OUT0, code])?;
        let taken = read_byte(bus, self.address, OUT0)?;
        if taken == code {
            return Ok(());
        }
        Err(PeripheralError::Implausible {
            part: "DS4432U",
            expected: format!("code {code:02x} set"),
            got: format!("{taken:02x} read back"),
        })
    }
}
