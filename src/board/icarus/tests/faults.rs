//! What goes wrong on a desk: bytes lost and doubled, cables pulled, strangers on the port, boards that lie or fall silent.

use std::time::Duration;

use super::super::*;
use super::rig::{Cable, Mined, Rig, job, mine};
use crate::board::{BoardError, BoardOptions, Model};
use crate::transport::Emulator;
use crate::units::Target;
use crate::work::Assignment;

const ALL: [&Model; 12] = [
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

/// A started board of `model`; the device has `faults` from the beginning.
fn started(model: &Model, faults: &str) -> (Rig, Target) {
    let device = format!("rate=1M,zero-bits=14,{faults}");
    let mut rig = Rig::new(model, "rate=1M,zero-bits=14", &device);
    let ability = rig
        .board
        .start()
        .unwrap_or_else(|error| panic!("{}: {error}", model.name));
    (rig, ability.threshold)
}

fn mined(rig: &mut Rig, threshold: Target, good: usize) -> Mined {
    mine(&mut *rig.board, &job(20, 16), threshold, |mined| {
        mined.good() >= good
    })
}

/// A started board whose device has bad luck from `faults`, with a seed that lets the probe pass: an engine tries again, too.
fn started_with_luck(model: &Model, host: &str, faults: &str) -> (Rig, Target) {
    let try_seed = |seed| {
        let device = format!("rate=1M,zero-bits=14,seed={seed},{faults}");
        let mut rig = Rig::new(model, host, &device);
        let threshold = rig.board.start().ok()?.threshold;
        Some((rig, threshold))
    };
    (0..20).find_map(try_seed).unwrap()
}

#[test]
fn noise_and_lost_bytes_towards_the_host_heal() {
    for model in ALL {
        let mut rig = Rig::alike(model, "rate=100k,zero-bits=14");
        let threshold = rig.board.start().unwrap().threshold;
        for noise in [&[0xff][..], &[1, 2, 3], &[9; 6], &[0xaa; 17]] {
            rig.cable.noise(noise);
            let mined = mined(&mut rig, threshold, 6);
            assert!(
                mined.garbage + mined.wrong > 0,
                "{} {noise:?}: {mined:?}",
                model.name
            );
            assert!(mined.wrong < 6, "{} {noise:?}: {mined:?}", model.name);
        }
    }
}

#[test]
fn boards_that_resynchronise_survive_lost_and_doubled_bytes() {
    for model in [&ICARUS, &BLOCK_ERUPTER, &FPGA_KC705] {
        let host = "rate=1M,zero-bits=14,work-interval=200";
        let faults = "fault-drop=0.002,fault-double=0.002";
        let (mut rig, threshold) = started_with_luck(model, host, faults);
        let mined = mined(&mut rig, threshold, 100);
        assert!(mined.garbage + mined.wrong > 0, "{}: {mined:?}", model.name);
    }
}

#[test]
fn a_core_with_opcodes_is_pinged_back_into_step() {
    let (mut rig, threshold) = started(&FPGA_SIMPLERS232, "");
    rig.cable.noise(&[0x77]);
    rig.cable.forget_written();
    let mined = mined(&mut rig, threshold, 10);
    assert!(mined.garbage > 0, "{mined:?}");
    assert!(rig.cable.written().contains(&vec![0; 45]), "it was pinged");
}

#[test]
fn replies_come_in_pieces() {
    for model in ALL {
        let (mut rig, threshold) = started(model, "");
        rig.cable.short_reads(1);
        let mined = mined(&mut rig, threshold, 20);
        assert_eq!(
            (mined.wrong, mined.garbage),
            (0, 0),
            "{}: {mined:?}",
            model.name
        );
    }
}

#[test]
fn a_pulled_cable_is_told_as_such() {
    for model in ALL {
        for pull in [Cable::pull_at_next_read, Cable::pull_at_next_write] {
            let (mut rig, _) = started(model, "");
            let mut works = Assignment::new(job(21, 16), false);
            pull(&rig.cable);
            let work = works.next_work(rig.board.now()).unwrap();
            let deadline = rig.board.now() + Duration::from_secs(10);
            let loaded = rig.board.load(work, true);
            let error = loaded
                .and_then(|()| rig.board.poll(deadline).map(drop))
                .unwrap_err();
            assert!(error.is_gone(), "{}: {error}", model.name);
            assert!(
                rig.board.stop().is_ok(),
                "nothing is left to do on a board that is gone"
            );
        }
    }
}

#[test]
fn a_cable_pulled_during_the_probe_is_no_wrong_board() {
    let mut rig = Rig::alike(&ICARUS, "rate=1M");
    rig.cable.pull_at_next_write();
    let error = rig.board.start().unwrap_err();
    assert!(error.is_gone(), "{error}");
}

#[test]
fn duplicates_and_lies_are_passed_on_for_the_engine_to_judge() {
    let (mut rig, threshold) = started_with_luck(&BLOCK_ERUPTER, "zero-bits=14", "fault-wrong=0.3");
    let lies = mined(&mut rig, threshold, 40);
    assert!(lies.wrong > 5, "{lies:?}");
    let (mut rig, threshold) = started(&BLOCK_ERUPTER, "fault-duplicate=1");
    assert_eq!(mined(&mut rig, threshold, 40).wrong, 0);
}

#[test]
fn a_board_that_falls_silent_is_an_error() {
    for model in [&ICARUS, &ANTMINER_U1, &FPGA_SIMPLERS232] {
        let (mut rig, _) = started(model, "fault-silent=60");
        let error = until_error(&mut rig);
        assert!(
            matches!(error, BoardError::Probe { step: "mining", .. })
                || error.to_string().contains("resynchronisation"),
            "{}: {error}",
            model.name
        );
    }
}

/// Mines until the driver gives up.
fn until_error(rig: &mut Rig) -> BoardError {
    let mut works = Assignment::new(job(22, 16), false);
    for _ in 0..100_000 {
        if rig.board.wants_work() {
            let work = works.next_work(rig.board.now()).unwrap();
            rig.board.load(work, false).unwrap();
        }
        let deadline = rig.board.now() + Duration::from_secs(1);
        if let Err(error) = rig.board.poll(deadline) {
            return error;
        }
    }
    panic!("no error within 100000 polls");
}

#[test]
fn a_board_that_locked_up_while_idle_is_noticed() {
    let (mut rig, threshold) = started(&ICARUS, "fault-lock-up=60000");
    mined(&mut rig, threshold, 5);
    let idle = rig.board.now() + Duration::from_secs(120);
    while rig.board.now() < idle {
        rig.board.poll(idle).unwrap();
    }
    let error = until_error(&mut rig).to_string();
    assert!(
        error.starts_with("mining: expected a nonce every"),
        "{error}"
    );
}

#[test]
fn silence_without_work_is_no_fault() {
    let (mut rig, threshold) = started(&ICARUS, "");
    mined(&mut rig, threshold, 5);
    rig.board.stop().unwrap();
    let hour = rig.board.now() + Duration::from_secs(3600);
    while rig.board.now() < hour {
        rig.board.poll(hour).unwrap();
    }
}

/// Says `text` whenever something is said to it.
struct Parrot(&'static [u8], bool);

impl Emulator for Parrot {
    fn receive(&mut self, _bytes: &[u8], _now: std::time::Instant) {
        self.1 = true;
    }

    fn advance(&mut self, until: std::time::Instant, out: &mut Vec<u8>) -> std::time::Instant {
        if std::mem::take(&mut self.1) {
            out.extend_from_slice(self.0);
        }
        until
    }
}

fn refusal(model: &Model, says: &'static [u8]) -> String {
    let mut rig = Rig::with_device(model, "", Box::new(Parrot(says, false)));
    let error = rig.board.start().unwrap_err();
    assert!(matches!(error, BoardError::Probe { .. }), "{error}");
    error.to_string()
}

#[test]
fn a_stranger_on_the_port_is_refused_with_what_it_said() {
    for model in ALL {
        refusal(model, b"");
        refusal(model, b"OK\r\nlogin: please tell me who you are");
        refusal(model, b"\x1b[31m\xff\xfe");
    }
    let refused = refusal(&ICARUS, b"OK\r\n");
    assert_eq!(
        refused,
        "known-answer probe: expected 000187a2, got 4f4b0d0a"
    );
    let silent = refusal(&ICARUS, b"");
    assert_eq!(
        silent,
        "known-answer probe: expected 000187a2, got nothing within 1000 ms"
    );
    let lines = refusal(&FPGA_KC705, b"\x1b[2Jhello\n");
    assert!(!lines.contains('\x1b'), "escaped: {lines}");
}

#[test]
fn relatives_are_told_apart_by_the_length_of_the_answer() {
    let antminer = (ANTMINER_U1.emulate.unwrap())(&BoardOptions::none())
        .unwrap()
        .data;
    let mut rig = Rig::with_device(&ICARUS, "", antminer);
    let error = rig.board.start().unwrap_err().to_string();
    assert!(
        error.contains("expected 000187a2, got 000187a200"),
        "{error}"
    );
    let icarus = (ICARUS.emulate.unwrap())(&BoardOptions::none())
        .unwrap()
        .data;
    let mut rig = Rig::with_device(&ANTMINER_U1, "", icarus);
    let error = rig.board.start().unwrap_err().to_string();
    assert!(
        error.contains("expected 000187a205, got 000187a2"),
        "{error}"
    );
}

#[test]
fn a_nonce_of_an_earlier_life_does_not_spoil_the_probe() {
    let mut rig = Rig::alike(&ICARUS, "rate=1M,zero-bits=20");
    rig.cable.noise(&[0x12, 0x34, 0x56, 0x78]);
    assert!(rig.board.start().is_ok());
}

#[test]
fn at_the_wrong_speed_there_is_only_garbage() {
    let mut device = (ICARUS.emulate.unwrap())(&BoardOptions::none())
        .unwrap()
        .data;
    device.set_baud(9600);
    let mut rig = Rig::with_device(&ICARUS, "baud=9600", device);
    assert!(matches!(rig.board.start(), Err(BoardError::Probe { .. })));
}
