//! Serial adapters, for real: transmit wired to receive.

#![allow(
    clippy::unwrap_used,
    reason = "a failed unwrap is a failed test; the lint knows that only inside of #[test]"
)]

use std::time::Duration;

use midstate::transport::{SerialTransport, Transport};

/// The adapter's port, from `MIDSTATE_LOOPBACK`.
fn port() -> String {
    std::env::var("MIDSTATE_LOOPBACK").expect("MIDSTATE_LOOPBACK names the port, as /dev/ttyUSB0")
}

#[test]
#[ignore = "needs a serial adapter with TX wired to RX, named by MIDSTATE_LOOPBACK"]
fn what_is_sent_comes_back_at_every_speed_that_boards_use() {
    let mut line = SerialTransport::open(&port(), 115_200).unwrap();
    for baud in [4_800, 57_600, 115_200, 500_000] {
        line.set_baud(baud).unwrap();
        let sent: Vec<u8> = (0..=255).collect();
        line.write(&sent).unwrap();
        let mut came = Vec::new();
        let mut buf = [0; 64];
        while came.len() < sent.len() {
            let deadline = line.now() + Duration::from_secs(5);
            let count = line.read(&mut buf, deadline).unwrap();
            assert!(
                count > 0,
                "at {baud} baud only {} bytes came back",
                came.len()
            );
            came.extend_from_slice(&buf[..count]);
        }
        assert_eq!(came, sent, "at {baud} baud");
    }
}
