//! The members as models of the list.

use super::driver::Icarus;
use super::emulator::Device;
use super::params::{self, Member};
use crate::board::{Board, BoardError, BoardOptions, Connection, Emulated, Identity, Links, Model};
use crate::units::Hashrate;

macro_rules! model {
    ($name:ident, $member:path, $aliases:expr, $title:literal, $chips:literal, $rate:literal, $usb:expr) => {
        #[doc = concat!($title, ".")]
        pub static $name: Model = Model {
            name: $member.name,
            aliases: $aliases,
            title: $title,
            chips: $chips,
            connection: Connection::Serial { baud: $member.baud },
            nominal: Hashrate::new($rate),
            clock_mhz: None,
            core_millivolts: None,
            usb: $usb,
            options: $member.options,
            open: {
                fn open(
                    links: Links,
                    options: &BoardOptions,
                ) -> Result<Box<dyn Board>, BoardError> {
                    const MEMBER: &Member = &$member;
                    Icarus::open(MEMBER, links.data, options)
                }
                open
            },
            emulate: Some({
                fn emulate(options: &BoardOptions) -> Result<Emulated, BoardError> {
                    const MEMBER: &Member = &$member;
                    Ok(Emulated::port(Box::new(Device::new(MEMBER, options)?)))
                }
                emulate
            }),
        };
    };
}

const fn usb(vid: u16, pid: u16, product: Option<&'static str>) -> Identity {
    Identity {
        vid,
        pid,
        manufacturer: None,
        product,
    }
}

const PL2303: Identity = usb(0x067b, 0x2303, None);
const FT232R: Identity = usb(0x0403, 0x6001, None);
const CP2102: Identity = usb(0x10c4, 0xea60, None);

model!(
    ICARUS,
    params::ICARUS,
    &[],
    "Icarus",
    "2x Spartan-6 LX150",
    380e6,
    &[PL2303]
);
model!(
    LANCELOT,
    params::LANCELOT,
    &["blt"],
    "Lancelot",
    "2x Spartan-6 LX150",
    400e6,
    &[FT232R]
);
model!(
    CAIRNSMORE1,
    params::CAIRNSMORE1,
    &["cairnsmore"],
    "Enterpoint Cairnsmore1 (one port)",
    "Spartan-6 LX150",
    150e6,
    &[
        usb(0x0403, 0x6014, Some("Cairnsmore1")),
        usb(0x0403, 0x8350, Some("Cairnsmore1")),
        usb(0x067b, 0x0230, None),
    ]
);
model!(
    BLOCK_ERUPTER,
    params::BLOCK_ERUPTER,
    &["erupter", "amu", "emerald", "sapphire"],
    "Block Erupter USB, Emerald, Sapphire",
    "BE100",
    336e6,
    &[usb(0x10c4, 0xea60, Some("Block Erupter")), CP2102]
);
model!(
    FPGA_SERIAL,
    params::FPGA_SERIAL,
    &["makomk", "teknohog"],
    "FPGA core on a UART (makomk, teknohog)",
    "any FPGA",
    80e6,
    &[PL2303, FT232R, CP2102]
);
model!(
    FPGA_KRAMBLE,
    params::FPGA_KRAMBLE,
    &["kramble"],
    "FPGA core on a UART (kramble, 44-byte jobs)",
    "Cyclone IV, Spartan-6",
    25e6,
    &[PL2303, FT232R, CP2102]
);
model!(
    FPGA_SIMPLERS232,
    params::FPGA_SIMPLERS232,
    &["simplers232"],
    "FPGA core on a UART (SimpleRS232, jobs with opcodes)",
    "Spartan-6",
    100e6,
    &[PL2303, FT232R, CP2102]
);
model!(
    FPGA_KC705,
    params::FPGA_KC705,
    &["kc705", "vc707"],
    "FPGA core on a UART (KC705, VC707: lines of hex digits)",
    "Kintex-7, Virtex-7",
    400e6,
    &[CP2102]
);
model!(
    AVALON_NANO,
    params::AVALON_NANO,
    &["nano"],
    "Avalon Nano 1.0",
    "A3233",
    4.5e9,
    &[usb(0x1fc9, 0x0083, None)]
);
model!(
    ANTMINER_U1,
    params::ANTMINER_U1,
    &["u1"],
    "Antminer U1",
    "BM1380",
    1.6e9,
    &[usb(0x10c4, 0xea60, Some("Antminer")), CP2102]
);
model!(
    ANTMINER_U2,
    params::ANTMINER_U2,
    &["antminer-u2+", "u2", "u2+"],
    "Antminer U2, U2+",
    "BM1380",
    1.6e9,
    &[usb(0x10c4, 0xea60, Some("Antminer")), CP2102]
);
model!(
    ANTMINER_U3,
    params::ANTMINER_U3,
    &["u3"],
    "Antminer U3",
    "4x BM1382",
    70e9,
    &[CP2102]
);
