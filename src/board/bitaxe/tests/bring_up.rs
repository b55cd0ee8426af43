//! Each board from its box to its first nonces, and back to cold.

use std::time::{Duration, Instant};

use super::rig::Rig;
use crate::board::bitaxe::emulator::Firmware;
use crate::board::bitaxe::kind::{BITAXES, GAMMA, Kind, MAX, SUPRA, ULTRA};
use crate::board::{Board, BoardOptions, model};
use crate::transport::VirtualClock;

/// What a board without a switch is left at, volts: as low as its regulator goes.
const LOWEST: f32 = 1.0;

fn assert_mines(rig: &mut Rig, kind: &Kind) {
    let ability = rig.start().unwrap();
    assert!(ability.details.contains(kind.name), "{}", ability.details);
    assert!(ability.nominal.get() > 0.0);
    let mined = rig.mine(30);
    let name = kind.name;
    assert!(mined.good >= 20, "{name}: {mined:?}");
    assert_eq!(
        (mined.wrong, mined.garbage, mined.faults),
        (0, 0, 0),
        "{name}: {mined:?}"
    );
    assert_eq!(mined.notices, [""; 0], "{name}");
    let last = mined.telemetry.last().unwrap();
    let stock = (kind.mhz.stock as f32, kind.millivolts.stock as f32 / 1000.0);
    assert!(
        (last.clock.unwrap() - stock.0).abs() < 5.0,
        "{name}: {last:?}"
    );
    assert!(
        (rig.truth().volts - stock.1).abs() < 0.01,
        "{name}: {} V",
        rig.truth().volts
    );
    assert_eq!(last.chips, Some(kind.chips), "{name}");
    assert!(last.chip_temperature.unwrap() > 30.0, "{name}: {last:?}");
    assert!(
        mined.longest_unwatched < Duration::from_secs(4),
        "{name}: {mined:?}"
    );
}

fn assert_cold(rig: &Rig) {
    let truth = rig.truth();
    assert!(truth.volts < LOWEST, "{} V", truth.volts);
    assert!(truth.in_reset);
    assert!(truth.fan >= 0.19, "the fan is left on: {}", truth.fan);
}

#[test]
fn every_bitaxe_mines_and_is_left_cold() {
    for (index, kind) in BITAXES.iter().enumerate() {
        let mut rig = Rig::new(&BITAXES[index..=index], kind, Firmware::V0, "");
        assert_mines(&mut rig, kind);
        rig.board.stop().unwrap();
        assert_cold(&rig);
    }
}

/// Revisions of one board have other parts for the same things.
#[test]
fn boards_with_other_parts_mine_and_are_left_cold() {
    for (index, kind) in BITAXES.iter().enumerate() {
        for parts in [
            "fan-driver=emc2103",
            "regulator=tps546",
            "regulator=ds4432u",
        ] {
            let mut rig = Rig::new(&BITAXES[index..=index], kind, Firmware::V0, parts);
            assert_mines(&mut rig, kind);
            let fan = rig.mine(60).telemetry.last().unwrap().fan_rpm;
            assert!(fan.is_some_and(|rpm| rpm > 500), "{}: {fan:?}", kind.name);
            rig.board.stop().unwrap();
            assert_cold(&rig);
        }
    }
}

#[test]
fn a_gamma_with_the_new_firmware_mines() {
    let mut rig = Rig::new(&BITAXES[3..], &GAMMA, Firmware::V1, "");
    assert_mines(&mut rig, &GAMMA);
    assert!(rig.start().is_ok(), "and is started again where it stands");
}

#[test]
fn a_bitaxe_that_does_not_say_which_is_known_by_its_chip() {
    for kind in [&MAX, &ULTRA, &SUPRA, &GAMMA] {
        let mut rig = Rig::new(BITAXES, kind, Firmware::V0, "");
        assert_mines(&mut rig, kind);
    }
}

#[test]
fn a_chip_that_is_another_ends_the_start_with_a_cold_board() {
    let mut rig = Rig::new(&BITAXES[1..=1], &GAMMA, Firmware::V0, "");
    let error = rig.start().unwrap_err().to_string();
    assert!(
        error.contains("BM1366") && error.contains("1370"),
        "{error}"
    );
    assert_cold(&rig);
}

