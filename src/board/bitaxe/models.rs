//! The models: names, identities, options.

use super::Bitaxe;
use super::emulator::{self, Firmware};
use super::kind::{BITAXES, GAMMA, Kind, MAX, SUPRA, ULTRA};
use crate::board::chain::{BROWN_OUT, DROP, DUPLICATE, FLIP, LIES, MISSING, SEED, STUCK};
use crate::board::{
    Board, BoardError, BoardOptions, Connection, Emulated, Identity, Links, Model, OptionHelp,
    UsbLinks,
};
use crate::units::Hashrate;

/// Control is the first CDC-ACM function, data the second (section 14); the chips' line speed follows the data port's.
pub(in crate::board) const LINKS: UsbLinks = UsbLinks {
    baud: 115_200,
    data_interface: 2,
    control: Some((0, 115_200)),
    vendor: false,
};

const fn option(key: &'static str, about: &'static str) -> OptionHelp {
    OptionHelp { key, about }
}

/// The options of every board behind a bitaxe-raw control port.
pub(in crate::board) static OPTIONS: &[OptionHelp] = &[
    option("freq", "clock in MHz; the stock clock by default"),
    option(
        "voltage",
        "core voltage in mV; the stock voltage by default",
    ),
    option("fan", "auto (by temperature, the default), or 20% to 100%"),
    option(
        "target-temp",
        "chip temperature that the fan keeps, 35 to 80 C (60)",
    ),
    option(
        "max-temp",
        "chip temperature above which the clock is lowered, 40 to 85 C (75); 5 C above it the core voltage goes off",
    ),
    option(
        "baud",
        "line speed to the chips once they are up; 115200 leaves it alone (1000000; BM1397 1500000; 115200 where that fails)",
    ),
    option(
        "tune",
        "efficiency or hashrate: walk clock and voltage by the measured errors, instead of freq and voltage; remembered by serial number; off by default",
    ),
    option(
        "unsafe-limits",
        "yes: lift the limits of freq, voltage and max-temp, at your risk",
    ),
    option("state-dir", "folder for what the tuner remembers"),
    option(
        "zero-bits",
        "zero bits that the chips demand, 1 to 32 (32); fewer for emulated boards",
    ),
    option(
        "rate",
        "emulator: about so many hashes a second, such as 2M",
    ),
    option(
        "firmware",
        "emulator: v0, v1, or old (v0 whose controller drives the fan, too)",
    ),
    option(
        "fan-driver",
        "emulator: emc2101 (default), or emc2103 as on the Turbo boards",
    ),
    option(
        "regulator",
        "emulator: tps546 as on newer boards, or ds4432u as on older ones",
    ),
    option(
        "ambient",
        "emulator: the air's temperature, -20 to 60 C (25)",
    ),
    SEED,
    DROP,
    FLIP,
    DUPLICATE,
    MISSING,
    LIES,
    STUCK,
    option(
        "fault-chip-dies",
        "emulator: seconds after which the last chip dies",
    ),
    BROWN_OUT,
    option(
        "fault-sensor-freezes",
        "emulator: seconds after which the thermometer stands still",
    ),
    option(
        "fault-sensor-silent",
        "emulator: seconds after which the thermometer is silent",
    ),
    option(
        "fault-fan-stops",
        "emulator: seconds after which the fan stands",
    ),
    option(
        "fault-over-current",
        "emulator: seconds after which the core draws three times its current",
    ),
    option(
        "fault-control-silent",
        "emulator: seconds after which the controller is silent",
    ),
    option(
        "fault-supply-sags",
        "emulator: seconds after which the input falls to 85 % of its voltage",
    ),
    option(
        "fault-lasting",
        "emulator: seconds that each of these faults lasts (for good)",
    ),
];

const fn osmu(product: &'static str) -> Identity {
    Identity {
        vid: 0xc0de,
        pid: 0xcafe,
        manufacturer: Some("OSMU"),
        product: Some(product),
    }
}

fn open(
    kinds: &'static [&'static Kind],
    links: Links,
    options: &BoardOptions,
) -> Result<Box<dyn Board>, BoardError> {
    Ok(Box::new(Bitaxe::open(kinds, links, options)?))
}

fn emulate(
    kind: &'static Kind,
    firmware: Firmware,
    options: &BoardOptions,
) -> Result<Emulated, BoardError> {
    emulator::emulate(kind, firmware, options)
}

macro_rules! model {
    ($model:ident, $name:literal, $aliases:expr, $title:literal, $kinds:expr, $kind:ident, $firmware:ident, $usb:expr) => {
        #[doc = concat!("`", $name, "`: ", $title, ".")]
        pub static $model: Model = Model {
            name: $name,
            aliases: $aliases,
            title: $title,
            chips: $kind.chip.name,
            connection: Connection::Usb(LINKS),
            nominal: Hashrate::new($kind.nominal()),
            clock_mhz: Some($kind.mhz),
            core_millivolts: Some($kind.millivolts),
            usb: $usb,
            options: OPTIONS,
            open: |links, options| open($kinds, links, options),
            emulate: Some(|options| emulate(&$kind, Firmware::$firmware, options)),
        };
    };
}

/// The Gamma is what most of them are: its rate stands for the model, and its emulator answers for it unless only an older one takes the
/// options.
pub static BITAXE: Model = Model {
    name: "bitaxe",
    aliases: &[],
    title: "Bitaxe with bitaxe-raw firmware, whichever it is: the chip is asked",
    chips: "BM1397/1366/1368/1370",
    connection: Connection::Usb(LINKS),
    nominal: Hashrate::new(GAMMA.nominal()),
    clock_mhz: None,
    core_millivolts: None,
    usb: &[osmu("Bitaxe")],
    options: OPTIONS,
    open: |links, options| open(BITAXES, links, options),
    emulate: Some(|options| {
        let made = |kind: &&'static Kind| emulate(kind, Firmware::V0, options);
        BITAXES
            .iter()
            .rev()
            .map(made)
            .reduce(Result::or)
            .unwrap_or_else(|| made(&&GAMMA))
    }),
};
model!(
    BITAXE_MAX,
    "bitaxe-max",
    &["max"],
    "Bitaxe Max with bitaxe-raw firmware",
    &BITAXES[0..=0],
    MAX,
    V0,
    &[osmu("Bitaxe")]
);
model!(
    BITAXE_ULTRA,
    "bitaxe-ultra",
    &["ultra"],
    "Bitaxe Ultra with bitaxe-raw firmware",
    &BITAXES[1..=1],
    ULTRA,
    V0,
    &[osmu("Bitaxe")]
);
model!(
    BITAXE_SUPRA,
    "bitaxe-supra",
    &["supra"],
    "Bitaxe Supra with bitaxe-raw firmware",
    &BITAXES[2..=2],
    SUPRA,
    V0,
    &[osmu("Bitaxe")]
);
model!(
    BITAXE_GAMMA,
    "bitaxe-gamma",
    &["gamma"],
    "Bitaxe Gamma with bitaxe-raw firmware",
    &BITAXES[3..=3],
    GAMMA,
    V0,
    &[osmu("Bitaxe")]
);
model!(
    BITAXE_GAMMA_RHAPD,
    "bitaxe-gamma-rhapd",
    &["rhapd", "rhap-d"],
    "Bitaxe Gamma RHAP-D",
    &BITAXES[3..=3],
    GAMMA,
    V1,
    &[Identity {
        vid: 0x1209,
        pid: 0x6102,
        manufacturer: None,
        product: Some("Bitaxe Gamma RHAP-D"),
    }]
);
