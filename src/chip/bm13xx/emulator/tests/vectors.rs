//! Every frame and every solved job of `bm13xx.json`: what hosts and chips of the field said.

use serde_json::Value;

use super::host::Host;
use crate::chip::bm13xx::emulator::hearing::{Heard, Hearing, Misheard};
use crate::chip::bm13xx::emulator::search::Find;
use crate::chip::bm13xx::emulator::silicon::Dialect;
use crate::chip::bm13xx::emulator::speech::{self, Form, Reply};
use crate::chip::bm13xx::emulator::{EmulatedChain, EmulatedChip};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../../tests/data/bm13xx.json")).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn number(value: &Value) -> u32 {
    match value {
        Value::String(text) => u32::from_str_radix(text.trim_start_matches("0x"), 16).unwrap(),
        other => other.as_u64().unwrap() as u32,
    }
}

/// What a receiver makes of `frame`; everything of it must be used.
fn heard(dialect: Dialect, frame: &[u8], headers: bool) -> Heard {
    let mut hearing = Hearing::new(dialect);
    let now = std::time::Instant::now();
    let (last, rest) = frame.split_last().unwrap();
    for byte in rest {
        assert_eq!(hearing.take(*byte, false, now, headers), None);
    }
    let heard = hearing.take(*last, true, now, headers);
    assert_eq!(hearing.misheard, Misheard::default());
    heard.unwrap_or_else(|| panic!("not understood: {}", hex::encode(frame)))
}

#[test]
fn every_frame_of_a_host_is_understood() {
    let (mut commands, mut jobs) = (0, 0);
    for frame in vectors()["frames"].as_array().unwrap() {
        if frame["direction"] != "host_to_chip" {
            continue;
        }
        let raw = bytes(&frame["hex"]);
        let headers = frame["job_form"] == "full_header";
        match heard(Dialect::C, &raw, headers) {
            Heard::Job(job) => {
                jobs += 1;
                assert_eq!(u32::from(job.id), number(&frame["job_header_byte"]));
                assert_eq!(job.midstates() as u32, number(&frame["num_midstates_byte"]));
            }
            other => {
                commands += 1;
                assert_eq!(other, expected(frame), "{}", frame["id"]);
            }
        }
    }
    assert_eq!((commands, jobs), (99, 5));
}

fn expected(frame: &Value) -> Heard {
    let chip = number(&frame["chip_address"]) as u8;
    let address = (frame["broadcast"] == false).then_some(chip);
    let register = || number(&frame["register_address"]) as u8;
    match frame["command"].as_str().unwrap() {
        "set_chip_address" => Heard::SetAddress(chip),
        "chain_inactive" => Heard::Inactive,
        "read_register" => Heard::Read {
            address,
            register: register(),
        },
        "write_register" => Heard::Write {
            address,
            register: register(),
            value: number(&frame["register_value"]),
        },
        other => panic!("{other}"),
    }
}

/// The bytes that the chip said are what we say for the same values.
#[test]
fn every_frame_of_a_chip_is_said() {
    let mut said = 0;
    for frame in vectors()["frames"].as_array().unwrap() {
        if frame["direction"] == "chip_to_host" {
            let raw = bytes(&frame["hex"]);
            assert_eq!(reply_like(frame, &raw).as_slice(), raw, "{}", frame["id"]);
            said += 1;
        }
    }
    assert_eq!(said, 14);
}

fn reply_like(frame: &Value, raw: &[u8]) -> Reply {
    let form = if raw.len() == 11 {
        Form::Long
    } else {
        Form::Short
    };
    if frame["response_kind"] == "register" {
        let address = number(&frame["chip_address"]) as u8;
        let register = number(&frame["register_address"]) as u8;
        let value = number(&frame["register_value"]);
        return speech::register(Dialect::C, form, value, address, register);
    }
    // One encoding serves: which chip spoke is not told by the frame.
    let find = Find {
        word: u32::from_be_bytes(raw[2..6].try_into().unwrap()),
        slot: u16::from(raw[7] & 0x07),
        field: u16::from_be_bytes([raw[8], raw[9 % raw.len()]]),
        surplus: u32::from(raw[6]),
    };
    speech::nonce(EmulatedChip::Bm1362.silicon(), form, raw[7] & 0xf8, &find)
}

