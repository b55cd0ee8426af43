//! What a scan says about made-up ports, and when it may write to them.

use serde_json::Value;

use super::*;
use crate::board::BoardError;
use crate::transport::ports::{Access, Holder, Port, UsbIdentity};

fn usb(vid: u16, pid: u16, product: &str) -> UsbIdentity {
    UsbIdentity {
        vid,
        pid,
        manufacturer: Some("Maker\x1b[2J".to_owned()),
        product: Some(product.to_owned()),
        serial: Some("A1".to_owned()),
    }
}

fn serial(path: &str, usb: Option<UsbIdentity>, access: Access) -> Port {
    Port {
        path: path.to_owned(),
        node: Some(path.into()),
        bus: usb.as_ref().map(|_| "1-1.2".to_owned()),
        interface: Some(0),
        usb,
        driver: Some("cp210x".to_owned()),
        is_serial: true,
        access,
    }
}

fn never(_: &str, model: &'static crate::board::Model) -> Result<String, BoardError> {
    panic!("nobody asked to probe as {}", model.name)
}

fn text(args: &ScanArgs, ports: Vec<Port>, problems: &[&str]) -> String {
    let problems = problems.iter().map(|&problem| problem.to_owned()).collect();
    let mut out = Vec::new();
    report(args, &Listing { ports, problems }, &never, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn json(ports: Vec<Port>) -> Value {
    let args = ScanArgs {
        json: true,
        ..ScanArgs::default()
    };
    serde_json::from_str(&text(&args, ports, &[])).unwrap()
}

#[test]
fn nothing_is_one_plain_sentence_and_an_empty_array() {
    let args = ScanArgs::default();
    assert_eq!(
        text(&args, Vec::new(), &[]),
        "Nothing that could be a board is plugged in.\n"
    );
    let no_usb = text(&args, Vec::new(), &["this machine has no USB"]);
    assert_eq!(
        no_usb,
        "Nothing that could be a board is plugged in: this machine has no USB.\n"
    );
    assert_eq!(json(Vec::new()), serde_json::json!([]));
}

#[test]
fn a_board_that_says_what_it_is_has_a_model_and_needs_no_advice() {
    let port = serial(
        "/dev/ttyUSB0",
        Some(usb(0x10c4, 0xea60, "ASICMINER Block Erupter")),
        Access::Ok,
    );
    let entry = &json(vec![port.clone()])[0];
    let expected = serde_json::json!({
        "path": "/dev/ttyUSB0", "bus": "1-1.2", "interface": 0, "vid": "10c4", "pid": "ea60",
        "manufacturer": "Maker\\u{1b}[2J", "product": "ASICMINER Block Erupter", "serial": "A1", "driver": "cp210x",
        "model": "block-erupter", "family": "ASICMINER Block Erupter USB, Emerald, Sapphire",
        "candidates": ["block-erupter"], "access": "ok", "advice": null,
        "why": "its USB texts say ASICMINER Block Erupter USB, Emerald, Sapphire",
    });
    assert_eq!(*entry, expected);
    let shown = text(&ScanArgs::default(), vec![port], &[]);
    assert!(shown.starts_with("/dev/ttyUSB0  10c4:ea60  "), "{shown}");
    assert!(!shown.contains('\x1b'), "{shown}");
}

#[test]
fn what_may_not_be_opened_comes_with_the_line_that_helps() {
    let of = |access| {
        let port = serial(
            "/dev/ttyUSB0",
            Some(usb(0x0403, 0x6001, "FT232R USB UART")),
            access,
        );
        json(vec![port])[0].clone()
    };
    let denied = of(Access::Denied(Some("dialout".to_owned())));
    assert_eq!(denied["access"], "denied");
    let advice = denied["advice"].as_str().unwrap();
    assert!(advice.starts_with("sudo usermod -aG dialout "), "{advice}");
    let nobody = of(Access::Denied(None));
    assert!(
        nobody["advice"]
            .as_str()
            .unwrap()
            .contains("--udev-rules | sudo tee /etc/udev/rules.d/60-")
    );
    let holder = |pid, name: &str| {
        Access::Busy(Holder {
            pid,
            name: name.to_owned(),
        })
    };
    let busy = of(holder(Some(42), "cgminer"));
    assert_eq!(
        busy["advice"],
        "in use by cgminer (process 42): stop it first"
    );
    let unknown = of(holder(None, ""));
    assert_eq!(
        unknown["advice"],
        "in use by another program: free it first"
    );
    let missing = of(Access::Missing);
    assert!(
        missing["advice"]
            .as_str()
            .unwrap()
            .contains("--device /dev/ttyUSB0")
    );
    let undecided = of(Access::Ok);
    assert_eq!(undecided["model"], Value::Null);
    assert!(
        undecided["advice"]
            .as_str()
            .unwrap()
            .contains("--board MODEL:/dev/ttyUSB0")
    );
}

#[test]
fn usb_devices_are_listed_only_when_they_could_be_boards_or_all_are_wanted() {
    let device = |path: &str, usb| Port {
        is_serial: false,
        driver: None,
        interface: None,
        bus: Some(path.to_owned()),
        ..serial(path, Some(usb), Access::Ok)
    };
    let mouse = device("1-3", usb(0x046d, 0xc077, "USB Optical Mouse"));
    let ztex = device("1-4", usb(0x221a, 0x0100, "btcminer for ZTEX FPGA Modules"));
    let ports = vec![mouse, ztex];
    let found = json(ports.clone());
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["path"], "1-4");
    assert_eq!(found[0]["model"], Value::Null);
    assert!(
        found[0]["why"]
            .as_str()
            .unwrap()
            .contains("not supported by this version")
    );
    let all = ScanArgs {
        all: true,
        ..ScanArgs::default()
    };
    assert!(text(&all, ports, &[]).contains("USB Optical Mouse"));
}

#[test]
fn a_port_without_identity_is_listed_and_never_probed_unasked() {
    let port = serial("/dev/ttyS0", None, Access::Ok);
    let entry = &json(vec![port.clone()])[0];
    assert_eq!(entry["vid"], Value::Null);
    assert!(
        entry["candidates"]
            .as_array()
            .unwrap()
            .contains(&"fpga-serial".into())
    );
    let args = ScanArgs {
        probe: true,
        ..ScanArgs::default()
    };
    let ftdi = usb(0x0403, 0x6001, "FT232R USB UART");
    let busy = Access::Denied(None);
    let forbidden = serial("/dev/ttyUSB0", Some(ftdi), busy);
    // `never` panics when it is called.
    text(&args, vec![port, forbidden], &[]);
}

#[test]
fn probing_settles_what_a_port_is_or_says_what_it_is_not() {
    let last = crate::board::model("fpga-kc705").unwrap();
    let args = ScanArgs {
        json: true,
        probe: true,
        ..ScanArgs::default()
    };
    let ftdi = || usb(0x0403, 0x6001, "FT232R USB UART");
    let port = || serial("/dev/ttyUSB0", Some(ftdi()), Access::Ok);
    let listing = Listing {
        ports: vec![port()],
        problems: Vec::new(),
    };
    let run = |probe: Probe<'_>| -> Value {
        let mut out = Vec::new();
        report(&args, &listing, probe, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    };
    let silent = |model: &'static crate::board::Model| BoardError::NoEmulator(model.name);
    let one = |_: &str, model: &'static crate::board::Model| {
        if model.name == last.name {
            Ok("2 slices".to_owned())
        } else {
            Err(silent(model))
        }
    };
    let found = run(&one);
    assert_eq!(found[0]["model"], last.name);
    assert_eq!(found[0]["why"], "it answered the probe (2 slices)");
    let none = run(&|_, model| Err(silent(model)));
    assert_eq!(none[0]["model"], Value::Null);
    assert!(
        none[0]["why"]
            .as_str()
            .unwrap()
            .contains("it is none of them")
    );
}

