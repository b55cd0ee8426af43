//! The members as data (sections 0.2 and 13 of the sheet). Limits of clock, voltage and power are ours: what is known to be run without
//! changes to the board.

use std::time::Duration;

use crate::board::chain::{BROWN_OUT, DROP, DUPLICATE, FLIP, LIES, MISSING, SEED, STUCK};
use crate::board::{OptionHelp, Span};
use crate::chip::bm13xx::emulator::EmulatedChip;
use crate::chip::bm13xx::{BM1362, BM1370, BM1384, BM1387, BM1397, ChipType, Script, scripts};
use crate::transport::Parity;

/// The chip between USB and the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BridgeKind {
    /// CP2102: a plain port.
    Cp2102,
    /// FTDI FT-X: the chips' reset is one of its CBUS pins.
    Ftx,
    /// CP2105: the chips' supply is on its latch, a telemetry controller at its second port.
    Cp2105,
}

impl BridgeKind {
    /// How the chips' line is set: the CP210x boards' has a mark behind each byte (section 13).
    pub(super) fn parity(self) -> Parity {
        match self {
            Self::Cp2102 | Self::Cp2105 => Parity::Mark,
            Self::Ftx => Parity::None,
        }
    }
}

/// A core voltage that the host sets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Core {
    pub(super) millivolts: Span<u32>,
    /// What a chip with its share of the board may draw, watts; no source has a figure, this is a third more than at the highest clock and voltage that users may ask for.
    pub(super) watts: f64,
}

/// One model of stick.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) chip: &'static ChipType,
    /// The same chip for the emulator, which has a table of its own.
    pub(super) emulated: EmulatedChip,
    pub(super) chips: u16,
    pub(super) bridge: BridgeKind,
    /// Clock, MHz.
    pub(super) mhz: Span<f64>,
    /// Where the host sets the core voltage.
    pub(super) core: Option<Core>,
    /// Whether the host drives a fan.
    pub(super) fan: bool,
    /// The line speed to raise to.
    pub(super) fast_baud: Option<u32>,
    /// How long the reset line stays low.
    pub(super) reset_low: Duration,
    /// The board's own bring-up, where it differs from its chip's.
    pub(super) script: Option<&'static Script>,
    pub(super) options: &'static [OptionHelp],
}

impl Member {
    /// Hashes a second at the stock clock.
    pub(super) const fn nominal(&self) -> f64 {
        self.mhz.stock * 1e6 * self.chip.hashes_per_clock as f64 * self.chips as f64
    }

    /// The core voltage, where the host sets it, millivolts.
    pub(super) const fn millivolts(&self) -> Option<Span<u32>> {
        match self.core {
            Some(core) => Some(core.millivolts),
            None => None,
        }
    }

    /// What a board of `chips` may draw, watts.
    pub(super) fn most_watts(&self, chips: u16) -> f64 {
        let each = self.core.map_or(f64::INFINITY, |core| core.watts);
        each * f64::from(chips)
    }
}

const fn help(key: &'static str, about: &'static str) -> OptionHelp {
    OptionHelp { key, about }
}

const FREQ: OptionHelp = help("freq", "clock in MHz; the stock clock by default");
const CHIPS: OptionHelp = help(
    "chips",
    "how many chips the board carries, 1 to 128; as listed above by default",
);
const UNSAFE: OptionHelp = help(
    "unsafe-limits",
    "yes: clock and voltage up to what the chip itself can be told (default: no)",
);
const BAUD: OptionHelp = help("baud", "line speed out of reset (default: 115200)");
const RAISE: OptionHelp = help(
    "raise-baud",
    "no: stay at the line speed out of reset (default: yes)",
);
const VOLTAGE: OptionHelp = help(
    "voltage",
    "core voltage in mV; the stock voltage by default",
);
const FAN: OptionHelp = help("fan", "auto, or 0% to 100% (default: auto)");
const TARGET: OptionHelp = help(
    "target-temp",
    "temperature that the fan aims at, 30 to 100 C (default: 65)",
);
const MAX: OptionHelp = help(
    "max-temp",
    "temperature at which the chips are slowed down, and soon switched off, 40 to 105 C (default: 90)",
);
const TUNE: OptionHelp = help(
    "tune",
    "efficiency or hashrate: walk clock and voltage by the measured errors, instead of freq and voltage; remembered by serial number; off by default",
);
const STATE_DIR: OptionHelp = help("state-dir", "folder for what the tuner remembers");
const RATE: OptionHelp = help(
    "rate",
    "emulator: hashes a second of the board (default: 2M)",
);
const ZERO_BITS: OptionHelp = help(
    "zero-bits",
    "leading zero bits of the easiest nonce, 1 to 32 (default: 32; emulator: as many fewer as it is slower than the board)",
);
const DIES: OptionHelp = help("fault-dies", "emulator: CHIP@SECONDS, a chip that dies");
const MCU: OptionHelp = help(
    "telemetry",
    "emulator: the controller's version, 10, 20, 21 or 30",
);
const MUTE: OptionHelp = help(
    "fault-mute",
    "emulator: seconds after which the controller is silent",
);
const FROZEN: OptionHelp = help(
    "fault-frozen",
    "emulator: seconds after which its readings stand still",
);
const FAN_STOPS: OptionHelp = help("fault-fan", "emulator: seconds after which the fan stops");
const OVER_CURRENT: OptionHelp = help(
    "fault-over-current",
    "emulator: seconds after which it draws too much",
);
const SLUMP: OptionHelp = help(
    "fault-regulator",
    "emulator: seconds after which the core voltage falls by a third, until it is switched anew",
);
const AMBIENT: OptionHelp = help(
    "ambient",
    "emulator: the air's temperature, C (default: 25)",
);

