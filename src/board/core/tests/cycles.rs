//! That the RTL finds a nonce at the right clock.

use std::time::{Duration, Instant};

use super::super::frames::Reply;
use super::super::words::Range;
use super::super::{RtlDevice, RtlSettings, Structure};
use super::host::Host;
use super::simulated::device;
use crate::transport::{EmulatedTransport, VirtualClock};
use crate::work::Header;

/// Block 1, up to the nonce, and its nonce as message word.
const BLOCK: &str = "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7\
b1cdb606e857233e0e61bc6649ffff001d00000000";
const NONCE: u32 = 0x01e3_6299;

/// Time from the acceptance of a job that starts `below` under the known nonce to the nonce.
fn time_to_nonce(device: RtlDevice, below: u32) -> Duration {
    let clock = VirtualClock::new(Instant::now());
    let port = EmulatedTransport::virtual_time("rtl", Box::new(device), clock);
    let mut host = Host::new(Box::new(port));
    let header = Header::from_bytes(hex::decode(BLOCK).unwrap().try_into().unwrap());
    let range = Range {
        first: NONCE - below,
        last: NONCE + 1000,
        zero_bits: 32,
    };
    host.load(1, true, &header, range);
    assert_eq!(host.reply(), Reply::Accepted { id: 1 });
    let accepted = host.now();
    let nonce = host.reply_by(Duration::from_secs(30));
    assert!(matches!(nonce, Some(Reply::Nonce { word: NONCE, .. })));
    host.now() - accepted
}

/// The difference between two starts is the nonces between them, to the clock for the pipeline, to a turn for the others.
#[test]
fn the_known_nonce_comes_at_the_right_clock() {
    let expected = [
        (Structure::Pipeline, 1.0, 0),
        (Structure::Ring(1), 128.0, 128),
        // Five nonces in 132 clocks.
        (Structure::Rolled(5), 26.4, 132),
    ];
    for (structure, clocks_per_nonce, slack) in expected {
        let settings = RtlSettings::with_clock(structure, 1, 200e3);
        let (Some(near), Some(far)) = (device(&settings), device(&settings)) else {
            return;
        };
        let near = time_to_nonce(near, 1000);
        let far = time_to_nonce(far, 3000);
        let clocks = far.checked_sub(near).unwrap().as_secs_f64() * f64::from(settings.clock_hz);
        let expected = 2000.0 * clocks_per_nonce;
        assert!(
            (clocks - expected).abs() <= f64::from(slack) + 0.01,
            "{structure:?}: {clocks} clocks instead of {expected}"
        );
    }
}
