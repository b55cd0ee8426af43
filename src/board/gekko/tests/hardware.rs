//! On a stick that is plugged in: `MIDSTATE_R606=/dev/ttyUSB0 cargo test -- --ignored`; an A1 or A2 is named by its data port.

use std::path::Path;
use std::time::{Duration, Instant};

use super::rig::Rig;
use crate::board::gekko::{GEKKO_COMPAC_A1, GEKKO_R606};
use crate::board::{BoardOptions, Connection, Links, Model};
use crate::transport::ports::{self, DevicePorts};
use crate::transport::{SerialTransport, UsbRequests};

fn links(model: &Model, variable: &str) -> Links {
    let path = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names no port"));
    let device = DevicePorts::at(&ports::serial(), Path::new(&path)).expect("it is USB");
    let Connection::Usb(ways) = model.connection else {
        panic!("sticks are USB");
    };
    let control = ways.control.map(|(interface, baud)| {
        let port = device.interface(interface).expect("it has a second port");
        Box::new(SerialTransport::open(&port.path, baud).unwrap()) as _
    });
    Links {
        data: Some(Box::new(SerialTransport::open(&path, ways.baud).unwrap())),
        control,
        vendor: Some(Box::new(UsbRequests::open(&device).unwrap())),
        serial_number: None,
    }
}

fn mines(model: &Model, variable: &str) {
    let board = (model.open)(links(model, variable), &BoardOptions::none()).unwrap();
    let mut rig = Rig::over(board);
    let ability = rig.start().unwrap();
    let begun = Instant::now();
    let told = rig.mine(Duration::from_secs(60)).unwrap();
    assert!(told.good > 20, "{} {told:?}", ability.details);
    assert!(told.wrong * 20 < told.good, "{told:?}");
    assert!(begun.elapsed() < Duration::from_secs(90));
    rig.board.stop().unwrap();
}

#[test]
#[ignore = "needs a GekkoScience R606"]
fn an_r606_mines_and_is_left_in_reset() {
    mines(&GEKKO_R606, "MIDSTATE_R606");
}

#[test]
#[ignore = "needs a GekkoScience Compac A1"]
fn a_compac_a1_mines_and_is_left_without_voltage() {
    mines(&GEKKO_COMPAC_A1, "MIDSTATE_COMPAC_A1");
}
