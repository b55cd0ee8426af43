//! Every work and frame of the class in `tests/data/icarus-vectors.json`, for the codecs and for the emulator.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::super::commands::{self, Cairnsmore};
use super::super::frames::JobFormat;
use super::super::params::{self, Member};
use super::super::replies::{Decoder, Reply};
use super::super::*;
use crate::algorithm::sha256d::{Midstate, Scanner};
use crate::board::{BoardOptions, Model};
use crate::units::Target;

const VECTORS: &str = include_str!("../../../../tests/data/icarus-vectors.json");

struct Work {
    midstate: Midstate,
    tail: [u8; 12],
    solutions: Vec<u32>,
}

fn vectors() -> Value {
    serde_json::from_str(VECTORS).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn word(value: &Value) -> u32 {
    u32::from_str_radix(value.as_str().unwrap(), 16).unwrap()
}

fn work(id: &str) -> Work {
    let vectors = vectors();
    let works = vectors["works"].as_array().unwrap();
    let row = works.iter().find(|work| work["id"] == id).unwrap();
    let midstate = bytes(&row["midstate_be_bytes"]).try_into().unwrap();
    Work {
        midstate: Midstate::from_be_bytes(midstate),
        tail: bytes(&row["tail12_header_order"]).try_into().unwrap(),
        solutions: row["solutions"]
            .as_array()
            .unwrap()
            .iter()
            .map(word)
            .collect(),
    }
}

/// Frames of a job: family, work, request, reply.
fn job_frames() -> Vec<(String, String, Vec<u8>, Vec<u8>)> {
    let vectors = vectors();
    let frames = vectors["frames"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let frames = frames.iter().filter(|frame| frame["work"].is_string());
    frames
        .map(|frame| {
            let (family, work) = (text(&frame["family"]), text(&frame["work"]));
            let (request, reply) = (bytes(&frame["request_hex"]), bytes(&frame["reply_hex"]));
            (family, work, request, reply)
        })
        .collect()
}

/// Frames without a job whose description begins with `what`: the rest of the description, and the bytes.
fn commands(what: &str) -> Vec<(String, Vec<u8>)> {
    let vectors = vectors();
    let frames = vectors["frames"].as_array().unwrap();
    let described = frames.iter().filter_map(|frame| {
        let rest = frame["what"].as_str()?.strip_prefix(what)?;
        Some((rest.to_owned(), bytes(&frame["request_hex"])))
    });
    described.collect()
}

fn family(name: &str) -> (&'static Member, &'static Model) {
    match name {
        "icarus" => (&params::ICARUS, &ICARUS),
        "cairnsmore1" => (&params::CAIRNSMORE1, &CAIRNSMORE1),
        "kramble-44" => (&params::FPGA_KRAMBLE, &FPGA_KRAMBLE),
        "antminer-u" => (&params::ANTMINER_U1, &ANTMINER_U1),
        "fpgaminer-simple-rs232" => (&params::FPGA_SIMPLERS232, &FPGA_SIMPLERS232),
        "fpgaminer-kc705-uart" => (&params::FPGA_KC705, &FPGA_KC705),
        other => panic!("no member {other}"),
    }
}

#[test]
fn every_solution_has_32_zero_bits() {
    let vectors = vectors();
    for row in vectors["works"].as_array().unwrap() {
        let id = row["id"].as_str().unwrap();
        let work = work(id);
        let limit = Target::from_zero_bits(32);
        let scanner = Scanner::new(work.midstate, work.tail, limit);
        for solution in work.solutions {
            let hash = scanner.hash_of_word(solution);
            assert!(limit.is_met_by(&hash), "{id} {solution:08x}");
        }
    }
}

#[test]
fn jobs_are_encoded_to_the_very_bytes() {
    for (name, id, request, _) in job_frames() {
        let work = work(&id);
        let (member, _) = family(&name);
        let number = if member.job_ids { 5 } else { 0 };
        let mut job = member.format.encode(work.midstate, work.tail, number);
        if id == "ngzhang-2" {
            // Its filler is not zero, which devices ignore.
            job[32..52].copy_from_slice(&request[32..52]);
        }
        if id == "cairnsmore-probe" {
            job = Cairnsmore::FeatureTest.encode().into_iter().collect();
        }
        assert_eq!(hex::encode(&job), hex::encode(&request), "{name} {id}");
        assert_eq!(job.len(), member.format.job_len());
    }
}

#[test]
fn a_line_can_have_its_midstate_first() {
    let work = work("fpgaminer-kc705");
    let tail_first = JobFormat::HexLine.encode(work.midstate, work.tail, 0);
    let swapped = JobFormat::HexLineMidstateFirst.encode(work.midstate, work.tail, 0);
    assert_eq!(tail_first[..24], swapped[64..88]);
    assert_eq!(tail_first[24..88], swapped[..64]);
}

#[test]
fn replies_are_decoded_to_the_solution() {
    for (name, id, _, reply) in job_frames() {
        let (member, _) = family(&name);
        let mut decoder = Decoder::new(member);
        let said: Vec<Reply> = reply
            .iter()
            .filter_map(|byte| decoder.feed(*byte))
            .collect();
        let expected = if name == "fpgaminer-simple-rs232" {
            Reply::Accepted
        } else {
            Reply::Nonce {
                word: work(&id).solutions[0],
                id: member.job_ids.then_some(5),
            }
        };
        assert_eq!(said, [expected], "{name} {id}");
        assert_eq!(decoder.partial(), 0);
    }
}

#[test]
fn commands_have_the_very_bytes() {
    for (rest, request) in commands("set PLL word ") {
        let word = u16::from_str_radix(&rest[..4], 16).unwrap();
        assert_eq!(commands::set_pll(word)[..], request, "{rest}");
    }
    for (rest, request) in commands("set core voltage ") {
        let millivolts = rest[..3].parse().unwrap();
        assert_eq!(commands::set_voltage(millivolts)[..], request, "{rest}");
    }
    let clock = commands("set clock 200 MHz");
    assert_eq!(Cairnsmore::Clock(80).encode()[..], clock[0].1);
    assert!(Cairnsmore::looks_like(&clock[0].1));
}

#[test]
fn clocks_become_the_words_that_cgminer_finds() {
    let words = |pll: fn(f64) -> commands::Pll, clocks: [f64; 3]| clocks.map(|mhz| pll(mhz).word);
    let clocks = [200.0, 225.0, 250.0];
    assert_eq!(
        words(commands::bm1380_pll, clocks),
        [0x0380, 0x0400, 0x0480]
    );
    assert_eq!(
        words(commands::bm1382_pll, clocks),
        [0x0782, 0x0882, 0x0982]
    );
    let odd = commands::bm1380_pll(231.25);
    assert!((odd.mhz - 231.25).abs() < 1e-9, "{odd:?}");
}

#[test]
fn checksums_of_the_sheet() {
    let vectors = vectors();
    for example in vectors["crc5"].as_array().unwrap() {
        let mut data = bytes(&example["data"]);
        data.push(0);
        let bits = example["bits"].as_u64().unwrap() as usize;
        let crc = u8::from_str_radix(example["crc"].as_str().unwrap(), 16).unwrap();
        assert_eq!(commands::crc5(&data, bits), crc, "{example}");
    }
}

/// What an emulator with `options` says within a second after `request`, until it has said `enough` bytes.
fn answer(model: &Model, options: &str, request: &[u8], enough: usize) -> Vec<u8> {
    let options = BoardOptions::parse(options).unwrap();
    let mut device = (model.emulate.unwrap())(&options).unwrap().data;
    let mut now = Instant::now();
    let end = now + Duration::from_secs(1);
    device.receive(request, now);
    let mut said = Vec::new();
    while now < end && said.len() < enough {
        now = device.advance(end, &mut said);
    }
    said
}

/// Options that let every slice begin a little before `solution`, at a rate at which lines take no time to speak of.
fn near(solution: u32, slices: u32) -> String {
    let start = (solution - 1000) % (u32::MAX / slices);
    format!("zero-bits=32,rate=1M,slices={slices},start={start:08x}")
}

#[test]
fn emulators_answer_every_job_to_the_very_bytes() {
    for (name, id, request, reply) in job_frames() {
        let (_, model) = family(&name);
        let options = match id.as_str() {
            "icarus-golden" => "zero-bits=32,rate=1M".to_owned(),
            "cairnsmore-probe" => near(work(&id).solutions[0], 2),
            "icarus-work-division" => near(work(&id).solutions[0], 1),
            _ => near(work(&id).solutions[0], model_slices(model)),
        };
        let said = answer(model, &options, &request, reply.len());
        assert_eq!(hex::encode(said), hex::encode(reply), "{name} {id}");
    }
}

fn model_slices(model: &Model) -> u32 {
    if model.name == "icarus" { 2 } else { 1 }
}

#[test]
fn every_solution_is_found_in_every_format() {
    for (name, id, request, _) in job_frames() {
        let (member, model) = family(&name);
        for solution in work(&id).solutions {
            if id == "icarus-golden" || id == "cairnsmore-probe" {
                continue;
            }
            let said = answer(model, &near(solution, 1), &request, 5);
            let mut decoder = Decoder::new(member);
            let found = said.iter().filter_map(|byte| decoder.feed(*byte));
            let expected = Reply::Nonce {
                word: solution,
                id: None,
            };
            assert!(
                found.into_iter().any(|reply| reply == expected),
                "{name} {id} {said:02x?}"
            );
        }
    }
}

#[test]
fn a_simple_rs232_core_acknowledges_then_finds() {
    let frames = job_frames();
    let (_, _, request, _) = frames
        .iter()
        .find(|frame| frame.0 == "fpgaminer-simple-rs232")
        .unwrap();
    let said = answer(&FPGA_SIMPLERS232, &near(0x041f_b05e, 1), request, 6);
    assert_eq!(hex::encode(said), "0102041fb05e");
}

#[test]
fn the_division_probe_tells_the_slices() {
    let frames = job_frames();
    let (_, _, request, _) = frames
        .iter()
        .find(|frame| frame.1 == "icarus-work-division")
        .unwrap();
    let firsts = [
        (1, 0x04c0_fdb4u32),
        (2, 0x8254_0e46),
        (4, 0x417c_0f36),
        (8, 0x60c9_94d5),
    ];
    for (slices, first) in firsts {
        let size = (1u64 << 32) / slices;
        let start = u64::from(first) % size - 5000;
        let options = format!("zero-bits=32,rate=1M,slices={slices},start={start:08x}");
        let said = answer(&ICARUS, &options, request, 4);
        assert_eq!(said, first.to_be_bytes(), "{slices} slices");
    }
}

#[test]
fn the_golden_job_has_one_answer_on_every_member() {
    for member_model in [
        &ICARUS,
        &BLOCK_ERUPTER,
        &FPGA_KRAMBLE,
        &AVALON_NANO,
        &ANTMINER_U3,
    ] {
        let work = work("icarus-golden");
        let (member, model) = (member_of(member_model), member_model);
        let job = member.format.encode(work.midstate, work.tail, 5);
        let said = answer(model, "zero-bits=16,rate=1M", &job, usize::MAX);
        let id = if member.job_ids { "05" } else { "" };
        assert_eq!(hex::encode(said), format!("000187a2{id}"), "{}", model.name);
    }
}

fn member_of(model: &Model) -> &'static Member {
    let members = [
        &params::ICARUS,
        &params::BLOCK_ERUPTER,
        &params::FPGA_KRAMBLE,
        &params::AVALON_NANO,
        &params::ANTMINER_U3,
    ];
    members
        .into_iter()
        .find(|member| member.name == model.name)
        .unwrap()
}
