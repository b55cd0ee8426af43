//! The members as models of the list.

use super::driver::Gekko;
use super::emulator;
use super::member::{self, BridgeKind, Member};
use crate::board::{
    Board, BoardError, BoardOptions, Connection, Emulated, Identity, Links, Model, UsbLinks,
};
use crate::units::Hashrate;

/// Line speed of every stick out of reset, and of the telemetry controller.
const BAUD: u32 = 115_200;

const fn connection(bridge: BridgeKind) -> Connection {
    Connection::Usb(UsbLinks {
        baud: BAUD,
        data_interface: 0,
        control: match bridge {
            BridgeKind::Cp2105 => Some((1, BAUD)),
            BridgeKind::Cp2102 | BridgeKind::Ftx => None,
        },
        vendor: !matches!(bridge, BridgeKind::Cp2102),
    })
}

macro_rules! model {
    ($name:ident, $member:path, $aliases:expr, $title:literal, $chips:literal, $usb:expr) => {
        #[doc = concat!($title, ".")]
        pub static $name: Model = Model {
            name: $member.name,
            aliases: $aliases,
            title: $title,
            chips: $chips,
            connection: connection($member.bridge),
            nominal: Hashrate::new($member.nominal()),
            clock_mhz: Some($member.mhz),
            core_millivolts: $member.millivolts(),
            usb: $usb,
            options: $member.options,
            open: {
                fn open(
                    links: Links,
                    options: &BoardOptions,
                ) -> Result<Box<dyn Board>, BoardError> {
                    const MEMBER: &Member = &$member;
                    Gekko::open(MEMBER, links, options)
                }
                open
            },
            emulate: Some({
                fn emulate(options: &BoardOptions) -> Result<Emulated, BoardError> {
                    const MEMBER: &Member = &$member;
                    emulator::emulate(MEMBER, options)
                }
                emulate
            }),
        };
    };
}

const fn usb(vid: u16, pid: u16, manufacturer: &'static str, product: &'static str) -> Identity {
    Identity {
        vid,
        pid,
        manufacturer: Some(manufacturer),
        product: Some(product),
    }
}

const fn cp2102(manufacturer: &'static str, product: &'static str) -> Identity {
    usb(0x10c4, 0xea60, manufacturer, product)
}

const fn ftx(product: &'static str) -> Identity {
    usb(0x0403, 0x6015, "GekkoScience", product)
}

const fn cp2105(product: &'static str) -> Identity {
    usb(0x10c4, 0xea70, "Silicon Labs", product)
}

model!(
    GEKKO_COMPAC,
    member::COMPAC,
    &["compac"],
    "GekkoScience Compac",
    "BM1384",
    &[
        cp2102("GekkoScience", "Compac BM1384 Bitcoin Miner"),
        cp2102("bitshopperde", "Compac BM1384 Bitcoin Miner"),
    ]
);
model!(
    GEKKO_2PAC,
    member::TWO_PAC,
    &["2pac"],
    "GekkoScience 2Pac",
    "2x BM1384",
    &[
        cp2102("GekkoScience", "2Pac BM1384 Bitcoin Miner"),
        cp2102("bitshopperde", "2Pac BM1384 Bitcoin Miner"),
    ]
);
model!(
    GEKKO_TERMINUS,
    member::TERMINUS,
    &["terminus"],
    "GekkoScience Terminus (BM1384)",
    "4x BM1384",
    &[
        cp2102("GekkoScience", "Terminus BM1384 Bitcoin Miner"),
        cp2102("bitshopperde", "Terminus BM1384 Bitcoin Miner"),
    ]
);
model!(
    GEKKO_NEWPAC,
    member::NEWPAC,
    &["newpac"],
    "GekkoScience NewPac",
    "2x BM1387",
    &[ftx("NewPac Bitcoin Miner")]
);
model!(
    GEKKO_R606,
    member::R606,
    &["r606", "terminus-r606"],
    "GekkoScience Terminus R606",
    "12x BM1387",
    &[ftx("R606 Bitcoin Miner")]
);
model!(
    GEKKO_COMPACF,
    member::COMPACF,
    &["compacf", "compac-f"],
    "GekkoScience Compac F",
    "BM1397",
    &[ftx("CompacF Bitcoin Miner")]
);
model!(
    GEKKO_R909,
    member::R909,
    &["r909"],
    "GekkoScience R909",
    "6x BM1397",
    &[ftx("R909 Bitcoin Miner")]
);
model!(
    GEKKO_COMPAC_A1,
    member::COMPAC_A1,
    &["compac-a1"],
    "GekkoScience Compac A1",
    "BM1362",
    &[cp2105("GekkoScience Compac A1")]
);
model!(
    GEKKO_TERMINUS_A1,
    member::TERMINUS_A1,
    &["terminus-a1"],
    "GekkoScience Terminus A1",
    "4x BM1362",
    &[cp2105("GekkoScience Terminus A1")]
);
model!(
    GEKKO_COMPAC_A2,
    member::COMPAC_A2,
    &["compac-a2"],
    "GekkoScience Compac A2",
    "BM1370",
    &[cp2105("GekkoScience Compac A2")]
);
model!(
    GEKKO_TERMINUS_A2,
    member::TERMINUS_A2,
    &["terminus-a2"],
    "GekkoScience Terminus A2",
    "4x BM1370",
    &[cp2105("GekkoScience Terminus A2")]
);
