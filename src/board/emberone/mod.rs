//! EmberOne 00: twelve BM1362 in series on one stack, a switched regulator bent by a DS4432U, two thermometers, no fan of its own, and no
//! current meter in any source: too much current cannot be judged, and what it may draw is kept by the limits of clock and voltage alone.
//!
//! It shares driver, controller and emulator with the Bitaxe; here is what differs. Facts: `bm13xx-boards.md` sections 0.2, 14, 15;
//! `256foundation/mujina board/emberone00.rs`, `skot/emberone-miner piaxe/boards/emberone.py` (feedback network, range, switch).

use super::bitaxe::emulator::{self, Firmware};
use super::bitaxe::kind::{Kind, LineNumbers, SupplyKind, ThermometerKind};
use super::bitaxe::{Bitaxe, LINKS, OPTIONS};
use super::peripheral::Feedback;
use super::{Connection, Identity, Model, Span};
use crate::chip::bm13xx::BM1362;
use crate::units::Hashrate;

/// The board. Its clock has no stock value in any source: 400 MHz is what its 100 W leave room for without knowing the cooling.
static EMBERONE: Kind = Kind {
    name: "EmberOne 00",
    chip: &BM1362,
    chips: 12,
    chips_per_domain: None,
    mhz: Span {
        stock: 400.0,
        least: 50.0,
        most: 525.0,
    },
    millivolts: Span {
        stock: 3600,
        least: 3000,
        most: 3900,
    },
    supply: SupplyKind::Switched {
        feedback: Feedback {
            reference: 0.8,
            upper: 3570.0,
            lower: 1020.0,
            // 0.997 V over 39 kOhm, times 127/16.
            full_scale: 202.9e-6,
            sources_below: 3.6,
        },
    },
    thermometer: ThermometerKind::Pair { offset: -7 },
    lines: LineNumbers {
        reset: 0,
        power: Some(1),
        io: Some(2),
    },
    inputs: &[(0x50, "VDD"), (0x51, "VIN")],
    watts: 110.0,
};

static KINDS: &[&Kind] = &[&EMBERONE];

/// `emberone00`: EmberOne 00.
pub static EMBERONE00: Model = Model {
    name: "emberone00",
    aliases: &["emberone"],
    title: "EmberOne 00",
    chips: "12x BM1362",
    connection: Connection::Usb(LINKS),
    nominal: Hashrate::new(EMBERONE.nominal()),
    clock_mhz: Some(EMBERONE.mhz),
    core_millivolts: Some(EMBERONE.millivolts),
    usb: &[Identity {
        vid: 0x1209,
        pid: 0x256f,
        manufacturer: Some("256F"),
        product: Some("EmberOne00"),
    }],
    options: OPTIONS,
    open: |links, options| Ok(Box::new(Bitaxe::open(KINDS, links, options)?)),
    emulate: Some(|options| emulator::emulate(&EMBERONE, Firmware::V1, options)),
};
