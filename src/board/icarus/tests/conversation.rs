//! Every member's driver mines on its emulator.

use std::time::Duration;

use super::super::*;
use super::rig::{Rig, header_job, job, mine};
use crate::board::{BoardEvent, Links, Model};
use crate::units::{Hash256, Target};
use crate::work::{Assignment, Checked, HeaderTemplate};

const MEMBERS: [&Model; 12] = [
    &ICARUS,
    &LANCELOT,
    &CAIRNSMORE1,
    &BLOCK_ERUPTER,
    &FPGA_SERIAL,
    &FPGA_KRAMBLE,
    &FPGA_SIMPLERS232,
    &FPGA_KC705,
    &AVALON_NANO,
    &ANTMINER_U1,
    &ANTMINER_U2,
    &ANTMINER_U3,
];

#[test]
fn every_member_is_probed_and_mines() {
    for model in MEMBERS {
        let mut rig = Rig::alike(model, "rate=1M,zero-bits=14");
        let ability = rig
            .board
            .start()
            .unwrap_or_else(|error| panic!("{}: {error}", model.name));
        assert_eq!(ability.threshold, Target::from_zero_bits(14));
        let mined = mine(&mut *rig.board, &job(1, 16), ability.threshold, |mined| {
            mined.good() >= 40
        });
        assert_eq!(
            (mined.wrong, mined.garbage),
            (0, 0),
            "{}: {mined:?}",
            model.name
        );
        assert_eq!(mined.other, 0, "{}: {mined:?}", model.name);
        rig.board.stop().unwrap();
    }
}

#[test]
fn the_measured_rate_is_the_boards() {
    for model in [
        &ICARUS,
        &BLOCK_ERUPTER,
        &FPGA_SERIAL,
        &FPGA_KC705,
        &ANTMINER_U1,
    ] {
        let mut rig = Rig::new(model, "zero-bits=16", "rate=700k,zero-bits=16");
        let ability = rig.board.start().unwrap();
        let mined = mine(&mut *rig.board, &job(2, 16), ability.threshold, |mined| {
            mined.rate.is_some() && mined.good() > 30
        });
        let rate = mined.rate.unwrap().get();
        assert!((rate / 7e5 - 1.0).abs() < 0.05, "{}: {rate}", model.name);
    }
}

/// Starts a board with the same options at both ends; what it told about itself.
fn details(model: &Model, options: &str) -> String {
    Rig::alike(model, options).board.start().unwrap().details
}

#[test]
fn the_stratum_documents_job_becomes_its_testnet_block() {
    let header = HeaderTemplate {
        version: 2,
        previous: internal("f8b6164d19e2f65a2aae448f787fe66d61e57a48c0c6771b1e920b4400000000"),
        merkle_root: internal("32414daa9ddac879fd2c62839b9ba710a3546363a5f5e22915d90dc3b1699dec"),
        ntime: 0x504e_86ed,
        nbits: 0x1c2a_c4af,
    };
    let network: Target = "000000002ac4af00000000000000000000000000000000000000000000000000"
        .parse()
        .unwrap();
    let mut rig = Rig::new(&ICARUS, "", "rate=1M,zero-bits=32,start=027c9000");
    let ability = rig.board.start().unwrap();
    let work = Assignment::new(header_job(header, network), false)
        .next_work(rig.board.now())
        .unwrap();
    rig.board.load(work, true).unwrap();
    let deadline = rig.board.now() + Duration::from_secs(5);
    let Some(BoardEvent::Nonce { found, works, .. }) = rig.board.poll(deadline).unwrap() else {
        panic!("the nonce is found within 10000 hashes");
    };
    assert_eq!(found.nonce.to_string(), "b2957c02");
    let Checked::Share(share) = works[0].check(found, &ability.threshold) else {
        panic!("it is a share");
    };
    let block = "000000002076870fe65a2b6eeed84fa892c0db924f1482243a6247d931dcab32";
    assert_eq!(share.hash().to_string(), block);
}

fn internal(text: &str) -> Hash256 {
    Hash256::from_internal(hex::decode(text).unwrap().try_into().unwrap())
}

