//! What a board does when its parts fail: the chips' true temperature, never the thermometer's word, is what is asserted.

use std::time::Duration;

use super::rig::{Mined, Rig};
use crate::board::Board;
use crate::board::bitaxe::emulator::Firmware;
use crate::board::bitaxe::kind::{BITAXES, GAMMA, MAX, ULTRA};

/// No chip may ever be hotter than this: `max-temp` and what the guard allows above it for a moment.
const HOTTEST: f32 = 80.5;

fn started(options: &str) -> Rig {
    let mut rig = Rig::new(&BITAXES[3..], &GAMMA, Firmware::V0, options);
    rig.start().unwrap();
    rig
}

fn assert_off(rig: &Rig, mined: &Mined) {
    let truth = rig.truth();
    assert!(truth.volts < 0.1, "{} V, {:?}", truth.volts, mined.notices);
    assert!(truth.in_reset);
    assert!(mined.hottest < HOTTEST, "{}", mined.hottest);
    assert!(rig.board.is_resting());
}

#[test]
fn a_healthy_board_keeps_its_target() {
    let mut rig = started("");
    rig.mine(120);
    let mined = rig.mine(60);
    let celsius: Vec<f32> = mined
        .telemetry
        .iter()
        .filter_map(|t| t.chip_temperature)
        .collect();
    assert!(
        celsius.iter().all(|celsius| (50.0..66.0).contains(celsius)),
        "{celsius:?}"
    );
    assert!(mined.notices.is_empty(), "{:?}", mined.notices);
    assert!(rig.truth().fan < 0.9, "a fan at full speed for nothing");
}

#[test]
fn a_silent_thermometer_is_no_heat_and_switches_off_in_time() {
    let mut rig = started("fault-sensor-silent=20,fault-lasting=60");
    let mined = rig.mine(45);
    assert!(
        mined.said("thermometer has been silent"),
        "{:?}",
        mined.notices
    );
    assert!(mined.said("clock lowered"), "{:?}", mined.notices);
    assert_off(&rig, &mined);
    let mined = rig.mine(120);
    assert!(mined.said("core voltage on again"), "{:?}", mined.notices);
    assert!(mined.good > 5 && mined.wrong == 0, "{mined:?}");
}

#[test]
fn a_fan_driver_that_is_silent_leaves_an_old_controller_to_drive_the_fan() {
    for (firmware, drive) in [("old", 1.0), ("v0", 0.3), ("v1", 0.3)] {
        let options = format!("firmware={firmware},fan=30%,fault-sensor-silent=20");
        let mut rig = started(&options);
        rig.mine(10);
        assert!((rig.truth().fan - 0.3).abs() < 0.02, "{firmware}");
        let mined = rig.mine(14);
        assert!(mined.said("clock lowered"), "{:?}", mined.notices);
        let fan = rig.truth().fan;
        assert!((fan - drive).abs() < 0.02, "{firmware}: {fan}");
    }
}

#[test]
fn a_board_that_gets_hot_while_its_clock_is_raised_does_not_get_there() {
    // As much heat as there is when limits are lifted, without a fan.
    let heat = "unsafe-limits=yes,freq=1500,voltage=1900,fault-fan-stops=0,ambient=60";
    let options = format!("{heat},max-temp=66,target-temp=61");
    let mut rig = Rig::new(&BITAXES[..1], &MAX, Firmware::V0, &options);
    let error = rig.start().unwrap_err().to_string();
    assert!(error.starts_with("not safe: chip at 6"), "{error}");
    let truth = rig.truth();
    assert!(truth.celsius < 68.0, "{}", truth.celsius);
    assert!(truth.volts < 1.0 && truth.in_reset);
}

#[test]
fn a_supply_that_dips_while_the_board_is_switched_on_again_costs_another_rest() {
    for dip in 61..=64 {
        let options = format!("fault-sensor-silent=20,fault-lasting=20,fault-brown-out={dip}");
        let mut rig = started(&options);
        let mined = rig.mine(dip + 6);
        assert!(
            mined.said("thermometer has been silent"),
            "{:?}",
            mined.notices
        );
        assert!(
            mined.said("another core voltage than was set"),
            "{:?}",
            mined.notices
        );
        assert_off(&rig, &mined);
        let mined = rig.mine(120);
        assert!(mined.said("core voltage on again"), "{:?}", mined.notices);
        assert!(mined.good > 5 && mined.wrong == 0, "{mined:?}");
    }
}

#[test]
fn a_thermometer_that_stands_still_is_found_out_and_lives_again() {
    let mut rig = started("fault-sensor-freezes=30,fault-lasting=200");
    let mined = rig.mine(190);
    assert!(mined.said("stands still"), "{:?}", mined.notices);
    assert_off(&rig, &mined);
    let mined = rig.mine(200);
    assert!(mined.said("core voltage on again"), "{:?}", mined.notices);
    assert!(mined.hottest < HOTTEST && mined.good > 5, "{mined:?}");
}

#[test]
fn a_thermometer_that_never_moved_does_not_fool_the_fan() {
    let mut rig = started("fault-sensor-freezes=0");
    let mined = rig.mine(200);
    assert!(mined.said("stands still"), "{:?}", mined.notices);
    assert_off(&rig, &mined);
}

