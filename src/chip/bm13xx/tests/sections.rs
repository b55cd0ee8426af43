//! Every section of `tests/data/bm13xx.json` has its test; here are those that no other has: checksums, headers, an older host's ramp.

use serde_json::Value;

use super::super::crc::{crc5, crc5_and_three_bits, crc16};
use super::super::pll::frequency;
use super::super::{BM1370, BM1384};
use crate::algorithm::sha256d::SHA256D;
use crate::chip::bm13xx::frames::Dialect;

/// What each section is taken up by, this file's own first; the last two are of chips that nothing here drives.
const SECTIONS: &[(&str, &str)] = &[
    ("crc5", "checksums"),
    ("crc16", "checksums"),
    ("title", "words"),
    ("conventions", "words"),
    ("frames", "vectors::every_published_frame"),
    ("mining", "headers, and vectors::solved_*"),
    ("ticket_mask", "vectors::ticket_masks"),
    (
        "pll_bm1362_and_later",
        "an_older_hosts_ramp, and vectors::the_factory_ramp_*",
    ),
    ("bm1384_pll", "vectors::words_and_commands_of_the_bm1384"),
    (
        "bm1384_commands",
        "checksums, and vectors::words_and_commands_of_the_bm1384",
    ),
    ("bm1387_commands", "vectors::commands_of_the_bm1387"),
    (
        "uart_divider",
        "vectors::line_speeds_are_those_of_their_dividers",
    ),
    ("bitaxe_raw", "board::usb_control::tests::published_packets"),
    ("bzm2", "no driver"),
    ("a3197s", "no driver"),
];

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../tests/data/bm13xx.json")).unwrap()
}

fn rows<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("{key}"))
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} in {row}"))
}

fn number(row: &Value, key: &str) -> u32 {
    u32::from_str_radix(text(row, key).trim_start_matches("0x"), 16).unwrap()
}

#[test]
fn no_section_is_left_out() {
    let vectors = vectors();
    let mut names: Vec<&str> = vectors
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let mut known: Vec<&str> = SECTIONS.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    known.sort_unstable();
    assert_eq!(names, known);
}

#[test]
fn checksums() {
    let vectors = vectors();
    for row in rows(&vectors["crc5"], "checks") {
        let bytes = hex::decode(text(row, "data_hex")).unwrap();
        assert_eq!(u32::from(crc5(&bytes)), number(row, "crc5"), "{row}");
    }
    for row in rows(&vectors["crc16"], "checks") {
        let got = crc16(text(row, "ascii").as_bytes());
        assert_eq!(u32::from(got), number(row, "crc16"), "{row}");
    }
    // One of these commands is never sent by anybody, and has a checksum all the same.
    let commands = rows(&vectors["bm1384_commands"], "rows");
    assert_eq!((commands.len(), BM1384.dialect), (8, Dialect::Bare));
    for row in commands {
        let bytes = hex::decode(text(row, "hex")).unwrap();
        let (last, rest) = bytes.split_last().unwrap();
        assert_eq!(crc5_and_three_bits(rest, *last), last & 0x1f, "{row}");
    }
}

#[test]
fn headers() {
    let vectors = vectors();
    let solved = rows(&vectors, "mining");
    let with_hash = solved
        .iter()
        .filter(|row| row["hash_display_hex"].is_string());
    let mut count = 0;
    for row in with_hash {
        let Some(header) = row["header_hex"].as_str() else {
            continue;
        };
        let header: [u8; 80] = hex::decode(header).unwrap().try_into().unwrap();
        let hash = SHA256D.hash(&header).to_string();
        assert_eq!(hash, text(row, "hash_display_hex"), "{}", row["id"]);
        if let Some(bits) = row["leading_zero_bits"].as_u64() {
            let zeros = hash.bytes().take_while(|digit| *digit == b'0').count();
            let next = char::from(hash.as_bytes()[zeros]).to_digit(16).unwrap();
            let all = 4 * zeros as u32 + next.leading_zeros() - 28;
            assert_eq!(u64::from(all), bits, "{}", row["id"]);
        }
        count += 1;
    }
    assert!(count >= 7, "{count} of {}", solved.len());
}

/// Two correct hosts may write different words for one clock: those of the other are understood.
#[test]
fn an_older_hosts_ramp() {
    let vectors = vectors();
    let ramp = rows(
        &vectors["pll_bm1362_and_later"],
        "esp_miner_older_solver_capture",
    );
    assert_eq!(ramp.len(), 6);
    for row in ramp {
        let mhz = frequency(&BM1370, number(row, "value_hex")).unwrap();
        let actual = row["actual_mhz"].as_f64().unwrap();
        assert!((mhz - actual).abs() < 1e-5, "{row}");
    }
}
