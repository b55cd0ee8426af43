//! Everything of a board but its chips: the controller, and the parts behind it, in the order in which they may be touched.

use super::cooler::Cooler;
use super::kind::Kind;
use super::measured::{Measured, hotter};
use super::supply::{PowerReadings, SETTLE, Supply};
use crate::board::BoardError;
use crate::board::peripheral::{Gpio, PeripheralError};
use crate::board::safety::{Readings, Sense};
use crate::board::usb_control::{Dialect, UsbControl};
use crate::transport::Transport;

/// The chips' temperature above which a fan that is left alone is left at full speed, and below which at its least, degrees Celsius.
const WARM: (f32, f32) = (60.0, 40.0);

/// The bus's clock that every part of these boards stands, hertz.
const BUS_HERTZ: u32 = 100_000;
/// The light of a board that mines, and of one that was switched off to keep safe: red, green, blue.
const MINING: [u8; 3] = [0, 24, 0];
const RESTING: [u8; 3] = [32, 8, 0];
const DARK: [u8; 3] = [0, 0, 0];

/// What a board's light shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Light {
    Dark,
    Mining,
    Resting,
}

/// The controller and what was found behind it.
pub(super) struct Parts {
    control: UsbControl,
    cooler: Option<Cooler>,
    supply: Option<Supply>,
    /// The controller's analogue inputs by name, as they came.
    inputs: Vec<(&'static str, u16)>,
    /// What the fan is driven at, percent.
    fan: u8,
    /// Whether the controller has refused to light anything: not every board has a light.
    is_unlit: bool,
}

impl Parts {
    /// The parts behind `line`. Nothing is sent.
    pub(super) fn new(line: Box<dyn Transport>) -> Self {
        Self {
            control: UsbControl::new(line),
            cooler: None,
            supply: None,
            inputs: Vec::new(),
            fan: 100,
            is_unlit: false,
        }
    }

    /// What the controller speaks, for people.
    fn dialect(&self) -> &'static str {
        match self.control.dialect() {
            Some(Dialect::V1) => "v1",
            Some(Dialect::Bonanza) => "bonanza",
            Some(Dialect::V0) | None => "v0",
        }
    }

    /// Puts the chips into reset, finds the parts, turns the fan up and the voltage off.
    ///
    /// # Errors
    /// A part that is missing or says what it cannot, or the controller's.
    pub(super) fn find(&mut self, kind: &Kind) -> Result<(), BoardError> {
        self.control.connect()?;
        self.reset(kind, true)?;
        self.set_bus_clock()?;
        self.read_inputs(kind)?;
        if let Some(line) = kind.lines.io {
            self.control.set_line(line, true)?;
        }
        self.cooler = Some(Cooler::find(&mut self.control, kind)?);
        self.set_fan(100)?;
        self.supply = Some(Supply::find(&mut self.control, kind)?);
        Ok(())
    }

