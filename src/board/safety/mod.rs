//! What keeps a board from harm, as pure state machines: readings and the time go in, a clock's share, a switch and a fan's drive come out.
//!
//! A board asks them at least once a second, on its own thread, whatever pools and networks do. Nothing here reads a sensor, a clock
//! or moves a switch. [`Guard`] judges; [`FanControl`] drives a fan to a temperature.

mod fan;
mod freeze;
mod guard;
#[cfg(test)]
mod tests;

pub use fan::FanControl;
pub use guard::{Guard, Judgement, Limits};

/// What a sensor says.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Sense {
    /// The board has no such sensor.
    #[default]
    Absent,
    /// It should be there, and says nothing that could be true.
    Silent,
    /// A value, in the reading's unit.
    Value(f32),
}

impl Sense {
    /// The value, if there is one.
    pub fn value(self) -> Option<f32> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Silent => None,
        }
    }

    /// Whether it is a value above `limit`.
    fn exceeds(self, limit: f32) -> bool {
        self.value().is_some_and(|value| value > limit)
    }
}

/// What a board's sensors say at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Readings {
    /// The hottest chip, degrees Celsius.
    pub chip: Sense,
    /// The regulator, or the board beside it, degrees Celsius.
    pub board: Sense,
    /// The current that is limited, amperes.
    pub amps: Sense,
    /// The fan, turns a minute.
    pub rpm: Sense,
    /// What the fan is driven at, percent.
    pub fan_percent: u8,
    /// What the regulator complains of.
    pub power_fault: Option<&'static str>,
}

/// What a board may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Run at so many percent of the clock that is wanted; 100: all of it.
    Run(u8),
    /// The core voltage is off.
    Off,
}

impl Level {
    /// Whether the core voltage is off.
    pub fn is_off(self) -> bool {
        self == Self::Off
    }
}
