//! On a real board: MIDSTATE_BITAXE names one of its ports, MIDSTATE_BITAXE_CONTROL the other.

use std::time::{Duration, Instant};

use crate::board::bitaxe::Bitaxe;
use crate::board::bitaxe::kind::BITAXES;
use crate::board::{Board, BoardEvent, BoardOptions, Links};
use crate::transport::{SerialTransport, Transport};

fn port(variable: &str) -> Box<dyn Transport> {
    let path = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names no port"));
    Box::new(SerialTransport::open(&path, 115_200).unwrap())
}

#[test]
#[ignore = "needs a Bitaxe with bitaxe-raw firmware"]
fn a_bitaxe_comes_up_tells_its_sensors_and_is_left_cold() {
    let links = Links {
        control: Some(port("MIDSTATE_BITAXE_CONTROL")),
        ..Links::port(port("MIDSTATE_BITAXE"))
    };
    let mut board = Bitaxe::open(BITAXES, links, &BoardOptions::none()).unwrap();
    let ability = board.start().unwrap();
    assert!(ability.details.contains("Bitaxe"), "{}", ability.details);
    let end = Instant::now() + Duration::from_secs(10);
    let mut told = 0;
    while Instant::now() < end {
        if let Some(BoardEvent::Telemetry(telemetry)) = board.poll(end).unwrap() {
            assert!(telemetry.chip_temperature.is_some(), "{telemetry:?}");
            told += 1;
        }
    }
    assert!(told >= 5, "{told}");
    board.stop().unwrap();
}