#[test]
fn one_write_a_job_and_a_find_is_answered_by_the_next_job() {
    let mut rig = Rig::alike(&ICARUS, "rate=1M,zero-bits=14");
    let ability = rig.board.start().unwrap();
    rig.cable.forget_written();
    let mined = mine(&mut *rig.board, &job(3, 16), ability.threshold, |mined| {
        mined.good() == 20
    });
    let written = rig.cable.written();
    assert_eq!(written.len(), mined.loads);
    assert!(written.iter().all(|job| job.len() == 64));
    assert!(
        mined.loads >= 20,
        "each find ends a slice's search: {mined:?}"
    );
}

#[test]
fn a_chip_that_goes_on_after_a_find_keeps_its_job() {
    let mut rig = Rig::alike(&BLOCK_ERUPTER, "rate=1M,zero-bits=14");
    let ability = rig.board.start().unwrap();
    let mined = mine(&mut *rig.board, &job(4, 16), ability.threshold, |mined| {
        mined.good() == 20
    });
    assert_eq!(mined.loads, 1);
}

#[test]
fn work_is_refreshed_before_the_range_is_searched() {
    // 2^20 nonces at 1 MH/s are searched in 1.05 s; a lie about nothing: both ends know the range, only the device the rate.
    for model in [&ICARUS, &BLOCK_ERUPTER, &FPGA_KC705, &ANTMINER_U2] {
        let mut rig = Rig::new(
            model,
            "zero-bits=17,range-bits=20",
            "rate=1M,zero-bits=17,range-bits=20,after-find=continue",
        );
        rig.board.start().unwrap();
        let mut works = Assignment::new(job(5, 17), false);
        let end = rig.board.now() + Duration::from_secs(4);
        let (mut loads, mut longest) = (0, Duration::ZERO);
        let mut loaded = rig.board.now();
        while rig.board.now() < end {
            if rig.board.wants_work() {
                let now = rig.board.now();
                longest = longest.max(now - loaded);
                loaded = now;
                loads += 1;
                rig.board
                    .load(works.next_work(now).unwrap(), false)
                    .unwrap();
            }
            rig.board.poll(end).unwrap();
        }
        assert!(
            longest < Duration::from_millis(1049),
            "{}: idle after {longest:?}",
            model.name
        );
        assert!(loads < 1500, "{}: {loads} loads", model.name);
    }
}

#[test]
fn a_late_nonce_is_credited_to_the_work_before() {
    let device = "rate=1M,zero-bits=14,fault-late=1";
    let mut rig = Rig::new(&ICARUS, "rate=1M,zero-bits=14", device);
    let ability = rig.board.start().unwrap();
    let mined = mine(&mut *rig.board, &job(6, 16), ability.threshold, |mined| {
        mined.good() >= 40
    });
    assert_eq!(mined.wrong, 0, "{mined:?}");
    // Each job gives a nonce of its own, and the one before it a late one, which is answered by no new job.
    assert!(mined.loads <= 22, "{mined:?}");
}

#[test]
fn several_works_are_told_apart_by_their_number() {
    let mut rig = Rig::new(
        &ANTMINER_U2,
        "rate=1M,zero-bits=14,work-interval=10",
        "rate=1M,zero-bits=14",
    );
    let ability = rig.board.start().unwrap();
    let mined = mine(&mut *rig.board, &job(7, 16), ability.threshold, |mined| {
        mined.good() >= 40
    });
    assert_eq!((mined.other, mined.wrong), (0, 0), "{mined:?}");
    let written = rig.cable.written();
    let numbers: std::collections::BTreeSet<u8> = written
        .iter()
        .filter(|bytes| bytes.len() == 64)
        .map(|job| job[51])
        .collect();
    assert_eq!(numbers.len(), 32, "{numbers:?}");
}

#[test]
fn the_offset_of_a_bitstream_is_measured() {
    for (offset, text) in [("256", "nonces off by +256"), ("-3", "nonces off by -3")] {
        let device = format!("rate=1M,zero-bits=14,nonce-offset={offset}");
        let mut rig = Rig::new(&CAIRNSMORE1, "rate=1M,zero-bits=14", &device);
        let ability = rig.board.start().unwrap();
        assert!(ability.details.contains(text), "{}", ability.details);
        let mined = mine(&mut *rig.board, &job(8, 16), ability.threshold, |mined| {
            mined.good() >= 10
        });
        assert_eq!(mined.wrong, 0);
    }
}

