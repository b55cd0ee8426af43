//! The core voltage: set, verified, switched, measured, whatever part makes it.

use std::time::Duration;

use super::kind::{Kind, SupplyKind};
use crate::board::Span;
use crate::board::peripheral::{Ds4432u, Gpio, Ina260, PeripheralError, PowerStatus, Tps546};
use crate::board::safety::Sense;
use crate::board::usb_control::UsbControl;

/// How long a regulator takes to reach a new voltage.
pub(super) const SETTLE: Duration = Duration::from_millis(100);
/// How far above its lowest a regulator that is off may be, volts.
const RESTING: f32 = 0.1;
/// How far the measured voltage may be from the one that was set.
const TOLERANCE: f32 = 0.06;

/// What makes the core voltage of an open board.
#[derive(Debug, Clone, Copy)]
pub(super) enum Supply {
    Tps546 {
        part: Tps546,
        limit: f32,
    },
    Ds4432u {
        part: Ds4432u,
        meter: Option<Ina260>,
        limit: f32,
        /// The line that switches the regulator, if one does.
        switch: Option<u8>,
    },
}

/// What the supply's parts measure.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PowerReadings {
    pub(super) core_volts: Option<f32>,
    /// The core voltage that the regulator makes or is set to, volts: what it can tell.
    pub(super) made_volts: Option<f32>,
    pub(super) input_volts: Option<f32>,
    pub(super) watts: Option<f32>,
    /// The current that is limited.
    pub(super) amps: Sense,
    pub(super) celsius: Sense,
    pub(super) fault: Option<&'static str>,
}

impl SupplyKind {
    /// What the parts themselves can do, for who lifts the limits.
    pub(super) fn millivolts(&self, span: Span<u32>) -> Span<u32> {
        let (least, most) = match self {
            Self::Either {
                tps546, feedback, ..
            } => {
                let (low, high) = feedback.range();
                (tps546.output.0.max(low), tps546.output.1.min(high))
            }
            Self::Switched { feedback } => feedback.range(),
        };
        Span {
            least: (least * 1000.0).ceil() as u32,
            most: (most * 1000.0).floor() as u32,
            ..span
        }
    }
}

impl Supply {
    /// Looks for the parts of `kind`, and switches the voltage off.
    ///
    /// # Errors
    /// [`PeripheralError::Implausible`] when there is no regulator; the bus's.
    pub(super) fn find(control: &mut UsbControl, kind: &Kind) -> Result<Self, PeripheralError> {
        let supply = match kind.supply {
            SupplyKind::Either {
                tps546,
                feedback,
                input_amps,
            } => match Tps546::find(control, Tps546::ADDRESS, tps546)? {
                Some(part) => {
                    part.configure(control)?;
                    let limit = tps546.amps.0;
                    Self::Tps546 { part, limit }
                }
                None => Self::Ds4432u {
                    part: present(Ds4432u::find(control, Ds4432u::ADDRESS, feedback)?)?,
                    meter: Ina260::find(control, Ina260::ADDRESS)?,
                    limit: input_amps,
                    switch: None,
                },
            },
            SupplyKind::Switched { feedback } => Self::Ds4432u {
                part: present(Ds4432u::find(control, Ds4432u::ADDRESS, feedback)?)?,
                meter: None,
                limit: f32::INFINITY,
                switch: kind.lines.power,
            },
        };
        supply.off(control)?;
        Ok(supply)
    }

    /// The greatest current, amperes.
    pub(super) fn limit(&self) -> f32 {
        match self {
            Self::Tps546 { limit, .. } | Self::Ds4432u { limit, .. } => *limit,
        }
    }

    /// Sets the voltage.
    ///
    /// # Errors
    /// The part's.
    pub(super) fn set(&self, control: &mut UsbControl, volts: f32) -> Result<(), PeripheralError> {
        match self {
            Self::Tps546 { part, .. } => part.set_volts(control, volts),
            Self::Ds4432u { part, .. } => part.set_volts(control, volts),
        }
    }

    /// Switches the voltage on.
    ///
    /// # Errors
    /// The part's.
    pub(super) fn on(&self, control: &mut UsbControl) -> Result<(), PeripheralError> {
        match self {
            Self::Tps546 { part, .. } => part.on(control),
            Self::Ds4432u { switch, .. } => {
                switch.map_or(Ok(()), |line| control.set_line(line, true))
            }
        }
    }

