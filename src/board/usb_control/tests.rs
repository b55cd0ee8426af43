//! The control port against published bytes, ambiguous replies, and the emulated controller's quirks.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::emulator::{Circuit, Controller, Firmware, Refusal};
use super::frames::{Decoded, Expected, Page, decode, detect, request};
use super::*;
use crate::board::peripheral::{Gpio, I2c, PeripheralError};
use crate::transport::{EmulatedTransport, Emulator, Transport, VirtualClock};

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

#[test]
fn requests_have_the_published_bytes() {
    let packet =
        |id, page, command, data: &[u8]| hex::encode(request(id, page, command, data).unwrap());
    let hertz = 400_000_u32.to_le_bytes();
    assert_eq!(packet(1, Page::I2c, 0x10, &hertz), "0a0001000510801a0600");
    assert_eq!(
        packet(1, Page::I2c, 0x20, &[0x4f, 0xde]),
        "0800010005204fde"
    );
    assert_eq!(packet(1, Page::I2c, 0x30, &[0x4c, 1]), "0800010005304c01");
    assert_eq!(
        packet(1, Page::I2c, 0x40, &[0x32, 0xfe, 2]),
        "09000100054032fe02"
    );
    assert_eq!(packet(0, Page::Gpio, 0, &[0]), "07000000060000");
    assert_eq!(packet(0, Page::Gpio, 0, &[1]), "07000000060001");
    assert_eq!(packet(0, Page::Gpio, 0, &[]), "060000000600");
    assert_eq!(packet(0, Page::Adc, 0x50, &[]), "060000000750");
    assert_eq!(
        packet(0, Page::Led, 0x10, &[0xff, 0, 0xff]),
        "090000000810ff00ff"
    );
    assert_eq!(packet(0, Page::Fan, 0x10, &[50]), "07000000091032");
    assert_eq!(request(1, Page::I2c, 0x20, &[0; 59]), None);
}

fn page(number: u8) -> Page {
    match number {
        5 => Page::I2c,
        6 => Page::Gpio,
        7 => Page::Adc,
        8 => Page::Led,
        9 => Page::Fan,
        other => panic!("page {other}"),
    }
}

/// Those of `bm13xx.json`: each request taken apart and made again, each reply in its dialect.
#[test]
fn published_packets() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/data/bm13xx.json")).unwrap();
    let rows = |key: &str| vectors["bitaxe_raw"][key].as_array().unwrap().clone();
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap().to_owned();
    assert_eq!((rows("requests").len(), rows("responses").len()), (10, 4));
    for row in rows("requests") {
        let packet = bytes(&text(&row, "request_hex"));
        let made = request(packet[2], page(packet[4]), packet[5], &packet[6..]).unwrap();
        assert_eq!(made[..], packet, "{row}");
    }
    for row in rows("responses") {
        let (frame, what) = (bytes(&text(&row, "frame_hex")), text(&row, "dialect"));
        let dialect = match &what[..2] {
            "v0" => Dialect::V0,
            _ => Dialect::V1,
        };
        let payload = row["payload_hex"].as_str().map(bytes);
        let expected = Expected::exactly(payload.as_ref().map_or(1, Vec::len));
        match (decode(dialect, &frame, expected, false), payload) {
            (Decoded::Done { id: 1, payload }, Some(wanted)) => assert_eq!(payload[..], wanted),
            (Decoded::Refused { id: 1, .. }, None) => {}
            other => panic!("{row}: {other:?}"),
        }
    }
}

fn done(id: u8, payload: &[u8]) -> Decoded {
    let payload = payload.iter().copied().collect();
    Decoded::Done { id, payload }
}