#[test]
fn the_older_dialects_are_understood() {
    let vectors = vectors();
    for (list, dialect) in [
        ("bm1384_commands", Dialect::A),
        ("bm1387_commands", Dialect::B),
    ] {
        for row in vectors[list]["rows"].as_array().unwrap() {
            let raw = bytes(&row["hex"]);
            assert!(
                !matches!(heard(dialect, &raw, false), Heard::Job(_)),
                "{row}"
            );
        }
    }
    for row in vectors["bm1384_pll"]["rows"].as_array().unwrap() {
        let word = number(&row["pll_word"]) as u16;
        assert_eq!(
            heard(Dialect::A, &bytes(&row["set_frame_hex"]), false),
            Heard::PllWord(word)
        );
        let mut host = host(EmulatedChip::Bm1384);
        assert_eq!(host.ask(&bytes(&row["set_frame_hex"])), [0; 0]);
        let mhz = row["requested_mhz"].as_f64().unwrap();
        assert!((host.chain.clock() - mhz).abs() < 1e-6, "{row}");
        assert!((told_clock(&host.read_all(4)) - mhz).abs() < 1e-6, "{row}");
    }
}

/// Section 3.1's formula for a BM1384's answer.
fn told_clock(reply: &[u8]) -> f64 {
    let [0x80, b1, b2, b3, _] = *reply else {
        panic!("{reply:x?}");
    };
    let fine = f64::from(b2 >> 4) * 6.25;
    f64::from(b1 + 1) * 6.25 / f64::from((1 + b2) & 15) * 2f64.powi(3 - i32::from(b3)) + fine
}

fn host(kind: EmulatedChip) -> Host {
    Host::new(EmulatedChain {
        zero_bits: Some(32),
        // Nothing is to be found but what a test looks at.
        rate: 1e3,
        stock_clock: 550.0,
        ..EmulatedChain::new(kind, 1)
    })
}

/// Brings a chip up, gives it the job and looks at `wire`; what it says.
fn solve(
    kind: EmulatedChip,
    ticket: u32,
    job: &[u8],
    wire: &[u8],
    slot: u16,
    field: u16,
) -> String {
    let mut host = host(kind);
    host.bring_up(1);
    if kind != EmulatedChip::Bm1384 {
        host.set(
            if kind == EmulatedChip::Bm1387 {
                0x18
            } else {
                0x14
            },
            ticket,
        );
    }
    host.write(job);
    assert_eq!(host.wait(16), [0; 0]);
    let word = u32::from_be_bytes(wire.try_into().unwrap());
    host.chain.examine(word, slot, field, host.now);
    hex::encode(host.wait(5))
}

fn job(id: &str) -> Value {
    let vectors = vectors();
    let jobs = vectors["mining"].as_array().unwrap();
    jobs.iter().find(|job| job["id"] == id).unwrap().clone()
}

#[test]
fn a_bm1370_says_what_the_bitaxe_gamma_said() {
    let share = job("mining-bm1370-bitaxe-gamma");
    let wire = [0x4c, 0x03, 0x52, 0x75];
    let said = solve(
        EmulatedChip::Bm1370,
        0xff,
        &bytes(&share["job_frame_hex"]),
        &wire,
        2,
        0x05a2,
    );
    assert_eq!(said, share["response_frame_hex"].as_str().unwrap());
}

#[test]
fn later_chips_code_the_same_share_by_their_rules() {
    let derived = job("mining-derived-result-header");
    let wire = [0x4c, 0x03, 0x52, 0x75];
    for row in derived["encodings"].as_array().unwrap() {
        let kind = match row["chip"].as_str().unwrap() {
            "BM1362" => EmulatedChip::Bm1362,
            "BM1366" => EmulatedChip::Bm1366,
            "BM1368" => EmulatedChip::Bm1368,
            _ => EmulatedChip::Bm1370,
        };
        // The threshold is the hash's own 46 bits, so byte 6 is zero as in the vector; the BM1362's dice leave the sub-core alone here.
        for frame in ["job_frame_hex_len_0x56", "job_frame_hex_len_0x36"] {
            let said = solve(kind, 0x0000_fcff, &bytes(&row[frame]), &wire, 2, 0x05a2);
            assert_eq!(
                said,
                row["response_hex_if_byte6_is_zero"].as_str().unwrap(),
                "{row}"
            );
        }
    }
}

#[test]
fn a_bm1366_finds_the_self_tests_share() {
    let share = job("mining-selftest-version-rolled");
    let frame = bytes(&share["job_frame_hex_with_job_header_08"]);
    let wire = bytes(&share["nonce_wire_hex"]);
    let said = solve(EmulatedChip::Bm1366, 0xff, &frame, &wire, 6, 0xbcfe);
    assert!(said.starts_with("aa554a01b2f1060ebcfe"), "{said}");
}

