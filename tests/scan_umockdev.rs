//! The scan over every known identity, through real libusb and a real walk over `/sys`, with `umockdev` playing the machine.
//!
//! `umockdev-run` (Debian package `umockdev`) stands between a program and libc, so the scan runs in a child: this test binary again,
//! told to run the ignored test below.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a failed unwrap is a failed test; the lint knows that only inside of #[test]"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use midstate::board::identity::{KNOWN, Known, identify, shared};
use midstate::cli::scan::{ScanArgs, run};
use serde_json::Value;

const START: &str = "-----SCAN-----";

/// A USB device of the played machine.
struct Device {
    ids: (u16, u16),
    manufacturer: String,
    product: String,
    /// Whether it has a serial port.
    serial: bool,
}

impl Device {
    /// One that shows what `known` asks for.
    fn of(known: &Known) -> Self {
        let ids = known.ids.unwrap_or((0x1209, 0x0001));
        Self {
            ids,
            manufacturer: known.manufacturer.unwrap_or("Somebody").to_owned(),
            product: known.product.join(" "),
            serial: shared(ids.0, ids.1).is_some_and(|shared| shared.uart),
        }
    }

    fn new(vid: u16, pid: u16, product: &str) -> Self {
        Self {
            ids: (vid, pid),
            manufacturer: "Somebody".to_owned(),
            product: product.to_owned(),
            serial: false,
        }
    }

    /// The device in umockdev's words, as number `number` on the bus.
    fn describe(&self, number: usize) -> String {
        let bus = format!("/devices/pci0000:00/0000:00:14.0/usb1/1-{number}");
        let mut text = self.describe_usb(&bus, number);
        if self.serial {
            describe_tty(&mut text, &bus, number);
        }
        text
    }

    fn describe_usb(&self, path: &str, number: usize) -> String {
        let (vid, pid) = self.ids;
        let (manufacturer, product) = (&self.manufacturer, &self.product);
        let descriptors = hex::encode(self.descriptors());
        format!(
            "P: {path}\nN: bus/usb/001/{number:03}\n\
             E: DEVNAME=/dev/bus/usb/001/{number:03}\nE: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\n\
             E: BUSNUM=001\nE: DEVNUM={number:03}\n\
             A: busnum=1\\n\nA: devnum={number}\\n\nA: devpath={number}\\n\nA: speed=12\\n\n\
             A: bConfigurationValue=1\\n\nA: bDeviceClass=00\\n\n\
             A: idVendor={vid:04x}\\n\nA: idProduct={pid:04x}\\n\n\
             A: manufacturer={manufacturer}\\n\nA: product={product}\\n\nA: serial=S{number}\\n\n\
             H: descriptors={descriptors}\n\n"
        )
    }

    /// A device descriptor, and a configuration of one interface without endpoints.
    fn descriptors(&self) -> Vec<u8> {
        let ([v0, v1], [p0, p1]) = (self.ids.0.to_le_bytes(), self.ids.1.to_le_bytes());
        let device = [18, 1, 0, 2, 0, 0, 0, 64, v0, v1, p0, p1, 0, 1, 1, 2, 3, 1];
        let configuration = [9, 2, 18, 0, 1, 1, 0, 0x80, 50];
        let interface = [9, 4, 0, 0, 0, 0xff, 0, 0, 0];
        [&device[..], &configuration, &interface].concat()
    }
}

fn describe_tty(text: &mut String, bus: &str, number: usize) {
    let interface = format!("{bus}/1-{number}:1.0");
    let port = format!("{interface}/ttyUSB{number}");
    write!(
        text,
        "P: {interface}\nE: DEVTYPE=usb_interface\nE: SUBSYSTEM=usb\nA: bInterfaceNumber=00\\n\n\n\
         P: {port}\nE: SUBSYSTEM=usb-serial\n\
         L: driver=../../../../../../../bus/usb-serial/drivers/ftdi_sio\n\n\
         P: {port}/tty/ttyUSB{number}\nN: ttyUSB{number}\n\
         E: DEVNAME=/dev/ttyUSB{number}\nE: SUBSYSTEM=tty\nL: device=../../../ttyUSB{number}\n\n"
    )
    .unwrap();
}

