//! The core as models of the list: a board on a serial port, and the RTL itself.

use super::driver::Core;
use super::emulator::{Device, EMULATOR_OPTIONS};
use super::rtl::{RTL_OPTIONS, RtlDevice, RtlSettings};
use super::settings::{BAUD, DRIVER_OPTIONS, Settings};
use crate::board::{
    Board, BoardError, BoardOptions, Connection, Emulated, Links, Model, OptionHelp,
};
use crate::units::Hashrate;

/// What driver and emulator of a board take together.
static BOARD_OPTIONS: [OptionHelp; 5] = [
    DRIVER_OPTIONS[0],
    DRIVER_OPTIONS[1],
    DRIVER_OPTIONS[2],
    EMULATOR_OPTIONS[0],
    EMULATOR_OPTIONS[1],
];

/// What driver and simulated RTL take together.
static SIMULATION_OPTIONS: [OptionHelp; 7] = [
    DRIVER_OPTIONS[0],
    DRIVER_OPTIONS[1],
    DRIVER_OPTIONS[2],
    RTL_OPTIONS[0],
    RTL_OPTIONS[1],
    RTL_OPTIONS[2],
    RTL_OPTIONS[3],
];

/// An FPGA with the core of `hdl/`.
pub static CORE: Model = Model {
    name: "core",
    aliases: &["midstate-core"],
    title: "The open core of hdl/ on an FPGA of your own",
    chips: "ECP5, iCE40, Gowin",
    connection: Connection::Serial { baud: BAUD },
    nominal: Hashrate::new(100e6),
    clock_mhz: None,
    core_millivolts: None,
    usb: &[],
    options: &BOARD_OPTIONS,
    open: open_board,
    emulate: Some(emulate),
};

/// The core of `hdl/` in simulation, clock by clock.
pub static CORE_RTL: Model = Model {
    name: "core-rtl",
    aliases: &["rtl"],
    title: "The open core of hdl/, its RTL simulated clock by clock",
    chips: "Verilator",
    connection: Connection::Serial { baud: BAUD },
    nominal: Hashrate::new(500e3),
    clock_mhz: None,
    core_millivolts: None,
    usb: &[],
    options: &SIMULATION_OPTIONS,
    open: open_simulation,
    emulate: Some(simulate),
};

fn open_board(links: Links, options: &BoardOptions) -> Result<Box<dyn Board>, BoardError> {
    open(links, Settings::parse(options, &BOARD_OPTIONS)?)
}

fn open_simulation(links: Links, options: &BoardOptions) -> Result<Box<dyn Board>, BoardError> {
    let settings = Settings::parse(options, &SIMULATION_OPTIONS)?;
    let baud = RtlSettings::parse(options)?.baud;
    open(links, settings.simulated(baud))
}

fn open(links: Links, settings: Settings) -> Result<Box<dyn Board>, BoardError> {
    let port = links.data.ok_or_else(|| BoardError::Option {
        key: "port".to_owned(),
        value: String::new(),
        problem: "the core is reached through a serial port: name it".to_owned(),
    })?;
    Ok(Box::new(Core::new(port, settings)))
}

fn emulate(options: &BoardOptions) -> Result<Emulated, BoardError> {
    options.only(BOARD_OPTIONS.iter().map(|option| option.key))?;
    Ok(Emulated::port(Box::new(Device::new(options)?)))
}

fn simulate(options: &BoardOptions) -> Result<Emulated, BoardError> {
    options.only(SIMULATION_OPTIONS.iter().map(|option| option.key))?;
    let device = RtlDevice::start(&RtlSettings::parse(options)?)?;
    Ok(Emulated::port(Box::new(device)))
}
