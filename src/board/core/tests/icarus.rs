//! The RTL with the plain Icarus protocol, under the icarus driver that mines on other people's cores.

use std::time::Instant;

use super::super::{RtlSettings, Structure};
use super::simulated::device;
use crate::board::{BoardOptions, Links, model};
use crate::transport::{EmulatedTransport, VirtualClock};
use crate::units::Target;

/// The driver's probe sends block 171874's job and must hear its nonce, the 100258th of the range.
#[test]
fn the_icarus_driver_probes_the_core() {
    for structure in [Structure::Pipeline, Structure::Rolled(5)] {
        probe(structure);
    }
}

fn probe(structure: Structure) {
    let settings = RtlSettings {
        icarus: true,
        icarus_zero_bits: 32,
        ..RtlSettings::with_clock(structure, 1, 1e6)
    };
    let Some(device) = device(&settings) else {
        return;
    };
    let clock = VirtualClock::new(Instant::now());
    let port = EmulatedTransport::virtual_time("rtl", Box::new(device), clock);
    let options = BoardOptions::parse("slices=1").unwrap();
    let open = model("fpga-serial").unwrap().open;
    let mut board = open(Links::port(Box::new(port)), &options).unwrap();
    let ability = board.start().unwrap();
    assert_eq!(ability.threshold, Target::from_zero_bits(32));
}