    /// Whoever drove the board before may have left another clock; a firmware that knows only one refuses.
    fn set_bus_clock(&mut self) -> Result<(), BoardError> {
        match self.control.set_bus_clock(BUS_HERTZ) {
            Err(PeripheralError::Refused { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Sets the core voltage, switches it on and checks it; `wait` lets time pass.
    ///
    /// # Errors
    /// The regulator's.
    pub(super) fn power(
        &mut self,
        millivolts: u32,
        wait: &mut dyn FnMut(std::time::Duration),
    ) -> Result<(), PeripheralError> {
        let Some(supply) = self.supply else {
            return Ok(());
        };
        let volts = millivolts as f32 / 1000.0;
        supply.set(&mut self.control, volts)?;
        supply.on(&mut self.control)?;
        wait(SETTLE);
        supply.verify(&mut self.control, volts)
    }

    /// Drives the fan, if there is one.
    ///
    /// # Errors
    /// The part's.
    pub(super) fn set_fan(&mut self, percent: u8) -> Result<(), PeripheralError> {
        if let Some(cooler) = self.cooler {
            let told = cooler.set_fan(&mut self.control, percent);
            told.or_else(|error| self.drive_by_controller(percent, error))?;
            self.fan = percent;
        }
        Ok(())
    }

    /// A fan driver that does not answer: what is left is the controller, of which the old firmware drives the fan by itself. In newer
    /// firmware that page is the system's, and nothing is said to it.
    fn drive_by_controller(
        &mut self,
        percent: u8,
        error: PeripheralError,
    ) -> Result<(), PeripheralError> {
        let is_old = self.control.dialect() == Some(Dialect::V0);
        match error {
            PeripheralError::Refused { .. } if is_old => {
                self.control.set_fan(percent).map_err(|_| error)
            }
            error => Err(error),
        }
    }

    /// Reads the controller's analogue inputs. No source tells their scale, so they are kept as they come; a board without one refuses.
    fn read_inputs(&mut self, kind: &Kind) -> Result<(), PeripheralError> {
        self.inputs.clear();
        for (channel, name) in kind.inputs {
            match self.control.analogue(*channel) {
                Ok(raw) => self.inputs.push((name, raw)),
                Err(error) if error.is_gone() => return Err(error),
                Err(error) => tracing::debug!(%error, name, "analogue input"),
            }
        }
        Ok(())
    }

    /// What the controller is, for people: its dialect, and its analogue inputs as they came.
    pub(super) fn controller(&self) -> String {
        let inputs = self.inputs.iter();
        let inputs = inputs.map(|(name, raw)| format!(", {name} reads {raw}"));
        format!("control {}{}", self.dialect(), inputs.collect::<String>())
    }

    /// Shows what the board does, where it has a light. Nothing depends on it.
    pub(super) fn light(&mut self, light: Light) {
        if self.is_unlit {
            return;
        }
        let colour = match light {
            Light::Dark => DARK,
            Light::Mining => MINING,
            Light::Resting => RESTING,
        };
        if let Err(error) = self.control.set_light(colour) {
            tracing::debug!(%error, "light");
            self.is_unlit = matches!(error, PeripheralError::Refused { .. });
        }
    }

    /// What the fan is driven at; `None`: there is none.
    pub(super) fn fan(&self) -> Option<u8> {
        let has_fan = self.cooler.is_some_and(|cooler| cooler.has_fan());
        has_fan.then_some(self.fan)
    }

    /// The greatest current, amperes.
    pub(super) fn current_limit(&self) -> f32 {
        self.supply.map_or(f32::INFINITY, |supply| supply.limit())
    }

    /// Holds the chips in reset, or lets them go: low is reset.
    ///
    /// # Errors
    /// The controller's.
    pub(super) fn reset(&mut self, kind: &Kind, asserted: bool) -> Result<(), PeripheralError> {
        self.control.set_line(kind.lines.reset, !asserted)
    }

    /// What all sensors say. A controller that does not answer makes all of them silent.
    ///
    /// # Errors
    /// The port's.
    pub(super) fn measure(&mut self) -> Result<Measured, PeripheralError> {
        match self.try_measure() {
            Err(PeripheralError::Transport(error)) => Err(error.into()),
            Err(error) => {
                tracing::debug!(%error, "sensors");
                Ok(self.all_silent())
            }
            measured => measured,
        }
    }

    fn try_measure(&mut self) -> Result<Measured, PeripheralError> {
        let (Some(cooler), Some(supply)) = (self.cooler, self.supply) else {
            return Ok(self.all_silent());
        };
        let heat = cooler.measure(&mut self.control)?;
        let power = supply.measure(&mut self.control)?;
        let readings = Readings {
            chip: heat.chip,
            board: hotter(heat.board, power.celsius),
            amps: power.amps,
            rpm: heat.rpm,
            // Without a fan there is nothing to turn up.
            fan_percent: self.fan().unwrap_or(100),
            power_fault: power.fault,
        };
        Ok(Measured { readings, power })
    }

    fn all_silent(&self) -> Measured {
        Measured {
            readings: Readings {
                chip: Sense::Silent,
                fan_percent: self.fan,
                ..Readings::default()
            },
            power: PowerReadings::default(),
        }
    }

    /// Takes reset and voltage away: each is tried whatever the others say.
    ///
    /// # Errors
    /// The first that failed.
    pub(super) fn cut(&mut self, kind: &Kind) -> Result<(), PeripheralError> {
        let reset = self.reset(kind, true);
        let off = match self.supply {
            Some(supply) => supply.off(&mut self.control),
            None => Ok(()),
        };
        reset.and(off)
    }

    /// Whether a regulator that should rest makes a voltage, as one does that was told nothing since its supply came back.
    pub(super) fn is_awake(&self, measured: &Measured) -> bool {
        let made = measured.power.made_volts;
        let rest = self.supply.map(|supply| supply.rest_volts());
        made.zip(rest).is_some_and(|(made, rest)| made > rest)
    }

    /// Lets the regulator forget the faults that have passed.
    ///
    /// # Errors
    /// The regulator's.
    pub(super) fn clear_faults(&mut self) -> Result<(), PeripheralError> {
        self.supply
            .map_or(Ok(()), |supply| supply.clear_faults(&mut self.control))
    }

    /// Leaves the fan, for when nobody looks after it any more, as the chips' temperature wants it.
    ///
    /// # Errors
    /// The part's.
    pub(super) fn leave_fan(&mut self, chip: Sense) -> Result<(), PeripheralError> {
        let percent = match chip.value() {
            Some(celsius) if celsius < WARM.1 => 20,
            Some(celsius) if celsius < WARM.0 => 60,
            _ => 100,
        };
        self.set_fan(percent)
    }
}