#[test]
fn an_antminer_runs_at_the_clock_that_it_was_told() {
    for (model, options, mhz) in [
        (&ANTMINER_U1, "clock=250", 250.0),
        (&ANTMINER_U2, "freq=150", 150.0),
        (&ANTMINER_U3, "clock=200,voltage=800", 200.0),
    ] {
        let default = if model.name == "antminer-u3" {
            225.0
        } else {
            200.0
        };
        let host = format!("{options},zero-bits=15");
        let mut rig = Rig::new(model, &host, "rate=1M,zero-bits=15");
        let ability = rig.board.start().unwrap();
        assert!(
            ability.details.contains(&format!("{mhz} MHz")),
            "{}",
            ability.details
        );
        let mined = mine(&mut *rig.board, &job(9, 16), ability.threshold, |mined| {
            mined.rate.is_some() && mined.good() > 60
        });
        let expected = 1e6 * mhz / default;
        let rate = mined.rate.unwrap().get();
        assert!(
            (rate / expected - 1.0).abs() < 0.05,
            "{}: {rate}",
            model.name
        );
    }
}

#[test]
fn a_cairnsmore_with_commands_takes_its_clock_and_a_twin_says_that_it_does_not() {
    let text = details(&CAIRNSMORE1, "rate=1M,zero-bits=16,clock=200");
    assert_eq!(text, "1 slice, 200 MHz");
    assert_eq!(
        details(&CAIRNSMORE1, "rate=1M,zero-bits=16,slices=2"),
        "2 slices"
    );
    // A twin that nobody announced: it takes the feature test for a job and finds its nonce.
    let twin = "rate=1M,zero-bits=16,slices=2,start=00949000";
    let mut rig = Rig::new(&CAIRNSMORE1, "rate=1M,zero-bits=16", twin);
    assert_eq!(rig.board.start().unwrap().details, "2 slices");
    let mut rig = Rig::new(&CAIRNSMORE1, "rate=1M,zero-bits=16,clock=200", twin);
    let error = rig.board.start().unwrap_err().to_string();
    assert!(error.contains("takes no commands"), "{error}");
}

#[test]
fn the_slices_are_measured_when_asked() {
    for (slices, start) in [(1, "04c0f000"), (2, "02540000"), (4, "017c0000")] {
        let device = format!("rate=1M,zero-bits=32,slices={slices},start={start}");
        let mut rig = Rig::new(&ICARUS, "slices=probe", &device);
        let details = rig.board.start().unwrap().details;
        assert!(details.starts_with(&format!("{slices} slice")), "{details}");
    }
}

#[test]
fn a_line_with_its_midstate_first_works_at_both_ends() {
    let mut rig = Rig::alike(&FPGA_KC705, "rate=1M,zero-bits=14,order=midstate");
    let ability = rig.board.start().unwrap();
    let mined = mine(&mut *rig.board, &job(10, 16), ability.threshold, |mined| {
        mined.good() >= 5
    });
    assert_eq!(mined.wrong, 0);
}

#[test]
fn temperature_lines_are_no_garbage() {
    let mut rig = Rig::alike(&FPGA_KC705, "rate=1k,zero-bits=10");
    let ability = rig.board.start().unwrap();
    let mined = mine(&mut *rig.board, &job(11, 16), ability.threshold, |mined| {
        mined.good() >= 5
    });
    assert_eq!((mined.wrong, mined.garbage), (0, 0));
}

#[test]
fn options_are_checked_by_driver_and_emulator_alike() {
    use crate::board::BoardOptions;
    for model in MEMBERS {
        for option in model.options {
            assert!(!option.about.is_empty(), "{}", option.key);
        }
        for wrong in [
            "clok=9",
            "slices=3",
            "after-find=jump",
            "rate=0",
            "zero-bits=7",
        ] {
            let options = BoardOptions::parse(wrong).unwrap();
            let error = (model.emulate.unwrap())(&options).err().unwrap();
            assert!(error.to_string().starts_with("option "), "{error}");
        }
        let error = (model.open)(Links::default(), &BoardOptions::none())
            .err()
            .unwrap();
        assert!(error.to_string().contains("port"), "{error}");
    }
    let both = simulated(BoardOptions::parse("rate=2M").unwrap()).unwrap();
    assert_eq!(both.text("rate"), Some("2M"));
    assert_eq!(both.text("zero-bits"), Some("20"));
}