#[test]
fn a_fan_that_stops_costs_clock_and_not_the_chip() {
    let mut rig = started("fault-fan-stops=20,fault-lasting=240");
    let mined = rig.mine(260);
    assert!(mined.said("fan stands"), "{:?}", mined.notices);
    assert!(mined.hottest < HOTTEST, "{}", mined.hottest);
    let mined = rig.mine(240);
    assert!(mined.good > 5 && mined.hottest < HOTTEST, "{mined:?}");
    assert!(!rig.board.is_resting());
}

#[test]
fn more_heat_than_the_fan_carries_away_lowers_the_clock() {
    let mut rig = started("ambient=50,fan=25%");
    let mined = rig.mine(200);
    assert!(mined.hottest < HOTTEST, "{}", mined.hottest);
    assert!(
        mined.said("clock lowered") || mined.said("switched off"),
        "{:?}",
        mined.notices
    );
    assert!(mined.good > 5 && mined.wrong == 0);
}

#[test]
fn over_current_switches_off_and_the_board_comes_back() {
    let mut rig = started("fault-over-current=20,fault-lasting=20");
    let mined = rig.mine(35);
    assert!(
        mined.said("over-current") || mined.said("above 25.0 A"),
        "{:?}",
        mined.notices
    );
    assert_off(&rig, &mined);
    let mined = rig.mine(120);
    assert!(
        mined.said("core voltage on again") && mined.good > 5,
        "{mined:?}"
    );
}

#[test]
fn over_current_is_seen_by_the_older_boards_meter() {
    let mut rig = Rig::new(
        &BITAXES[1..=1],
        &ULTRA,
        Firmware::V0,
        "fault-over-current=15",
    );
    rig.start().unwrap();
    let mined = rig.mine(40);
    assert!(mined.said("A, above 5.0 A"), "{:?}", mined.notices);
    assert!(rig.truth().volts < 1.0 && rig.truth().in_reset);
}

#[test]
fn a_controller_that_falls_silent_stops_the_chips_by_their_own_line() {
    let mut rig = started("fault-control-silent=20,fault-lasting=40");
    let mined = rig.mine(50);
    assert!(mined.said("switching off failed"), "{:?}", mined.notices);
    assert!(rig.board.is_resting(), "nothing is fed to it any more");
    assert!(
        mined.longest_unwatched < Duration::from_secs(5),
        "{mined:?}"
    );
    assert!(mined.hottest < HOTTEST);
    let mined = rig.mine(150);
    assert!(
        mined.said("core voltage on again") && mined.good > 5,
        "{mined:?}"
    );
}

#[test]
fn every_notice_is_told_once_and_not_every_second() {
    let mut rig = started("fault-sensor-silent=20");
    let mined = rig.mine(200);
    assert!(mined.notices.len() < 12, "{:?}", mined.notices);
    assert_off(&rig, &mined);
}

#[test]
fn a_supply_that_dipped_is_told_everything_anew() {
    // The newer regulator comes back off, the older one with more volts than its chip is meant for.
    for (index, volts) in [(3, 1.15), (1, 1.2)] {
        let kinds = &BITAXES[index..=index];
        let mut rig = Rig::new(kinds, kinds[0], Firmware::V0, "fault-brown-out=20");
        rig.start().unwrap();
        let mined = rig.mine(30);
        assert!(mined.said("another core voltage"), "{:?}", mined.notices);
        assert!(rig.truth().volts < 1.0 && rig.truth().in_reset);
        let mined = rig.mine(90);
        assert!(mined.said("core voltage on again"), "{:?}", mined.notices);
        assert!((rig.truth().volts - volts).abs() < 0.01);
        assert!(mined.good > 5 && mined.wrong == 0, "{mined:?}");
    }
}

#[test]
fn a_supply_that_sagged_costs_the_time_that_it_lasts_and_nobody_has_to_come() {
    let mut rig = started("fault-supply-sags=20,fault-lasting=45");
    let mined = rig.mine(60);
    assert!(mined.said("input under-voltage"), "{:?}", mined.notices);
    assert_off(&rig, &mined);
    let mined = rig.mine(90);
    assert!(mined.said("core voltage on again"), "{:?}", mined.notices);
    assert!(mined.good > 5 && mined.wrong == 0, "{mined:?}");
}

#[test]
fn a_supply_that_dips_while_the_board_rests_gives_its_chip_no_voltage() {
    let options = "fault-sensor-silent=20,fault-lasting=60,fault-brown-out=45";
    let mut rig = Rig::new(&BITAXES[1..=1], &ULTRA, Firmware::V0, options);
    rig.start().unwrap();
    let mined = rig.mine(44);
    assert!(mined.said("switched off"), "{:?}", mined.notices);
    assert!(rig.truth().volts < 1.0, "{}", rig.truth().volts);
    rig.mine(3);
    assert!(rig.truth().volts < 1.0, "{}", rig.truth().volts);
    let mined = rig.mine(120);
    assert!(mined.said("core voltage on again"), "{:?}", mined.notices);
    assert!(mined.good > 5 && mined.wrong == 0, "{mined:?}");
}
