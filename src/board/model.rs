//! The list of models: what can be driven, how it is reached and recognised.

use super::{
    Board, BoardError, BoardOptions, Gauge, Span, bitaxe, core, emberone, gekko, icarus, software,
};
use crate::algorithm;
use crate::transport::{EmulatedTransport, Emulator, Tap, Transport, VendorRequests, VirtualClock};
use crate::units::Hashrate;

/// A model of board.
#[derive(Debug)]
pub struct Model {
    /// Its name, as `--board` and `--simulate` take it.
    pub name: &'static str,
    /// Other names that are understood.
    pub aliases: &'static [&'static str],
    /// What people call it.
    pub title: &'static str,
    /// Its chips.
    pub chips: &'static str,
    /// How it is reached.
    pub connection: Connection,
    /// What a board of stock clock does.
    pub nominal: Hashrate,
    /// Clock of its chips, MHz; `None`: it has no option for that, or is one of several boards that differ in it.
    pub clock_mhz: Option<Span<f64>>,
    /// Core voltage of its chips, millivolts; `None` likewise.
    pub core_millivolts: Option<Span<u32>>,
    /// USB identities that it may show.
    pub usb: &'static [Identity],
    /// Options that `--board` and `--simulate` take, the common ones included.
    pub options: &'static [OptionHelp],
    /// Makes the driver. The transport is open; the board was not spoken to yet.
    pub open: Open,
    /// Makes the emulator; `None` for what needs none (the software board).
    pub emulate: Option<Emulate>,
}

impl Model {
    /// Names of the algorithms that its boards can run: chips hash SHA-256d, a processor anything.
    pub fn algorithms(&self) -> &'static [&'static str] {
        match self.connection {
            Connection::Host => algorithm::names(),
            Connection::Serial { .. } | Connection::Usb(_) => &["sha256d"],
        }
    }
}

/// Makes a driver over a board's open links.
pub type Open = fn(Links, &BoardOptions) -> Result<Box<dyn Board>, BoardError>;

/// Makes an emulator.
pub type Emulate = fn(&BoardOptions) -> Result<Emulated, BoardError>;

/// The ways to one board: open, and not spoken to yet.
#[derive(Default)]
pub struct Links {
    /// Where work goes and nonces come from; `None` for boards without a port.
    pub data: Option<Box<dyn Transport>>,
    /// The second port of a board that is controlled apart from its data.
    pub control: Option<Box<dyn Transport>>,
    /// Vendor requests to the board's USB device.
    pub vendor: Option<Box<dyn VendorRequests>>,
    /// The USB device's serial number: what a tuner remembers a board by.
    pub serial_number: Option<String>,
}

impl Links {
    /// A board with one port.
    pub fn port(data: Box<dyn Transport>) -> Self {
        Self {
            data: Some(data),
            ..Self::default()
        }
    }

    /// The same with every byte traced, if anybody wants to see them.
    pub fn traced(mut self, place: &str) -> Self {
        if tracing::enabled!(target: "midstate::board_bytes", tracing::Level::TRACE) {
            let tap = |name: String| {
                move |line: Box<dyn Transport>| -> Box<dyn Transport> {
                    Box::new(Tap::tracing(line, name))
                }
            };
            self.data = self.data.map(tap(place.to_owned()));
            self.control = self.control.map(tap(format!("{place} (control)")));
        }
        self
    }
}

/// A board made of software: what stands at the far end of its [`Links`].
pub struct Emulated {
    /// Takes work and finds nonces.
    pub data: Box<dyn Emulator>,
    /// Answers at the second port.
    pub control: Option<Box<dyn Emulator>>,
    /// Takes vendor requests.
    pub vendor: Option<Box<dyn VendorRequests>>,
    /// Says what is truly the case at the board, if it can be known.
    pub gauge: Option<Gauge>,
}

impl Emulated {
    /// A board with one port.
    pub fn port(data: Box<dyn Emulator>) -> Self {
        Self {
            data,
            control: None,
            vendor: None,
            gauge: None,
        }
    }

    /// Both ends joined on the clock; `place` stands for the ports in errors.
    pub fn real_time(self, place: &str) -> Links {
        self.joined(place, EmulatedTransport::real)
    }