/// Runs the ignored test below on a machine with `devices`; `None`, loudly, where umockdev is not installed.
fn scan(devices: &[Device]) -> Option<Value> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text: String = (2..)
        .zip(devices)
        .map(|(number, device)| device.describe(number))
        .collect();
    std::fs::write(file.path(), text).unwrap();
    // Some thousand little files: on a slow disk they take ten seconds, in memory less than one.
    let memory = Some("/dev/shm").filter(|folder| Path::new(folder).is_dir());
    let child = Command::new("umockdev-run")
        .envs(memory.map(|folder| ("TMPDIR", folder)))
        .arg("--device")
        .arg(file.path())
        .arg("--")
        .arg(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "child_prints_the_scan",
        ])
        .output();
    match child {
        Ok(output) => Some(parse(&output)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!(
                "SKIPPED: umockdev-run is not installed (Debian package umockdev): the scan of USB devices was NOT tested"
            );
            None
        }
        Err(error) => panic!("umockdev-run: {error}"),
    }
}

fn parse(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let between = text.split(START).nth(1);
    let between =
        between.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
    serde_json::from_str(between).unwrap()
}

#[test]
#[ignore = "needs a machine played by umockdev: the other tests here run it as their child"]
fn child_prints_the_scan() {
    let args = ScanArgs {
        json: true,
        all: true,
        ..ScanArgs::default()
    };
    let mut out = format!("{START}{{\"scan\":").into_bytes();
    run(&args, &mut out).unwrap();
    let context = rusb::Context::new();
    let listed = context.and_then(|context| rusb::UsbContext::devices(&context));
    let libusb: Vec<String> = listed
        .iter()
        .flat_map(|devices| devices.iter())
        .map(|device| seen(&device))
        .collect();
    out.extend(format!(",\"libusb\":{}}}{START}\n", serde_json::json!(libusb)).bytes());
    std::io::Write::write_all(&mut std::io::stdout(), &out).unwrap();
}

fn seen(device: &rusb::Device<rusb::Context>) -> String {
    let descriptor = device.device_descriptor().unwrap();
    format!(
        "{:04x}:{:04x}",
        descriptor.vendor_id(),
        descriptor.product_id()
    )
}

/// The entry of device `number`: by its port if it has one, else by its place.
fn entry<'a>(scan: &'a Value, device: &Device, number: usize) -> &'a Value {
    let path = if device.serial {
        format!("/dev/ttyUSB{number}")
    } else {
        format!("1-{number}")
    };
    let entries = scan["scan"].as_array().unwrap();
    let mut found = entries
        .iter()
        .filter(|entry| entry["bus"] == format!("1-{number}"));
    let entry = found
        .next()
        .unwrap_or_else(|| panic!("{path} is not in {scan:#}"));
    assert_eq!(entry["path"], path);
    assert!(found.next().is_none(), "{path} is listed twice");
    entry
}

#[test]
fn every_known_identity_is_found_and_taken_for_what_it_is() {
    let devices: Vec<Device> = KNOWN.iter().map(Device::of).collect();
    let Some(scan) = scan(&devices) else {
        return;
    };
    assert_eq!(
        scan["libusb"].as_array().unwrap().len(),
        devices.len(),
        "{}",
        scan["libusb"]
    );
    for ((number, device), known) in (2..).zip(&devices).zip(KNOWN) {
        let entry = entry(&scan, device, number);
        let (vid, pid) = device.ids;
        assert_eq!(entry["vid"], format!("{vid:04x}"));
        assert_eq!(entry["pid"], format!("{pid:04x}"));
        assert_eq!(entry["serial"], format!("S{number}"));
        assert_eq!(entry["product"], device.product.trim(), "{entry}");
        assert_eq!(entry["access"], "ok", "{entry}");
        if known.is_proof() {
            assert_eq!(entry["family"], known.family);
            assert_eq!(entry["model"].as_str(), known.models.first().copied());
        } else {
            assert_eq!(entry["family"], Value::Null);
            assert_eq!(entry["model"], Value::Null);
            let verdict = identify(vid, pid, &device.manufacturer, &device.product);
            assert_eq!(entry["candidates"], serde_json::json!(verdict.candidates));
        }
    }
}

#[test]
fn a_port_shows_its_driver_and_hostile_texts_are_made_harmless() {
    let mut hostile = Device::new(0x0403, 0x6001, "\u{1b}[2Jevil\u{202e}");
    hostile.serial = true;
    let mouse = Device::new(0x046d, 0xc077, "USB Optical Mouse");
    let Some(scan) = scan(&[hostile, mouse]) else {
        return;
    };
    let port = &scan["scan"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["path"] == "/dev/ttyUSB2");
    let port = port.unwrap();
    assert_eq!(port["driver"], "ftdi_sio");
    assert_eq!(port["interface"], 0);
    assert_eq!(port["product"], "\\u{1b}[2Jevil\\u{202e}");
    assert!(
        scan.to_string().contains("USB Optical Mouse"),
        "--all lists everything"
    );
}