#[test]
fn the_rules_can_be_printed() {
    let args = ScanArgs {
        udev_rules: true,
        ..ScanArgs::default()
    };
    let mut out = Vec::new();
    run(&args, &mut out).unwrap();
    assert!(String::from_utf8(out).unwrap().contains("MIDSTATE_BOARD"));
}

fn bitaxe(path: &str, interface: u8, access: Access) -> Port {
    let usb = UsbIdentity {
        manufacturer: Some("OSMU".to_owned()),
        ..usb(0xc0de, 0xcafe, "Bitaxe")
    };
    Port {
        interface: Some(interface),
        ..serial(path, Some(usb), access)
    }
}

#[test]
fn a_board_of_two_ports_is_one_entry_that_names_both() {
    let ports = vec![
        bitaxe("/dev/ttyACM0", 0, Access::Ok),
        bitaxe("/dev/ttyACM1", 2, Access::Ok),
    ];
    let found = json(ports.clone());
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found[0]["path"], "/dev/ttyACM1");
    assert_eq!(found[0]["control"], "/dev/ttyACM0");
    assert_eq!(found[0]["model"], "bitaxe");
    assert_eq!(found[0]["access"], "ok");
    let shown = text(&ScanArgs::default(), ports, &[]);
    assert!(
        shown.starts_with("/dev/ttyACM1  (control /dev/ttyACM0)  c0de:cafe"),
        "{shown}"
    );
}

#[test]
fn a_control_port_that_is_closed_to_us_closes_the_board() {
    let found = json(vec![
        bitaxe(
            "/dev/ttyACM0",
            0,
            Access::Denied(Some("dialout".to_owned())),
        ),
        bitaxe("/dev/ttyACM1", 2, Access::Ok),
    ]);
    assert_eq!(found[0]["access"], "denied");
    assert!(found[0]["advice"].as_str().unwrap().contains("usermod"));
    // Half a board is listed as what it is.
    let half = json(vec![bitaxe("/dev/ttyACM0", 0, Access::Ok)]);
    assert_eq!(half[0]["path"], "/dev/ttyACM0");
    assert!(half[0].get("control").is_none());
}