    /// Switches the voltage off, or as low as it goes where there is no switch.
    ///
    /// # Errors
    /// The part's.
    pub(super) fn off(&self, control: &mut UsbControl) -> Result<(), PeripheralError> {
        match self {
            Self::Tps546 { part, .. } => part.off(control),
            Self::Ds4432u { part, switch, .. } => {
                let switched = switch.map_or(Ok(()), |line| control.set_line(line, false));
                part.set_lowest(control).and(switched)
            }
        }
    }

    /// The most that it says of its voltage while it is off, volts.
    pub(super) fn rest_volts(&self) -> f32 {
        match self {
            Self::Tps546 { .. } => RESTING,
            Self::Ds4432u { part, .. } => part.lowest() + RESTING,
        }
    }

    /// Lets the part forget the faults that have passed; only a TPS546 keeps any.
    ///
    /// # Errors
    /// The part's.
    pub(super) fn clear_faults(&self, control: &mut UsbControl) -> Result<(), PeripheralError> {
        match self {
            Self::Tps546 { part, .. } => part.clear_faults(control),
            Self::Ds4432u { .. } => Ok(()),
        }
    }

    /// Whether the voltage that is measured, where it is, is the one that was set.
    ///
    /// # Errors
    /// [`PeripheralError::Implausible`] with both.
    pub(super) fn verify(
        &self,
        control: &mut UsbControl,
        volts: f32,
    ) -> Result<(), PeripheralError> {
        let Self::Tps546 { part, .. } = self else {
            return Ok(());
        };
        let measured = part.output_volts(control)?;
        let fault = part.status(control)?.fault();
        if fault.is_none() && (measured - volts).abs() <= TOLERANCE {
            return Ok(());
        }
        let fault = fault.map(|fault| format!(", {fault}")).unwrap_or_default();
        Err(PeripheralError::Implausible {
            part: "core voltage",
            expected: format!("{volts:.3} V"),
            got: format!("{measured:.3} V{fault}"),
        })
    }

    /// What the parts measure. A part that says nothing is silent; errors are the bus's.
    pub(super) fn measure(
        &self,
        control: &mut UsbControl,
    ) -> Result<PowerReadings, PeripheralError> {
        match self {
            Self::Tps546 { part, .. } => {
                let amps = sense(part.output_amps(control))?;
                let core_volts = sense(part.output_volts(control))?.value();
                Ok(PowerReadings {
                    core_volts,
                    made_volts: core_volts,
                    input_volts: sense(part.input_volts(control))?.value(),
                    watts: core_volts
                        .zip(amps.value())
                        .map(|(volts, amps)| volts * amps),
                    amps,
                    celsius: sense(part.celsius(control))?,
                    fault: own(part.status(control))?.and_then(PowerStatus::fault),
                })
            }
            Self::Ds4432u { part, meter, .. } => {
                let made_volts = sense(part.set_value(control))?.value();
                Ok(PowerReadings {
                    made_volts,
                    ..measure_input(control, *meter)?
                })
            }
        }
    }
}

fn measure_input(
    control: &mut UsbControl,
    meter: Option<Ina260>,
) -> Result<PowerReadings, PeripheralError> {
    let Some(meter) = meter else {
        return Ok(PowerReadings::default());
    };
    Ok(PowerReadings {
        input_volts: sense(meter.volts(control))?.value(),
        watts: sense(meter.watts(control))?.value(),
        amps: sense(meter.amps(control))?,
        ..PowerReadings::default()
    })
}

fn present(part: Option<Ds4432u>) -> Result<Ds4432u, PeripheralError> {
    part.ok_or_else(|| PeripheralError::Implausible {
        part: "core voltage",
        expected: "a TPS546 at 24 or a DS4432U at 48".to_owned(),
        got: "neither".to_owned(),
    })
}

/// A part that refuses, or says what cannot be, is silent; errors of the bus stay errors.
pub(super) fn sense(answer: Result<f32, PeripheralError>) -> Result<Sense, PeripheralError> {
    let plausible = |value: &f32| value.is_finite() && (-60.0..=200.0).contains(value);
    let value = own(answer)?.filter(plausible);
    Ok(value.map_or(Sense::Silent, Sense::Value))
}

fn own<T>(answer: Result<T, PeripheralError>) -> Result<Option<T>, PeripheralError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_of_the_bus() => Err(error),
        Err(_) => Ok(None),
    }
}
