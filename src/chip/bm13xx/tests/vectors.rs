//! Every frame, solved job, ticket mask and clock of `tests/data/bm13xx.json` through the codec.

use serde_json::Value;

use super::super::frames::job;
use super::super::registers::{Register, TicketMask};
use super::super::*;
use crate::algorithm::sha256d::{Midstate, SHA256D};
use crate::chip::bm13xx::frames::{
    BARE_PLL, Command, Decoded, Decoder, Dialect, NonceReply, RegisterReply, Reply, To,
};
use crate::units::Nonce;
use crate::work::Header;

fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/bm13xx.json");
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key]
        .as_array()
        .unwrap_or_else(|| panic!("{key} is a list"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} is text in {value}"))
}

fn bytes(value: &Value, key: &str) -> Vec<u8> {
    hex::decode(text(value, key)).unwrap()
}

/// A number, written as one or in hexadecimal with `0x`.
fn number(value: &Value, key: &str) -> u64 {
    let from_text = || u64::from_str_radix(value[key].as_str()?.trim_start_matches("0x"), 16).ok();
    value[key]
        .as_u64()
        .or_else(from_text)
        .unwrap_or_else(|| panic!("{key} is a number in {value}"))
}

fn only_reply(dialect: Dialect, rolls: bool, frame: &[u8]) -> Reply {
    let mut decoder = Decoder::new(dialect, rolls);
    decoder.feed(frame);
    decoder.end();
    let Some(Decoded::Reply(reply)) = decoder.next() else {
        panic!("{} is a reply", hex::encode(frame));
    };
    assert_eq!(decoder.next(), None, "{}", hex::encode(frame));
    reply
}

fn nonce_of(reply: Reply) -> NonceReply {
    match reply {
        Reply::Nonce(nonce) => nonce,
        Reply::Register(register) => panic!("a nonce, not {register:?}"),
    }
}

fn check_reply(frame: &Value) {
    let bytes = bytes(frame, "hex");
    let reply = only_reply(Dialect::Preambled, bytes.len() == 11, &bytes);
    if text(frame, "response_kind") == "nonce" {
        let nonce = nonce_of(reply);
        assert_eq!(nonce.nonce.to_u64(), number(frame, "header_nonce_u32"));
        assert_eq!(u64::from(nonce.rank), number(frame, "byte6"));
        assert_eq!(nonce.job, bytes[7]);
        let version = (bytes.len() == 11).then(|| number(frame, "version_field_u16_be") as u16);
        assert_eq!(nonce.version, version);
        return;
    }
    let expected = RegisterReply {
        value: number(frame, "register_value") as u32,
        chip_address: Some(number(frame, "chip_address") as u8),
        register: Some(number(frame, "register_address") as u8),
    };
    assert_eq!(reply, Reply::Register(expected));
}

fn command_of(frame: &Value) -> Command {
    let address = number(frame, "chip_address") as u8;
    let to = if frame["broadcast"] == true {
        To::All
    } else {
        To::Chip(address)
    };
    let register = || number(frame, "register_address") as u8;
    match text(frame, "command") {
        "set_chip_address" => Command::SetAddress(address),
        "chain_inactive" => Command::ChainInactive,
        "read_register" => Command::Read {
            to,
            register: register(),
        },
        "write_register" => Command::Write {
            to,
            register: register(),
            value: number(frame, "register_value") as u32,
        },
        other => panic!("{other}"),
    }
}

/// A job taken apart by its published fields and put together again.
fn check_job(frame: &Value) {
    let expected = bytes(frame, "hex");
    let id = number(frame, "job_header_byte") as u8;
    if text(frame, "job_form") == "full_header" {
        let header = bytes(frame, "header80_with_base_version_and_start_nonce");
        let mut made = job::header(id, &Header::from_bytes(header.try_into().unwrap()));
        // The factory's length byte is not the count; with it the checksum differs.
        if number(frame, "length_byte") == 0x36 {
            assert_eq!(made[4..86], expected[4..86]);
            made[3] = 0x36;
            let crc = crc::crc16(&made[2..86]);
            made[86..].copy_from_slice(&crc.to_be_bytes());
        }
        assert_eq!(made[..], expected);
        return;
    }
    let words = |slot: &Value| {
        let words = list(slot, "sha256_state_words_a_to_h");
        let word = |index: usize| u32::from_str_radix(words[index].as_str().unwrap(), 16).unwrap();
        Midstate::from_words(std::array::from_fn(word))
    };
    let midstates: Vec<Midstate> = list(frame, "midstates").iter().map(words).collect();
    let tail = &bytes(frame, "header_bytes_64_to_80")[..12];
    let tail = tail.try_into().unwrap();
    let made = job::midstates(Dialect::Preambled, id, &midstates, &tail, 0);
    assert_eq!(made[..], expected);
}