/// The options of a member: what all have, with its `own` between, and what goes wrong with its `emulated` parts.
macro_rules! options {
    ([$($own:ident),*], [$($emulated:ident),*]) => {
        &[
            FREQ, $($own,)* CHIPS, UNSAFE, BAUD, RATE, ZERO_BITS, SEED, DROP, FLIP, DUPLICATE, MISSING, DIES,
            LIES, STUCK, BROWN_OUT, $($emulated,)*
        ]
    };
}

const PLAIN: &[OptionHelp] = options!([], []);
const FAST: &[OptionHelp] = options!([RAISE], []);
const CONTROLLED: &[OptionHelp] = options!(
    [VOLTAGE, TUNE, STATE_DIR, MAX],
    [MCU, MUTE, FROZEN, OVER_CURRENT, SLUMP, AMBIENT]
);
const VENTILATED: &[OptionHelp] = options!(
    [VOLTAGE, TUNE, STATE_DIR, FAN, TARGET, MAX],
    [MCU, MUTE, FROZEN, FAN_STOPS, OVER_CURRENT, SLUMP, AMBIENT]
);

/// A clock of this stock and greatest value, MHz; all members go as low as 50.
const fn mhz(stock: f64, most: f64) -> Span<f64> {
    Span {
        stock,
        least: 50.0,
        most,
    }
}

const SHORT_RESET: Duration = Duration::from_millis(30);

pub(super) static COMPAC: Member = COMPAC_VALUES;
const COMPAC_VALUES: Member = Member {
    name: "gekko-compac",
    chip: &BM1384,
    emulated: EmulatedChip::Bm1384,
    chips: 1,
    bridge: BridgeKind::Cp2102,
    mhz: mhz(150.0, 300.0),
    core: None,
    fan: false,
    fast_baud: None,
    reset_low: SHORT_RESET,
    script: None,
    options: PLAIN,
};

pub(super) static TWO_PAC: Member = Member {
    name: "gekko-2pac",
    chips: 2,
    mhz: mhz(100.0, 300.0),
    ..COMPAC_VALUES
};

/// "Several" chips by the sheet; the first of its line had four.
pub(super) static TERMINUS: Member = Member {
    name: "gekko-terminus",
    chips: 4,
    ..COMPAC_VALUES
};

const NEWPAC_VALUES: Member = Member {
    name: "gekko-newpac",
    chip: &BM1387,
    emulated: EmulatedChip::Bm1387,
    chips: 2,
    bridge: BridgeKind::Ftx,
    mhz: mhz(100.0, 500.0),
    fast_baud: Some(1_500_000),
    options: FAST,
    ..COMPAC_VALUES
};
pub(super) static NEWPAC: Member = NEWPAC_VALUES;

pub(super) static R606: Member = Member {
    name: "gekko-r606",
    chips: 12,
    mhz: mhz(550.0, 700.0),
    ..NEWPAC_VALUES
};

const COMPACF_VALUES: Member = Member {
    name: "gekko-compacf",
    chip: &BM1397,
    emulated: EmulatedChip::Bm1397,
    chips: 1,
    mhz: mhz(200.0, 650.0),
    reset_low: Duration::from_secs(1),
    ..NEWPAC_VALUES
};
pub(super) static COMPACF: Member = COMPACF_VALUES;

pub(super) static R909: Member = Member {
    name: "gekko-r909",
    chips: 6,
    mhz: mhz(450.0, 550.0),
    ..COMPACF_VALUES
};

const COMPAC_A1_VALUES: Member = Member {
    name: "gekko-compac-a1",
    chip: &BM1362,
    emulated: EmulatedChip::Bm1362,
    bridge: BridgeKind::Cp2105,
    mhz: mhz(300.0, 500.0),
    core: Some(Core {
        millivolts: Span {
            stock: 300,
            least: 250,
            most: 350,
        },
        watts: 15.0,
    }),
    fast_baud: None,
    reset_low: Duration::from_millis(100),
    options: CONTROLLED,
    ..COMPACF_VALUES
};
pub(super) static COMPAC_A1: Member = COMPAC_A1_VALUES;

/// The sheet does not tell how many chips a Terminus A1 carries.
pub(super) static TERMINUS_A1: Member = Member {
    name: "gekko-terminus-a1",
    chips: 4,
    ..COMPAC_A1_VALUES
};

const COMPAC_A2_VALUES: Member = Member {
    name: "gekko-compac-a2",
    chip: &BM1370,
    emulated: EmulatedChip::Bm1370,
    core: Some(Core {
        millivolts: Span {
            stock: 270,
            least: 230,
            most: 320,
        },
        watts: 50.0,
    }),
    fan: true,
    script: Some(&scripts::BM1370_COMPAC),
    options: VENTILATED,
    ..COMPAC_A1_VALUES
};
pub(super) static COMPAC_A2: Member = COMPAC_A2_VALUES;

/// As for the Terminus A1.
pub(super) static TERMINUS_A2: Member = Member {
    name: "gekko-terminus-a2",
    chips: 4,
    ..COMPAC_A2_VALUES
};
