//! Every collected fact is in the table, and texts beat ids.

use serde_json::Value;

use super::*;
use crate::board::MODELS;

/// The collected facts: one object an identity.
fn facts() -> Vec<Value> {
    let text = include_str!("../../../tests/data/usb-ids.json");
    serde_json::from_str(text).unwrap()
}

/// What a board of this fact says about itself: `(ids, manufacturer, product)`.
fn shown(fact: &Value) -> ((u16, u16), String, String) {
    let id = |key: &str| u16::from_str_radix(fact[key].as_str().unwrap_or("1209"), 16).unwrap();
    let text = |key: &str| fact[key].as_str().unwrap_or_default().to_owned();
    let product = match text("product").as_str() {
        "ASICMINER Block Erupter (see notes)" => "ASICMINER Block Erupter USB".to_owned(),
        "contains \"Antminer\" when programmed" => "Antminer U2".to_owned(),
        "ModMiner (contains)" => "ModMiner Quad v0.4".to_owned(),
        "NanoFury NFn (contains NanoFury)" => "NanoFury NF2 v0.7".to_owned(),
        "bi?fury" => String::from_utf8(b"bi\xe2\x80\xa2fury".to_vec()).unwrap(),
        other => other.to_owned(),
    };
    let manufacturer = text("manufacturer").replace("contains ", "");
    ((id("vid"), id("pid")), manufacturer, product)
}

#[test]
fn every_known_fact_is_in_the_table() {
    let facts = facts();
    assert_eq!(facts.len(), 80);
    for fact in facts {
        let (ids, manufacturer, product) = shown(&fact);
        let class = fact["driver_class"].as_str().unwrap();
        let fits = |known: &&Known| known.fit(ids, &manufacturer, &product) != Fit::No;
        let found = KNOWN.iter().filter(fits).any(|known| known.class == class);
        assert!(found, "{fact}");
    }
}

#[test]
fn what_shows_texts_of_its_own_is_recognised_and_no_other() {
    for fact in facts() {
        let ((vid, pid), manufacturer, product) = shown(&fact);
        let best = KNOWN
            .iter()
            .max_by_key(|known| known.fit((vid, pid), &manufacturer, &product));
        let best = best.filter(|known| known.is_proof());
        let Some(family) = identify(vid, pid, &manufacturer, &product).family else {
            assert!(best.is_none(), "{fact}");
            continue;
        };
        let best = best.unwrap();
        assert_eq!(
            best.class, fact["driver_class"],
            "{fact} was taken for {family}"
        );
        let text = |key: &str| fact[key].as_str().is_some();
        assert_eq!(
            best.has_text(),
            text("manufacturer") || text("product"),
            "{fact}"
        );
    }
}

#[test]
fn texts_beat_ids() {
    let of = |vid, pid, manufacturer, product| identify(vid, pid, manufacturer, product);
    let family = |product, manufacturer| of(0x0403, 0x6014, manufacturer, product).family;
    assert_eq!(
        of(0x0403, 0x6014, "", "Cairnsmore1").model,
        Some("cairnsmore1")
    );
    assert_eq!(
        family("BitFORCE SHA256", "Butterfly Labs Inc."),
        Some("BitForce FPGA Single")
    );
    assert_eq!(
        family("BitFORCE SHA256 SC", "Butterfly Labs"),
        Some("BitForce SC 65 nm")
    );
    assert_eq!(
        family("BitFORCE SHA256 SC", "BUTTERFLY LABS"),
        Some("BitForce SC 28 nm")
    );
    assert_eq!(
        of(0x10c4, 0xea60, "", "ASICMINER Block Erupter").model,
        Some("block-erupter")
    );
    assert_eq!(
        of(0x10c4, 0xea60, "Bitmain", "Antminer U1").model,
        Some("antminer-u1")
    );
    assert_eq!(of(0x1fc9, 0x0083, "", "").model, Some("avalon-nano"));
    assert_eq!(
        of(0x198c, 0xb1f1, "c-scape", "bi\u{2022}fury").family,
        Some("Bi*Fury")
    );
}

#[test]
fn a_shared_bridge_is_never_certain_and_has_candidates() {
    for shared in SHARED {
        let (vid, pid) = shared.ids;
        let verdict = identify(vid, pid, "Somebody", "Something else");
        assert_eq!((verdict.model, verdict.family), (None, None), "{shared:?}");
        assert_eq!(shared.uart, verdict.candidates.contains(&"fpga-serial"));
    }
    let cp210x = identify(
        0x10c4,
        0xea60,
        "Silicon Labs",
        "CP2102 USB to UART Bridge Controller",
    );
    for model in ["block-erupter", "antminer-u1", "antminer-u3", "fpga-kc705"] {
        assert!(cp210x.candidates.contains(&model), "{model}");
    }
    let stock = identify(0x0403, 0x6001, "FTDI", "FT232R USB UART");
    assert_eq!((stock.model, stock.family), (None, None));
    assert!(stock.candidates.contains(&"lancelot"));
}

#[test]
fn what_we_know_but_do_not_drive_says_so_and_what_we_do_not_know_too() {
    let hashfast = identify(0x297c, 0x0001, "HashFast LLC", "M1 Module");
    assert_eq!(hashfast.model, None);
    assert!(
        hashfast.why.contains("not supported by this version"),
        "{}",
        hashfast.why
    );
    let mouse = identify(0x046d, 0xc077, "Logitech", "USB Optical Mouse");
    assert!(!mouse.is_possible());
    assert!(plain_port().is_possible());
}

#[test]
fn models_and_identities_know_each_other() {
    let named: Vec<&str> = MODELS.iter().map(|model| model.name).collect();
    for model in KNOWN.iter().flat_map(|known| known.models) {
        assert!(named.contains(model), "{model} is no model");
    }
    for model in MODELS {
        for usb in model.usb {
            let known = KNOWN
                .iter()
                .any(|known| known.ids == Some((usb.vid, usb.pid)));
            let bridge = shared(usb.vid, usb.pid).is_some();
            assert!(
                known || bridge,
                "{}: {usb:?} is not in the table",
                model.name
            );
        }
    }
}