#[test]
fn every_published_frame() {
    let vectors = vectors();
    let frames = list(&vectors, "frames");
    assert_eq!(frames.len(), 118);
    for frame in frames {
        match (text(frame, "direction"), frame["frame_type"].as_str()) {
            ("chip_to_host", _) => check_reply(frame),
            (_, Some("command")) => {
                let made = command_of(frame).encode(Dialect::Preambled).unwrap();
                assert_eq!(made[..], bytes(frame, "hex"), "{}", frame["id"]);
            }
            (_, Some("job")) => check_job(frame),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn ticket_masks() {
    for row in list(&vectors(), "ticket_mask") {
        let mask = TicketMask {
            bits: number(row, "required_leading_zero_bits") as u32 - 32,
        };
        assert_eq!(mask.to_be_bytes()[..], bytes(row, "wire_value_hex"));
        let write = Command::Write {
            to: To::All,
            register: TicketMask::ADDRESS,
            value: mask.value(),
        };
        let frame = write.encode(Dialect::Preambled).unwrap();
        assert_eq!(frame[..], bytes(row, "write_frame_hex"));
    }
}

fn clock_of(chip: &str, row: &Value) -> String {
    let mhz = row["requested_mhz"].as_f64().unwrap();
    format!("{:08x}", pll::solve(chip_by_name(chip).unwrap(), mhz).word)
}

#[test]
fn the_factory_ramp_of_the_s19j_pro_but_for_two_steps() {
    let vectors = vectors();
    let ramp = list(&vectors["pll_bm1362_and_later"], "factory_ramp_s19jpro");
    let other: Vec<f64> = ramp
        .iter()
        .filter(|row| clock_of("BM1362", row) != text(row, "value_hex"))
        .map(|row| row["requested_mhz"].as_f64().unwrap())
        .collect();
    assert_eq!(other, [56.25, 100.0]);
    for row in ramp {
        let solver = text(row, "solver_closest_lowestvco_lowestproduct_strict_gives");
        assert_eq!(clock_of("BM1362", row), solver);
        let factory = u32::from_str_radix(text(row, "value_hex"), 16).unwrap();
        let mhz = pll::frequency(&BM1362, factory).unwrap();
        assert!((mhz - row["actual_mhz"].as_f64().unwrap()).abs() < 1e-6);
    }
    for row in list(&vectors["pll_bm1362_and_later"], "esp_miner_current_solver") {
        assert_eq!(clock_of(text(row, "chip"), row), text(row, "value_hex"));
    }
}

#[test]
fn words_and_commands_of_the_bm1384() {
    let vectors = vectors();
    for row in list(&vectors["bm1384_pll"], "rows") {
        let mhz = row["requested_mhz"].as_f64().unwrap();
        let pll = pll::solve(&BM1384, mhz);
        assert_eq!(u64::from(pll.word), number(row, "pll_word"), "{mhz} MHz");
        let set = Command::Write {
            to: To::All,
            register: BARE_PLL,
            value: pll.word,
        };
        assert_eq!(
            set.encode(Dialect::Bare).unwrap()[..],
            bytes(row, "set_frame_hex")
        );
    }
    let all = |register| Command::Read {
        to: To::All,
        register,
    };
    let commands = [
        all(0),
        all(4),
        Command::Read {
            to: To::Chip(0x80),
            register: 4,
        },
        Command::ChainInactive,
        Command::SetAddress(0),
        Command::SetAddress(0x80),
        Command::Write {
            to: To::All,
            register: BARE_PLL,
            value: 0x0b83,
        },
    ];
    let rows = list(&vectors["bm1384_commands"], "rows");
    for (command, row) in commands.iter().zip(rows) {
        assert_eq!(
            command.encode(Dialect::Bare).unwrap()[..],
            bytes(row, "hex")
        );
    }
    let other = Command::Write {
        to: To::All,
        register: 0x18,
        value: 0,
    };
    assert_eq!(other.encode(Dialect::Bare), None);
}

#[test]
fn commands_of_the_bm1387() {
    let vectors = vectors();
    let write = |to, register, value| Command::Write {
        to,
        register,
        value,
    };
    let commands = [
        Command::Read {
            to: To::All,
            register: 0,
        },
        Command::ChainInactive,
        Command::SetAddress(0),
        Command::SetAddress(4),
        Command::SetAddress(0x80),
        write(To::All, 0x1c, 0x0020_0700),
        write(To::All, 0x1c, 0x0020_0100),
        write(To::All, 0x1c, 0x4020_8180),
        write(To::All, 0x0c, 0x0050_0241),
        Command::Read {
            to: To::Chip(0),
            register: 0x0c,
        },
        write(To::Chip(0x24), 0x0c, 0x0068_0221),
        write(To::All, 0x18, 0xfc),
        write(To::All, 0x1c, 0x4020_9a80),
    ];
    let rows = list(&vectors["bm1387_commands"], "rows");
    assert_eq!(rows.len(), commands.len());
    for (command, row) in commands.iter().zip(rows) {
        assert_eq!(
            command.encode(Dialect::Counted).unwrap()[..],
            bytes(row, "hex"),
            "{row}"
        );
    }
}

fn solved<'a>(vectors: &'a Value, id: &str) -> &'a Value {
    let rows = list(vectors, "mining");
    rows.iter()
        .find(|row| row["id"] == id)
        .unwrap_or_else(|| panic!("{id}"))
}

fn header_of(row: &Value) -> Header {
    Header::from_bytes(bytes(row, "header_hex").try_into().unwrap())
}

fn hash_of(header: &Header) -> String {
    SHA256D.hash(header.as_bytes()).to_string()
}

/// The nonce and version of a reply in a header make the published hash.
fn check_solution(row: &Value, base: &Header, nonce: &NonceReply, version: u32) {
    let solved = base.with_version(version).with_nonce(nonce.nonce);
    assert_eq!(
        hash_of(&solved),
        text(row, "hash_display_hex"),
        "{}",
        row["id"]
    );
}

#[test]
fn solved_jobs_with_whole_headers() {
    let vectors = vectors();
    let row = solved(&vectors, "mining-bm1370-bitaxe-gamma");
    let base = header_of(row)
        .with_version(number(row, "base_version") as u32)
        .with_nonce(Nonce::from_u32(0));
    assert_eq!(job::header(0x68, &base)[..], bytes(row, "job_frame_hex"));
    let nonce = nonce_of(only_reply(
        Dialect::Preambled,
        true,
        &bytes(row, "response_frame_hex"),
    ));
    let rolled = base.version() | u32::from(nonce.version.unwrap()) << 13;
    assert_eq!(u64::from(rolled), number(row, "rolled_version"));
    check_solution(row, &base, &nonce, rolled);

    let derived = solved(&vectors, "mining-derived-result-header");
    for encoding in list(derived, "encodings") {
        let frame = job::header(number(encoding, "job_header_byte") as u8, &base);
        assert_eq!(frame[..], bytes(encoding, "job_frame_hex_len_0x56"));
        let reply = bytes(encoding, "response_hex_if_byte6_is_zero");
        let nonce = nonce_of(only_reply(Dialect::Preambled, true, &reply));
        assert_eq!(u64::from(nonce.job), number(encoding, "result_header"));
        check_solution(derived, &base, &nonce, rolled);
    }

    let row = solved(&vectors, "mining-selftest-version-rolled");
    let base = header_of(row)
        .with_version(number(row, "base_version") as u32)
        .with_nonce(Nonce::from_u32(0));
    let frame = job::header(8, &base);
    assert_eq!(frame[..], bytes(row, "job_frame_hex_with_job_header_08"));
    assert_eq!(hash_of(&header_of(row)), text(row, "hash_display_hex"));
}

#[test]
fn solved_blocks_as_midstate_jobs() {
    let vectors = vectors();
    for id in ["mining-block-171874", "mining-block-2019-v4"] {
        let row = solved(&vectors, id);
        let header = header_of(row);
        let (midstate, tail) = (header.midstate(), header.tail());
        let frames = [
            (
                job::block(0x10, midstate, &tail, 0, 0),
                "bm1384_task_hex_job_id_0x10_ticket_0_hcn_0",
            ),
            (
                job::midstates(Dialect::Counted, 0x10, &[midstate], &tail, 0),
                "bm1387_task_hex_job_id_0x10",
            ),
            (
                job::midstates(Dialect::Preambled, 0x14, &[midstate], &tail, 0),
                "bm1397_job_frame_hex_job_id_0x14",
            ),
        ];
        for (frame, key) in frames {
            assert_eq!(frame[..], bytes(row, key), "{id} {key}");
        }
        let replies = [
            (Dialect::Bare, "bm1384_response_hex", 0x10),
            (
                Dialect::Counted,
                "bm1387_response_hex_if_byte4_is_zero",
                0x10,
            ),
            (
                Dialect::Preambled,
                "bm1397_response_hex_if_byte6_is_zero",
                0x14,
            ),
        ];
        for (dialect, key, job) in replies {
            let nonce = nonce_of(only_reply(dialect, false, &bytes(row, key)));
            assert_eq!(nonce.job, job);
            check_solution(row, &header, &nonce, header.version());
        }
    }
}

#[test]
fn solved_jobs_with_several_midstates() {
    let vectors = vectors();
    let row = solved(&vectors, "mining-derived-4-midstates");
    let base = header_of(row).with_nonce(Nonce::from_u32(0));
    let slots = list(row, "versions_by_slot");
    let version = |slot: &Value| {
        let text = slot.as_str().unwrap();
        u32::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
    };
    let versions: Vec<u32> = slots.iter().map(version).collect();
    let midstates: Vec<Midstate> = versions
        .iter()
        .map(|version| base.with_version(*version).midstate())
        .collect();
    for (dialect, job_key, reply_key) in [
        (
            Dialect::Preambled,
            "bm1397_job_frame_hex_job_id_0x18",
            "bm1397_response_hex_if_byte6_is_zero",
        ),
        (
            Dialect::Counted,
            "bm1387_task_hex_job_id_0x18",
            "bm1387_response_hex_if_byte4_is_zero",
        ),
    ] {
        let frame = job::midstates(dialect, 0x18, &midstates, &base.tail(), 0);
        assert_eq!(frame[..], bytes(row, job_key));
        let nonce = nonce_of(only_reply(dialect, false, &bytes(row, reply_key)));
        assert_eq!(nonce.job, 0x19);
        check_solution(row, &base, &nonce, versions[1]);
    }

    let row = solved(&vectors, "mining-bm1397-midstate-slot2");
    let words: Vec<u32> = list(row, "midstate_words_a_to_h")
        .iter()
        .map(|word| u32::from_str_radix(word.as_str().unwrap(), 16).unwrap())
        .collect();
    let empty = Midstate::from_words([0; 8]);
    let midstates = [
        empty,
        empty,
        Midstate::from_words(words.try_into().unwrap()),
        empty,
    ];
    let tail = bytes(row, "header_bytes_64_to_80_hex")[..12]
        .try_into()
        .unwrap();
    let first = number(row, "header_nonce_u32") as u32;
    let frame = job::midstates(Dialect::Preambled, 0x18, &midstates, &tail, first);
    assert_eq!(frame[..], bytes(row, "job_frame_hex"));
    let reply = bytes(row, "expected_response_frame_hex_if_byte6_is_zero");
    let nonce = nonce_of(only_reply(Dialect::Preambled, false, &reply));
    assert_eq!((nonce.job, nonce.nonce.to_u32_lossy()), (0x1a, first));

    let order = solved(&vectors, "midstate-order-bm1397");
    let prefix = bytes(order, "header_first_64_bytes_hex");
    let midstate = Midstate::of(prefix[..].try_into().unwrap());
    let frame = job::midstates(Dialect::Preambled, 0, &[midstate], &[0; 12], 0);
    assert_eq!(
        frame[22..54],
        bytes(order, "midstate_field_on_the_wire_hex")
    );
}

#[test]
fn the_dummy_job_that_opens_cores() {
    let vectors = vectors();
    let row = solved(&vectors, "mining-bm1387-open-core-7203ea83");
    let empty = Midstate::from_words([0; 8]);
    let frame = job::midstates(Dialect::Counted, 0x10, &[empty], &[0xff; 12], 0);
    assert_eq!(frame[..], bytes(row, "job_frame_hex_job_id_0x10"));
    let reply = bytes(row, "response_frame_hex_if_byte4_is_zero");
    let nonce = nonce_of(only_reply(Dialect::Counted, false, &reply));
    assert_eq!(nonce.job, 0x10);
    assert_eq!(nonce.nonce.to_message_word_lossy(), 0x7203_ea83);
}

#[test]
fn line_speeds_are_those_of_their_dividers() {
    let vectors = vectors();
    for row in list(&vectors["uart_divider"], "rows") {
        let baud = 25e6 / (8.0 * (row["divider"].as_f64().unwrap() + 1.0));
        assert!((baud - row["baud"].as_f64().unwrap()).abs() < 0.01);
    }
    for chip in CHIPS {
        for line in chip
            .line
            .raised
            .iter()
            .filter(|line| line.chip_baud != 3_000_000)
        {
            let divider = 25e6 / 8.0 / f64::from(line.chip_baud) - 1.0;
            assert!((divider - divider.round()).abs() < 1e-5, "{line:?}");
            let mismatch = f64::from(line.host_baud) / f64::from(line.chip_baud) - 1.0;
            assert!(mismatch.abs() < 0.045, "{line:?}");
        }
    }
}