    /// Both ends joined on virtual time.
    pub fn virtual_time(self, place: &str, clock: &VirtualClock) -> Links {
        self.joined(place, |name, emulator| {
            EmulatedTransport::virtual_time(name, emulator, clock.clone())
        })
    }

    fn joined(
        self,
        place: &str,
        join: impl Fn(String, Box<dyn Emulator>) -> EmulatedTransport,
    ) -> Links {
        let line = |name, emulator| -> Box<dyn Transport> { Box::new(join(name, emulator)) };
        let control = |emulator| line(format!("{place}.control"), emulator);
        Links {
            data: Some(line(place.to_owned(), self.data)),
            control: self.control.map(control),
            vendor: self.vendor,
            serial_number: None,
        }
    }
}

/// How a board is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// A serial port at this line speed, 8N1.
    Serial {
        /// Line speed unless the option `baud` says otherwise.
        baud: u32,
    },
    /// Ports and requests of one USB device.
    Usb(UsbLinks),
    /// No port: the host's own processor.
    Host,
}

impl Connection {
    /// Line speed of the port that work goes to, unless the option `baud` says otherwise; `None`: there is no such port.
    pub const fn baud(&self) -> Option<u32> {
        match self {
            Self::Serial { baud } => Some(*baud),
            Self::Usb(links) => Some(links.baud),
            Self::Host => None,
        }
    }
}

/// What is opened of a USB device that has more than one port, or needs vendor requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsbLinks {
    /// Line speed of the data port; 8N1 unless the driver sets another format.
    pub baud: u32,
    /// Number of the USB interface that the data port belongs to.
    pub data_interface: u8,
    /// Number of the USB interface of the control port and its line speed, if there is one.
    pub control: Option<(u8, u32)>,
    /// Whether the driver sends vendor requests to the device.
    pub vendor: bool,
}

/// A USB identity that a model may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Vendor id.
    pub vid: u16,
    /// Product id.
    pub pid: u16,
    /// Text that the manufacturer string must contain.
    pub manufacturer: Option<&'static str>,
    /// Text that the product string must contain.
    pub product: Option<&'static str>,
}

/// An option and its help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionHelp {
    /// The key.
    pub key: &'static str,
    /// What it does, with unit, range and default.
    pub about: &'static str,
}

/// Every model, in the order in which help texts list them.
pub static MODELS: &[&Model] = &[
    &icarus::ICARUS,
    &icarus::LANCELOT,
    &icarus::CAIRNSMORE1,
    &icarus::BLOCK_ERUPTER,
    &icarus::FPGA_SERIAL,
    &icarus::FPGA_KRAMBLE,
    &icarus::FPGA_SIMPLERS232,
    &icarus::FPGA_KC705,
    &icarus::AVALON_NANO,
    &icarus::ANTMINER_U1,
    &icarus::ANTMINER_U2,
    &icarus::ANTMINER_U3,
    &gekko::GEKKO_COMPAC,
    &gekko::GEKKO_2PAC,
    &gekko::GEKKO_TERMINUS,
    &gekko::GEKKO_NEWPAC,
    &gekko::GEKKO_R606,
    &gekko::GEKKO_COMPACF,
    &gekko::GEKKO_R909,
    &gekko::GEKKO_COMPAC_A1,
    &gekko::GEKKO_TERMINUS_A1,
    &gekko::GEKKO_COMPAC_A2,
    &gekko::GEKKO_TERMINUS_A2,
    &bitaxe::BITAXE,
    &bitaxe::BITAXE_MAX,
    &bitaxe::BITAXE_ULTRA,
    &bitaxe::BITAXE_SUPRA,
    &bitaxe::BITAXE_GAMMA,
    &bitaxe::BITAXE_GAMMA_RHAPD,
    &emberone::EMBERONE00,
    &core::CORE,
    &core::CORE_RTL,
    &software::CPU,
];

/// The model called `name`.
///
/// # Errors
/// [`BoardError::UnknownModel`].
pub fn model(name: &str) -> Result<&'static Model, BoardError> {
    let called = |model: &&Model| model.name == name || model.aliases.contains(&name);
    MODELS
        .iter()
        .copied()
        .find(called)
        .ok_or_else(|| BoardError::UnknownModel(name.to_owned()))
}