#[test]
fn replies_of_the_published_dialects_are_told_apart() {
    let one = Expected::exactly(1);
    let of = |dialect, text: &str, expected| decode(dialect, &bytes(text), expected, false);
    assert_eq!(of(Dialect::V0, "01000100", one), done(1, &[0]));
    let two = Expected::exactly(2);
    assert_eq!(of(Dialect::V1, "060001000100", two), done(1, &[1, 0]));
    assert_eq!(of(Dialect::Bonanza, "0400010a", one), done(1, &[10]));
    for (dialect, text, words) in [
        (Dialect::V0, "04000110", "timeout"),
        (Dialect::V1, "04000111", "invalid"),
        (Dialect::Bonanza, "060001136869", "fault: hi"),
    ] {
        match of(dialect, text, one) {
            Decoded::Refused { id: 1, why } => assert!(why.contains(words), "{why}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_length_of_four_is_what_the_command_must_return_or_an_error() {
    let four = Expected::exactly(4);
    let success = bytes("040001ff020304");
    // Whatever prefix has come, nothing is decided before the rest had its time.
    for end in 0..success.len() {
        let decoded = decode(Dialect::V0, &success[..end], four, false);
        assert_eq!(decoded, Decoded::Incomplete, "{end}");
    }
    assert_eq!(
        decode(Dialect::V0, &success, four, false),
        done(1, &[0xff, 2, 3, 4])
    );
    let quiet = decode(Dialect::V0, &success[..4], four, true);
    assert!(matches!(quiet, Decoded::Refused { id: 1, .. }), "{quiet:?}");
    // For any other command four is an error at once.
    let other = decode(Dialect::V0, &bytes("04000110"), Expected::exactly(2), false);
    assert!(matches!(other, Decoded::Refused { .. }), "{other:?}");
    // An error with text, as long as a payload that the command could return.
    let text = bytes("090001ff627573206e");
    let nine = Expected::exactly(9);
    assert_eq!(decode(Dialect::V0, &text, nine, false), Decoded::Incomplete);
    let quiet = decode(Dialect::V0, &text, nine, true);
    assert!(
        matches!(&quiet, Decoded::Refused { why, .. } if why.ends_with("bus n")),
        "{quiet:?}"
    );
}

#[test]
fn the_dialect_is_told_by_the_answer_to_a_lines_reading() {
    assert_eq!(detect(&bytes("01000101")), Some(Dialect::V0));
    assert_eq!(detect(&bytes("0500010001")), Some(Dialect::V1));
    assert_eq!(detect(&bytes("04000100")), Some(Dialect::Bonanza));
    for error in ["04000110", "04000111", "", "0100", "0500011101"] {
        assert_eq!(detect(&bytes(error)), None, "{error}");
    }
}

proptest! {
    #[test]
    fn no_bytes_upset_the_decoder(
        bytes in proptest::collection::vec(any::<u8>(), 0..100),
        least in 0..70_usize,
        quiet in any::<bool>(),
    ) {
        let expected = Expected { least, most: least + 1 };
        for dialect in [Dialect::V0, Dialect::Bonanza, Dialect::V1] {
            let decoded = decode(dialect, &bytes, expected, quiet);
            if let Decoded::Done { payload, .. } = &decoded {
                prop_assert!((least..=least + 1).contains(&payload.len()));
            }
            prop_assert!(!(quiet && decoded == Decoded::Incomplete));
        }
    }
}

/// Sixteen bytes of memory at address 0x50, and four lines.
#[derive(Default)]
struct Bench {
    memory: [u8; 16],
    lines: [bool; 4],
    mute: bool,
}

impl Circuit for Bench {
    fn live(&mut self, _now: Instant) {}

    fn transfer(&mut self, address: u8, written: &[u8], wanted: usize) -> Result<Vec<u8>, Refusal> {
        if address != 0x50 {
            return Err(Refusal::Timeout);
        }
        let at = usize::from(written.first().copied().unwrap_or_default());
        for (index, byte) in written.iter().skip(1).enumerate() {
            self.memory[(at + index) % 16] = *byte;
        }
        Ok((0..wanted)
            .map(|index| self.memory[(at + index) % 16])
            .collect())
    }

    fn set_line(&mut self, line: u8, high: bool) -> Result<(), Refusal> {
        let line = self
            .lines
            .get_mut(usize::from(line))
            .ok_or(Refusal::Invalid)?;
        *line = high;
        Ok(())
    }

    fn line(&self, line: u8) -> Result<bool, Refusal> {
        self.lines
            .get(usize::from(line))
            .copied()
            .ok_or(Refusal::Invalid)
    }

    fn set_fan(&mut self, _percent: u8) -> Result<(), Refusal> {
        Err(Refusal::Invalid)
    }

    fn is_mute(&self) -> bool {
        self.mute
    }
}

fn port(firmware: Firmware) -> EmulatedTransport {
    let controller = Controller::new(firmware, Bench::default());
    let clock = VirtualClock::new(Instant::now());
    EmulatedTransport::virtual_time("control", Box::new(controller), clock)
}

#[test]
fn every_firmware_is_recognised_and_spoken_to() {
    for (firmware, dialect) in [
        (Firmware::V0, Dialect::V0),
        (Firmware::Bonanza, Dialect::Bonanza),
        (Firmware::V1, Dialect::V1),
    ] {
        let mut control = UsbControl::new(Box::new(port(firmware)));
        assert_eq!(control.connect().unwrap(), dialect);
        control.set_bus_clock(400_000).unwrap();
        control.write(0x50, &[2, 0xff, 0x10, 0x04, 0x00]).unwrap();
        for count in 1..=12 {
            let mut read = vec![0; count];
            control.write_read(0x50, &[2], &mut read).unwrap();
            assert!(
                read.starts_with(&[0xff, 0x10, 4, 0][..count.min(4)]),
                "{read:?}"
            );
        }
        assert!(!control.line(3).unwrap());
        control.set_line(3, true).unwrap();
        assert!(control.line(3).unwrap());
        assert_eq!(control.analogue(0x50).unwrap(), 3300);
        control.set_light([1, 2, 3]).unwrap();
        for _ in 0..600 {
            control.line(3).unwrap();
        }
    }
}

#[test]
fn what_is_refused_is_told_with_its_reason() {
    for firmware in [Firmware::V0, Firmware::V1] {
        let mut control = UsbControl::new(Box::new(port(firmware)));
        let error = control.write_read(0x51, &[0], &mut [0; 2]).unwrap_err();
        assert!(matches!(error, PeripheralError::Refused { .. }), "{error}");
        assert!(error.to_string().contains("timeout"), "{error}");
        let error = control.set_line(9, true).unwrap_err();
        assert!(error.to_string().contains("invalid"), "{error}");
        let error = control.write_read(0x50, &[], &mut [0; 300]).unwrap_err();
        assert!(
            matches!(error, PeripheralError::OutOfRange { .. }),
            "{error}"
        );
    }
}

#[test]
fn silence_ends_within_bounded_time() {
    let bench = Bench {
        mute: true,
        ..Bench::default()
    };
    let clock = VirtualClock::new(Instant::now());
    let controller = Box::new(Controller::new(Firmware::V0, bench));
    let line = EmulatedTransport::virtual_time("control", controller, clock.clone());
    let start = clock.now();
    let mut control = UsbControl::new(Box::new(line));
    let error = control.line(0).unwrap_err();
    assert!(matches!(error, PeripheralError::Silent { .. }), "{error}");
    assert!(clock.now() - start < Duration::from_secs(1));
}

#[test]
fn the_firmware_drops_what_is_glued_or_comes_in_pieces() {
    let base = Instant::now();
    let after = |ms| base + Duration::from_millis(ms);
    let read = bytes("060007000600");
    let heard = |steps: &[(u64, &[u8])]| {
        let mut controller = Controller::new(Firmware::V0, Bench::default());
        for (ms, bytes) in steps {
            controller.receive(bytes, after(*ms));
        }
        let mut out = Vec::new();
        while controller.advance(after(1000), &mut out) < after(1000) {}
        hex::encode(out)
    };
    assert_eq!(heard(&[(0, &read)]), "01000700");
    // Half a request within 4 ms of the other half is one; later, it is lost, and so is the rest.
    assert_eq!(heard(&[(0, &read[..3]), (3, &read[3..])]), "01000700");
    assert_eq!(heard(&[(0, &read[..3]), (4, &read[3..])]), "0400ff11");
    // Two in one packet: the second waits for the next, and is lost after 4 ms.
    let glued = [&read[..], &bytes("060008000600")].concat();
    assert_eq!(heard(&[(0, &glued)]), "01000700");
    let third = bytes("060009000600");
    assert_eq!(heard(&[(0, &glued), (2, &third)]), "0100070001000800");
    assert_eq!(heard(&[(0, &glued), (9, &third)]), "0100070001000900");
    // Too short, too long.
    assert_eq!(heard(&[(0, &[3, 0, 1])]), "0400ff11");
    assert_eq!(heard(&[(0, &bytes("410001000600"))]), "0400ff11");
}

/// Says something else instead of one of its replies.
struct Noisy {
    inner: Controller<Bench>,
    noise: Vec<u8>,
    /// Replies until the one that is spoilt.
    left: usize,
}

impl Emulator for Noisy {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.inner.receive(bytes, now);
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        let before = out.len();
        let reached = self.inner.advance(until, out);
        if out.len() > before {
            if self.left == 0 {
                out.truncate(before);
                out.extend(&self.noise);
            }
            self.left = self.left.wrapping_sub(1);
        }
        reached
    }
}

#[test]
fn noise_and_late_replies_cost_a_retry_and_nothing_else() {
    for noise in [
        "",
        "00",
        "aa55aa55aa55",
        "0100ee01",
        "ffffffff",
        "010001",
        "0300ee7700",
    ] {
        for left in 0..3 {
            let noisy = Noisy {
                inner: Controller::new(Firmware::V0, Bench::default()),
                noise: bytes(noise),
                left,
            };
            let clock = VirtualClock::new(Instant::now());
            let mut line = EmulatedTransport::virtual_time("control", Box::new(noisy), clock);
            // The reply to somebody else stands in the buffer before the first word.
            line.write(&bytes("0600ee000600")).unwrap();
            line.sleep(Duration::from_millis(10));
            let mut control = UsbControl::new(Box::new(line));
            control.write(0x50, &[0, 1, 2, 3, 4]).unwrap();
            let mut read = [0; 4];
            control.write_read(0x50, &[0], &mut read).unwrap();
            assert_eq!(read, [1, 2, 3, 4], "{noise} instead of reply {left}");
        }
    }
}