#[test]
fn a_bm1397_tells_the_midstate() {
    let share = job("mining-bm1397-midstate-slot2");
    let wire = bytes(&share["expected_nonce_wire_hex"]);
    let said = solve(
        EmulatedChip::Bm1397,
        0xff,
        &bytes(&share["job_frame_hex"]),
        &wire,
        2,
        0,
    );
    assert_eq!(
        said,
        share["expected_response_frame_hex_if_byte6_is_zero"]
            .as_str()
            .unwrap()
    );
    let derived = job("mining-derived-4-midstates");
    let frame = bytes(&derived["bm1397_job_frame_hex_job_id_0x18"]);
    let said = solve(
        EmulatedChip::Bm1397,
        0xff,
        &frame,
        &[0x4c, 0x03, 0x52, 0x75],
        1,
        0,
    );
    assert_eq!(
        said,
        derived["bm1397_response_hex_if_byte6_is_zero"]
            .as_str()
            .unwrap()
    );
}

#[test]
fn blocks_are_found_by_the_midstate_chips_whose_layout_allows_it() {
    let open_core = job("mining-bm1387-open-core-7203ea83");
    let frame = bytes(&open_core["job_frame_hex_job_id_0x10"]);
    let said = solve(
        EmulatedChip::Bm1387,
        0,
        &frame,
        &[0x72, 0x03, 0xea, 0x83],
        0,
        0,
    );
    assert_eq!(
        said,
        open_core["response_frame_hex_if_byte4_is_zero"]
            .as_str()
            .unwrap()
    );
    for (id, reached) in [
        ("mining-block-171874", true),
        ("mining-block-2019-v4", false),
    ] {
        let block = job(id);
        let wire = bytes(&block["nonce_wire_hex"]);
        let found = |kind, job: &str, reply: &str, reached: bool| {
            let said = solve(kind, 0xff, &bytes(&block[job]), &wire, 0, 0);
            let expected = block[reply].as_str().filter(|_| reached);
            assert_eq!(said, expected.unwrap_or(""), "{id} on {kind:?}");
        };
        found(
            EmulatedChip::Bm1384,
            "bm1384_task_hex_job_id_0x10_ticket_0_hcn_0",
            "bm1384_response_hex",
            true,
        );
        // c7574df5 would be core 117 of a BM1387 and core 199 of a BM1397: there are no such cores.
        found(
            EmulatedChip::Bm1387,
            "bm1387_task_hex_job_id_0x10",
            "bm1387_response_hex_if_byte4_is_zero",
            reached,
        );
        found(
            EmulatedChip::Bm1397,
            "bm1397_job_frame_hex_job_id_0x14",
            "bm1397_response_hex_if_byte6_is_zero",
            reached,
        );
    }
}

#[test]
fn the_version_words_place_is_one_that_no_bm1387_core_visits() {
    let derived = job("mining-derived-4-midstates");
    let frame = bytes(&derived["bm1387_task_hex_job_id_0x18"]);
    let said = solve(
        EmulatedChip::Bm1387,
        0xff,
        &frame,
        &[0x4c, 0x03, 0x52, 0x75],
        1,
        0,
    );
    assert_eq!(said, "", "core 117");
}

#[test]
fn ticket_masks_ask_for_as_many_bits_as_the_table_says() {
    use crate::chip::bm13xx::emulator::registers::Registers;
    for row in vectors()["ticket_mask"].as_array().unwrap() {
        let mut registers = Registers::new(EmulatedChip::Bm1370);
        registers.set(0x14, number(&row["wire_value_hex"]));
        let bits = 32 + registers.ticket_mask().trailing_ones();
        assert_eq!(bits, number(&row["required_leading_zero_bits"]), "{row}");
    }
}

#[test]
fn the_factory_ramp_gives_its_clocks() {
    let vectors = vectors();
    for row in vectors["pll_bm1362_and_later"]["factory_ramp_s19jpro"]
        .as_array()
        .unwrap()
    {
        let mut host = host(EmulatedChip::Bm1362);
        host.set(0x08, number(&row["value_hex"]));
        let mhz = row["actual_mhz"].as_f64().unwrap();
        assert!((host.chain.clock() - mhz).abs() < 1e-6, "{row}");
    }
}
