//! Fan and thermometers of an open board, whatever parts they are.

use super::kind::{Kind, ThermometerKind};
use super::supply::sense;
use crate::board::peripheral::{Emc2101, Emc2103, PeripheralError, Tmp451, Tmp1075};
use crate::board::safety::Sense;
use crate::board::usb_control::UsbControl;

/// Where the TMP451 and the TMP1075 of an EmberOne are.
const PAIR: (u8, u8) = (0x49, 0x4a);

/// Fan and thermometers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cooler {
    Emc2101 {
        part: Emc2101,
        /// Added to its own temperature; `None`: the diode is in the chip.
        offset: Option<f32>,
    },
    Emc2103(Emc2103),
    /// Two thermometers and no fan that we drive.
    Pair {
        right: Tmp451,
        left: Tmp1075,
        /// Whether the diode is connected.
        diode: bool,
    },
}

/// What the cooler's parts measure.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct HeatReadings {
    pub(super) chip: Sense,
    pub(super) board: Sense,
    pub(super) rpm: Sense,
}

impl Cooler {
    /// Looks for the parts of `kind` and makes them measure.
    ///
    /// # Errors
    /// [`PeripheralError::Implausible`] when there is no thermometer: such a board cannot be run; the bus's.
    pub(super) fn find(control: &mut UsbControl, kind: &Kind) -> Result<Self, PeripheralError> {
        match kind.thermometer {
            ThermometerKind::FanDriver { offset } => Self::find_fan(control, Some(offset), None),
            ThermometerKind::Diode { ideality, beta } => {
                Self::find_fan(control, None, Some((ideality, beta)))
            }
            ThermometerKind::Pair { offset } => Self::find_pair(control, offset),
        }
    }

    fn find_fan(
        control: &mut UsbControl,
        offset: Option<f32>,
        diode: Option<(u8, u8)>,
    ) -> Result<Self, PeripheralError> {
        if let Some(part) = Emc2101::find(control, Emc2101::ADDRESS)? {
            part.configure(control, diode)?;
            return Ok(Self::Emc2101 { part, offset });
        }
        if let Some(part) = Emc2103::find(control, Emc2103::ADDRESS)? {
            part.configure(control)?;
            return Ok(Self::Emc2103(part));
        }
        Err(missing("an EMC2101 at 4c or an EMC2103 at 2e"))
    }

    fn find_pair(control: &mut UsbControl, offset: i8) -> Result<Self, PeripheralError> {
        let right = Tmp451::find(control, PAIR.0)?;
        let left = Tmp1075::find(control, PAIR.1)?;
        let (Some(right), Some(left)) = (right, left) else {
            return Err(missing("a TMP451 at 49 and a TMP1075 at 4a"));
        };
        right.set_offset(control, offset)?;
        let diode = sense(right.diode_celsius(control))?.value().is_some();
        Ok(Self::Pair { right, left, diode })
    }

    /// Whether there is a fan that we drive.
    pub(super) fn has_fan(&self) -> bool {
        !matches!(self, Self::Pair { .. })
    }

    /// Drives the fan at `percent`.
    ///
    /// # Errors
    /// The part's.
    pub(super) fn set_fan(
        &self,
        control: &mut UsbControl,
        percent: u8,
    ) -> Result<(), PeripheralError> {
        match self {
            Self::Emc2101 { part, .. } => part.set_fan(control, percent),
            Self::Emc2103(part) => part.set_fan(control, percent),
            Self::Pair { .. } => Ok(()),
        }
    }

    /// What the parts measure. A part that says nothing is silent; errors are the bus's.
    pub(super) fn measure(
        &self,
        control: &mut UsbControl,
    ) -> Result<HeatReadings, PeripheralError> {
        match self {
            Self::Emc2101 { part, offset: None } => Ok(HeatReadings {
                chip: sense(part.diode_celsius(control))?,
                board: sense(part.internal_celsius(control))?,
                rpm: turns(part.rpm(control))?,
            }),
            Self::Emc2101 {
                part,
                offset: Some(offset),
            } => {
                let own = part.internal_celsius(control);
                Ok(HeatReadings {
                    chip: sense(own.map(|celsius| celsius + offset))?,
                    board: Sense::Absent,
                    rpm: turns(part.rpm(control))?,
                })
            }
            Self::Emc2103(part) => Ok(HeatReadings {
                chip: sense(part.diode_celsius(control))?,
                board: sense(part.internal_celsius(control))?,
                rpm: turns(part.rpm(control))?,
            }),
            Self::Pair { right, left, diode } => measure_pair(control, *right, *left, *diode),
        }
    }
}

/// Without a diode the hotter side of the board stands for the chips.
fn measure_pair(
    control: &mut UsbControl,
    right: Tmp451,
    left: Tmp1075,
    diode: bool,
) -> Result<HeatReadings, PeripheralError> {
    let sides = [
        sense(right.local_celsius(control))?,
        sense(left.celsius(control))?,
    ];
    let board = if sides.contains(&Sense::Silent) {
        Sense::Silent
    } else {
        let hotter = sides
            .iter()
            .filter_map(|side| side.value())
            .fold(f32::MIN, f32::max);
        Sense::Value(hotter)
    };
    let chip = if diode {
        sense(right.diode_celsius(control))?
    } else {
        board
    };
    Ok(HeatReadings {
        chip,
        board,
        rpm: Sense::Absent,
    })
}

fn turns(rpm: Result<u32, PeripheralError>) -> Result<Sense, PeripheralError> {
    match rpm {
        Ok(rpm) => Ok(Sense::Value(rpm as f32)),
        Err(error) if error.is_of_the_bus() => Err(error),
        Err(_) => Ok(Sense::Silent),
    }
}

fn missing(expected: &str) -> PeripheralError {
    PeripheralError::Implausible {
        part: "thermometer",
        expected: expected.to_owned(),
        got: "none".to_owned(),
    }
}
