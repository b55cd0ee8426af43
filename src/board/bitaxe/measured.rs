//! What all sensors of a board say at one moment.

use super::supply::PowerReadings;
use crate::board::safety::{Readings, Sense};

/// By what part the core voltage may be off.
const OTHER_VOLTAGE: f32 = 0.1;

/// What all sensors say.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Measured {
    pub(super) readings: Readings,
    pub(super) power: PowerReadings,
}

impl Measured {
    /// Makes a fault of a core voltage that is another than `millivolts`, which was set: a supply that dipped has forgotten what it was
    /// told, and makes nothing then, or too much.
    pub(super) fn expect_voltage(&mut self, millivolts: u32) {
        let wanted = millivolts as f32 / 1000.0;
        let is_other = |made: f32| (made - wanted).abs() > OTHER_VOLTAGE * wanted;
        if self.power.made_volts.is_some_and(is_other) {
            let fault = &mut self.readings.power_fault;
            fault.get_or_insert("another core voltage than was set");
        }
    }
}

/// The hotter of two sensors: one that is silent is no reason not to believe the other.
pub(super) fn hotter(one: Sense, other: Sense) -> Sense {
    match (one, other) {
        (Sense::Value(one), Sense::Value(other)) => Sense::Value(one.max(other)),
        (Sense::Absent, sense) | (sense, Sense::Absent) => sense,
        (Sense::Value(value), Sense::Silent) | (Sense::Silent, Sense::Value(value)) => {
            Sense::Value(value)
        }
        (Sense::Silent, Sense::Silent) => Sense::Silent,
    }
}