#[test]
fn a_driver_that_is_dropped_leaves_its_board_cold() {
    let mut rig = Rig::new(&BITAXES[3..], &GAMMA, Firmware::V0, "");
    rig.start().unwrap();
    rig.mine(3);
    assert!(rig.truth().volts > LOWEST && !rig.truth().in_reset);
    let Rig { board, bench, .. } = rig;
    drop(board);
    let truth = bench.lock().truth();
    assert!(truth.core_volts < f64::from(LOWEST) && truth.in_reset);
}

#[test]
fn a_board_that_is_too_warm_to_start_is_not_started() {
    let mut rig = Rig::new(
        &BITAXES[3..],
        &GAMMA,
        Firmware::V0,
        "ambient=58,max-temp=62,target-temp=50",
    );
    let error = rig.start().unwrap_err().to_string();
    assert!(error.starts_with("not safe: it is still at 5"), "{error}");
    assert_cold(&rig);
}

#[test]
fn clock_and_voltage_are_what_was_asked_for() {
    let options = "freq=450,voltage=1050,fan=70%";
    let mut rig = Rig::new(&BITAXES[3..], &GAMMA, Firmware::V0, options);
    rig.start().unwrap();
    let mined = rig.mine(15);
    let last = mined.telemetry.last().unwrap();
    assert_eq!(last.fan_percent, Some(70));
    assert!((last.clock.unwrap() - 450.0).abs() < 5.0, "{last:?}");
    assert!((rig.truth().volts - 1.05).abs() < 0.003);
    assert!((rig.truth().fan - 0.7).abs() < 0.01);
}

#[test]
fn the_line_is_raised_unless_it_is_to_be_left_alone() {
    for (options, speed) in [
        ("", "1000000 baud"),
        ("baud=115200", "115200 baud"),
        ("baud=3000000", "3000000 baud"),
    ] {
        let mut rig = Rig::new(&BITAXES[3..], &GAMMA, Firmware::V1, options);
        let ability = rig.start().unwrap();
        assert!(ability.details.contains(speed), "{}", ability.details);
        let mined = rig.mine(10);
        assert!(
            mined.good > 5 && mined.wrong + mined.garbage == 0,
            "{mined:?}"
        );
    }
    let mut rig = Rig::new(&BITAXES[..1], &MAX, Firmware::V0, "");
    let details = rig.start().unwrap().details;
    assert!(details.contains("1500000 baud"), "{details}");
}

#[test]
fn the_controllers_analogue_inputs_are_told_as_they_come() {
    for (name, inputs) in [
        ("bitaxe-ultra", "control v0, VDD reads 3300, up to"),
        ("bitaxe-gamma-rhapd", "control v1, VDD reads 3300, up to"),
        (
            "emberone00",
            "control v1, VDD reads 3300, VIN reads 1200, up to",
        ),
    ] {
        let (model, options) = (model(name).unwrap(), BoardOptions::none());
        let emulated = (model.emulate.unwrap())(&options).unwrap();
        let clock = VirtualClock::new(Instant::now());
        let mut board = (model.open)(emulated.virtual_time(name, &clock), &options).unwrap();
        let details = board.start().unwrap().details;
        assert!(details.contains(inputs), "{details}");
    }
}

#[test]
fn the_light_shows_what_the_board_does() {
    let mut rig = Rig::new(
        &BITAXES[3..],
        &GAMMA,
        Firmware::V1,
        "fault-sensor-silent=20,fault-lasting=20",
    );
    assert_eq!(rig.bench.lock().light(), [0, 0, 0]);
    rig.start().unwrap();
    let mining = rig.bench.lock().light();
    assert!(mining[1] > 0);
    rig.mine(38);
    let resting = rig.bench.lock().light();
    assert!(rig.board.is_resting() && resting != mining && resting != [0, 0, 0]);
    rig.mine(60);
    assert_eq!(rig.bench.lock().light(), mining);
    rig.board.stop().unwrap();
    assert_eq!(rig.bench.lock().light(), [0, 0, 0]);
}
