//! What the boards differ in, as data: chips, clocks, voltages, parts. The code asks the table, never for a name.
//!
//! Facts: `bm13xx-boards.md` sections 0.2, 14 and 15; ranges are those that ESP-Miner offers (`main/device_config.h`).

use crate::board::Span;
use crate::board::peripheral::{Feedback, Tps546Limits};
use crate::chip::bm13xx::{BM1366, BM1368, BM1370, BM1397, ChipType};

/// A kind of board behind a bitaxe-raw control port.
#[derive(Debug)]
pub(in crate::board) struct Kind {
    /// As people call it.
    pub(in crate::board) name: &'static str,
    pub(in crate::board) chip: &'static ChipType,
    pub(in crate::board) chips: u16,
    /// Chips of a voltage domain, where several are stacked.
    pub(in crate::board) chips_per_domain: Option<u16>,
    /// Clock, MHz.
    pub(in crate::board) mhz: Span<f64>,
    /// What the regulator gives, millivolts.
    pub(in crate::board) millivolts: Span<u32>,
    pub(in crate::board) supply: SupplyKind,
    pub(in crate::board) thermometer: ThermometerKind,
    pub(in crate::board) lines: LineNumbers,
    /// The controller's analogue inputs: channels and names.
    pub(in crate::board) inputs: &'static [(u8, &'static str)],
    /// What the board may draw at most, watts: the tuner's bound.
    pub(in crate::board) watts: f64,
}

/// What makes the core voltage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::board) enum SupplyKind {
    /// A TPS546 or, on older boards, a DS4432U with an INA260 beside it: whichever is on the bus.
    Either {
        tps546: Tps546Limits,
        feedback: Feedback,
        /// Input current that an INA260 may measure, amperes.
        input_amps: f32,
    },
    /// A DS4432U at the feedback of a regulator that a line switches.
    Switched { feedback: Feedback },
}

/// What measures the chips' temperature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::board) enum ThermometerKind {
    /// The fan driver's own sensor is near the chip; so many kelvin are added.
    FanDriver { offset: f32 },
    /// A diode in the chip at the fan driver; ideality and beta bytes of an EMC2101.
    Diode { ideality: u8, beta: u8 },
    /// TMP451 with a diode in a chip (the byte is added), TMP1075 beside the chips, no fan.
    Pair { offset: i8 },
}

/// Numbers of the controller's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::board) struct LineNumbers {
    /// Low: the chips are in reset.
    pub(in crate::board) reset: u8,
    /// High: the core voltage is on.
    pub(in crate::board) power: Option<u8>,
    /// High: the chips' inputs and outputs have their voltage.
    pub(in crate::board) io: Option<u8>,
}

/// The Bitaxe's feedback network.
pub(in crate::board) const FEEDBACK: Feedback = Feedback {
    reference: 0.6,
    upper: 4750.0,
    lower: 3320.0,
    full_scale: 98.921e-6,
    sources_below: 1.451,
};

const SUPPLY: SupplyKind = SupplyKind::Either {
    tps546: Tps546Limits {
        output: (1.0, 2.0),
        input: (4.8, 4.5),
        amps: (25.0, 30.0),
        celsius: (105.0, 145.0),
    },
    feedback: FEEDBACK,
    input_amps: 5.0,
};

const LINES: LineNumbers = LineNumbers {
    reset: 0,
    power: None,
    io: None,
};

/// Every Bitaxe's chip answers at this voltage, and none is harmed by it, millivolts.
pub(in crate::board) const COMMON_MILLIVOLTS: u32 = 1150;

const fn bitaxe(name: &'static str, chip: &'static ChipType, stock: (f64, u32)) -> Kind {
    Kind {
        name,
        chip,
        chips: 1,
        chips_per_domain: None,
        mhz: Span {
            stock: stock.0,
            least: 50.0,
            most: 650.0,
        },
        millivolts: Span {
            stock: stock.1,
            least: 1000,
            most: 1300,
        },
        supply: SUPPLY,
        thermometer: ThermometerKind::FanDriver { offset: 5.0 },
        lines: LINES,
        inputs: &[(0x50, "VDD")],
        watts: 25.0,
    }
}

/// Bitaxe Max.
pub(in crate::board) static MAX: Kind = Kind {
    millivolts: Span {
        stock: 1400,
        least: 1100,
        most: 1500,
    },
    ..bitaxe("Bitaxe Max", &BM1397, (425.0, 1400))
};
/// Bitaxe Ultra.
pub(in crate::board) static ULTRA: Kind = bitaxe("Bitaxe Ultra", &BM1366, (485.0, 1200));
/// Bitaxe Supra.
pub(in crate::board) static SUPRA: Kind = bitaxe("Bitaxe Supra", &BM1368, (490.0, 1166));
/// Bitaxe Gamma, RHAP-D too.
pub(in crate::board) static GAMMA: Kind = Kind {
    thermometer: ThermometerKind::Diode {
        ideality: 0x24,
        beta: 0,
    },
    ..bitaxe("Bitaxe Gamma", &BM1370, (525.0, 1150))
};

/// Every Bitaxe: what one may be that does not say which it is.
pub(in crate::board) static BITAXES: &[&Kind] = &[&MAX, &ULTRA, &SUPRA, &GAMMA];

impl Kind {
    /// Hashes a second at the stock clock.
    pub(in crate::board) const fn nominal(&self) -> f64 {
        self.mhz.stock * 1e6 * self.chip.hashes_per_clock as f64 * self.chips as f64
    }
}
