//! The udev rules that we ship: equal to the table of identities, and doing for every known fact what they are there for.

#![allow(
    clippy::unwrap_used,
    reason = "a failed unwrap is a failed test; the lint knows that only inside of #[test]"
)]

use std::collections::HashMap;

use midstate::board::identity::{SHARED, udev_rules};
use serde_json::Value;

const FILE: &str = "60-midstate.rules";

fn shipped() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/udev/60-midstate.rules");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_shipped_rules_are_those_of_the_table() {
    assert_eq!(
        shipped(),
        udev_rules(),
        "make them anew: midstate --scan --udev-rules > udev/{FILE}"
    );
}

#[test]
fn they_run_before_the_seat_is_served() {
    assert!(("60-".."73-seat-late.rules").contains(&FILE));
}

#[test]
fn a_group_that_is_not_there_takes_no_tag_with_it() {
    for line in shipped().lines().filter(|line| line.contains("GROUP=")) {
        assert!(!line.contains("TAG"), "{line}");
    }
}

/// What the rules did to one device.
#[derive(Debug, Default)]
struct Device {
    properties: HashMap<String, String>,
    tags: Vec<String>,
    group: Option<String>,
}

/// Runs the rules as udev does, as far as these rules go, for a node of `subsystem` of a USB device with `attributes`.
fn run(subsystem: &str, attributes: &HashMap<&str, String>) -> Device {
    let mut device = Device::default();
    let mut skip_to: Option<String> = None;
    let rules = shipped();
    for line in rules
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let terms: Vec<(&str, &str, &str)> = terms(line);
        if let Some(label) = &skip_to {
            if !terms.contains(&("LABEL", "=", label.as_str())) {
                continue;
            }
            skip_to = None;
        }
        let fits = |(key, operator, value): &(&str, &str, &str)| {
            *operator != "==" || glob(value, &look_up(key, subsystem, attributes, &device))
        };
        if terms.iter().all(fits) {
            for (key, operator, value) in terms {
                apply(&mut device, &mut skip_to, (key, operator, value));
            }
        }
    }
    device
}

fn terms(line: &str) -> Vec<(&str, &str, &str)> {
    line.split("\", ")
        .map(|term| {
            let (left, value) = term.trim_end_matches('"').split_once('"').unwrap();
            let key = left.trim_end_matches(['=', '+', '!']);
            (key, &left[key.len()..], value)
        })
        .collect()
}

fn look_up(
    key: &str,
    subsystem: &str,
    attributes: &HashMap<&str, String>,
    device: &Device,
) -> String {
    let inner = key
        .split_once('{')
        .map(|(_, name)| name.trim_end_matches('}'));
    let found = match (key, inner) {
        ("ACTION", _) => Some("add".to_owned()),
        ("SUBSYSTEM", _) => Some(subsystem.to_owned()),
        ("SUBSYSTEMS", _) => Some("usb".to_owned()),
        ("ENV{DEVTYPE}", _) => (subsystem == "usb").then(|| "usb_device".to_owned()),
        (_, Some(name)) if key.starts_with("ATTRS") => attributes.get(name).cloned(),
        (_, Some(name)) => device.properties.get(name).cloned(),
        _ => panic!("{key} is not known to this test"),
    };
    found.unwrap_or_default()
}

fn apply(
    device: &mut Device,
    skip_to: &mut Option<String>,
    (key, operator, value): (&str, &str, &str),
) {
    let value = value.to_owned();
    match (key, operator) {
        (_, "==") | ("LABEL" | "MODE", _) => {}
        ("GOTO", _) => *skip_to = Some(value),
        ("TAG", "+=") => device.tags.push(value),
        ("GROUP", "=") => device.group = Some(value),
        (key, "=") if key.starts_with("ENV{") => {
            let name = key[4..].trim_end_matches('}').to_owned();
            device.properties.insert(name, value);
        }
        other => panic!("{other:?} is not known to this test"),
    }
}

/// `*` and `?` only: more is not in the rules.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = &pattern[1..];
            let mut starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            starts.any(|at| glob(rest, &text[at..]))
        }
        Some('?') => text
            .chars()
            .next()
            .is_some_and(|first| glob(&pattern[1..], &text[first.len_utf8()..])),
        Some(wanted) => text
            .strip_prefix(wanted)
            .is_some_and(|rest| glob(&pattern[wanted.len_utf8()..], rest)),
    }
}

fn facts() -> Vec<Value> {
    serde_json::from_str(include_str!("data/usb-ids.json")).unwrap()
}

fn attributes(fact: &Value) -> HashMap<&'static str, String> {
    let keys = [
        ("idVendor", "vid"),
        ("idProduct", "pid"),
        ("manufacturer", "manufacturer"),
        ("product", "product"),
    ];
    keys.into_iter()
        .filter_map(|(attribute, key)| Some((attribute, fact[key].as_str()?.to_owned())))
        .collect()
}

#[test]
fn every_known_identity_can_be_opened_at_the_seat_and_boards_by_plugdev_too() {
    for fact in facts() {
        for subsystem in ["usb", "tty"] {
            let device = run(subsystem, &attributes(&fact));
            assert_eq!(device.tags, ["uaccess"], "{subsystem} {fact}");
            let is_board = device.properties.contains_key("MIDSTATE_BOARD");
            let quiet = device.properties.contains_key("ID_MM_DEVICE_IGNORE");
            assert_eq!(is_board, quiet, "{fact}");
            let plugdev = device.group.as_deref() == Some("plugdev");
            assert_eq!(
                plugdev,
                is_board || subsystem == "usb",
                "{subsystem} {fact}"
            );
        }
    }
}

#[test]
fn boards_with_texts_or_ids_of_their_own_are_told_from_the_bridge_that_they_use() {
    let shared = |fact: &Value| {
        let id = |key: &str| u16::from_str_radix(fact[key].as_str().unwrap_or("0"), 16).unwrap();
        SHARED
            .iter()
            .any(|shared| shared.ids == (id("vid"), id("pid")))
    };
    let boards = facts();
    let boards: Vec<&Value> = boards
        .iter()
        .filter(|fact| !fact["product"].is_null() || !shared(fact))
        .filter(|fact| {
            run("tty", &attributes(fact))
                .properties
                .contains_key("MIDSTATE_BOARD")
        })
        .collect();
    // All but the four rows whose texts are those of the bridge's maker, and those that share an id and have no text.
    assert_eq!(boards.len(), 80 - 4 - bare_shared(&facts(), shared));
}

fn bare_shared(facts: &[Value], shared: impl Fn(&Value) -> bool) -> usize {
    let bare =
        |fact: &&Value| fact["product"].is_null() && fact["manufacturer"].is_null() && shared(fact);
    facts.iter().filter(bare).count()
}

#[test]
fn other_devices_are_left_alone() {
    let mouse = HashMap::from([
        ("idVendor", "046d".to_owned()),
        ("idProduct", "c077".to_owned()),
        ("product", "USB Optical Mouse".to_owned()),
    ]);
    for subsystem in ["usb", "tty", "input"] {
        let device = run(subsystem, &mouse);
        assert!(
            device.tags.is_empty() && device.group.is_none(),
            "{device:?}"
        );
    }
}
