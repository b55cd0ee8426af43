//! Boards with a control port in the whole miner: no wrong share is ever sent, whatever their parts and lines do.

use std::time::Duration;

use midstate::miner::{BoardState, DispatchSettings};
use midstate::transport::{Faults, LineFaults};

use super::world::World;
use super::{fault, pool};

/// Models, and zero bits that make them find about a share a second.
const MODELS: &[(&str, &str)] = &[
    ("bitaxe-max", "zero-bits=8"),
    ("bitaxe-ultra", "zero-bits=7"),
    ("bitaxe-supra", "zero-bits=7"),
    ("bitaxe-gamma", "zero-bits=6"),
    ("bitaxe-gamma-rhapd", "zero-bits=6"),
    ("emberone00", "zero-bits=5"),
];
const GAMMA: (&str, &str) = ("bitaxe-gamma", "zero-bits=6");

fn world(seed: u64) -> World {
    World::new(seed, DispatchSettings::default(), vec![pool(seed)])
}

fn run_of(options: &str, seconds: u64) -> World {
    let mut world = world(81);
    world.add(
        GAMMA.0,
        &format!("{},{options}", GAMMA.1),
        Faults::default(),
        false,
    );
    world.run(Duration::from_secs(seconds));
    world.assert_books_balance();
    let totals = world.snapshot().totals;
    let told = world.notices.join("\n");
    assert_eq!(totals.rejected, 0, "{options}: {totals:?}\n{told}");
    world
}

fn said(world: &World, words: &str) -> bool {
    world.notices.iter().any(|notice| notice.contains(words))
}

#[test]
fn every_model_mines_and_none_of_its_shares_is_wrong() {
    for (name, bits) in MODELS {
        let mut world = world(80);
        world.add(name, bits, Faults::default(), false);
        world.run(Duration::from_secs(90));
        world.assert_books_balance();
        let totals = world.snapshot().totals;
        let told = world.notices.join("\n");
        assert!(totals.accepted > 20, "{name}: {totals:?}\n{told}");
        let bad = (totals.rejected, totals.duplicate, totals.hardware_errors);
        assert_eq!(bad, (0, 0, 0), "{name}: {totals:?}\n{told}");
        let board = &world.snapshot().boards[0];
        assert_eq!(board.state, BoardState::Mining, "{name}");
        let telemetry = board.telemetry.expect("its sensors were told");
        assert!(
            telemetry
                .chip_temperature
                .is_some_and(|celsius| celsius < 75.0)
        );
    }
}

#[test]
fn bad_lines_cost_only_what_they_spoil() {
    for seed in [83, 84] {
        let line = LineFaults {
            flip: 0.0005,
            drop: 0.0005,
            ..LineFaults::default()
        };
        let faults = Faults {
            seed,
            to_device: line,
            to_host: line,
            gone_after: None,
        };
        let mut world = world(seed);
        world.add(GAMMA.0, GAMMA.1, faults, false);
        world.run(Duration::from_secs(240));
        world.assert_books_balance();
        let totals = world.snapshot().totals;
        let told = world.notices.join("\n");
        assert!(totals.accepted > 60, "seed {seed}: {totals:?}\n{told}");
        assert_eq!(totals.rejected, 0, "seed {seed}: {totals:?}\n{told}");
    }
}

#[test]
fn a_board_that_loses_its_thermometer_rests_and_mines_again_without_a_person() {
    let world = run_of("fault-sensor-silent=30,fault-lasting=60", 240);
    assert!(
        said(&world, "core voltage switched off"),
        "{:?}",
        world.notices
    );
    assert!(said(&world, "core voltage on again"), "{:?}", world.notices);
    let snapshot = world.snapshot();
    assert_eq!(snapshot.boards[0].state, BoardState::Mining);
    assert!(snapshot.totals.accepted > 60, "{:?}", snapshot.totals);
}

#[test]
fn a_hanging_pool_does_not_keep_a_board_from_looking_after_itself() {
    let mut silent = pool(85);
    silent.faults = vec![fault(10, 500, midstate::pool::FaultKind::NoVerdicts)];
    let mut world = World::new(85, DispatchSettings::default(), vec![silent]);
    world.links[0].unreachable = true;
    let options = format!("{},fault-fan-stops=5,ambient=45", GAMMA.1);
    world.add(GAMMA.0, &options, Faults::default(), false);
    world.run(Duration::from_secs(120));
    let telemetry = world.snapshot().boards[0].telemetry.expect("it was told");
    assert!(
        telemetry
            .chip_temperature
            .is_some_and(|celsius| celsius < 80.0)
    );
}

#[test]
fn a_brown_out_is_survived() {
    let world = run_of("fault-brown-out=40", 300);
    let totals = world.snapshot().totals;
    assert!(
        totals.accepted > 60,
        "{totals:?}\n{}",
        world.notices.join("\n")
    );
    assert_eq!(world.snapshot().boards[0].state, BoardState::Mining);
}

#[test]
fn a_board_that_is_pulled_and_plugged_in_again_goes_on() {
    let mut world = run_of("", 60);
    let before = world.snapshot().totals.accepted;
    world.boards[0].unplug();
    world.run(Duration::from_secs(10));
    assert_eq!(world.snapshot().boards[0].state, BoardState::Gone);
    world.replug(0, GAMMA.0, GAMMA.1);
    world.run(Duration::from_secs(90));
    world.assert_books_balance();
    let totals = world.snapshot().totals;
    assert!(totals.accepted > before + 20, "{totals:?}");
    assert_eq!((totals.rejected, totals.duplicate), (0, 0), "{totals:?}");
}

#[test]
fn a_chip_that_dies_leaves_the_others_at_work() {
    let mut world = world(86);
    let options = "zero-bits=5,fault-chip-dies=40";
    world.add("emberone00", options, Faults::default(), false);
    world.run(Duration::from_secs(60));
    let before = world.snapshot().totals.accepted;
    world.run(Duration::from_secs(120));
    world.assert_books_balance();
    let totals = world.snapshot().totals;
    assert!(totals.accepted > before + 40, "{totals:?}");
    assert_eq!(totals.rejected, 0, "{totals:?}");
}

#[test]
fn the_same_seed_is_the_same_run() {
    let run = || {
        let world = run_of("fault-drop=0.001,fault-flip=0.01,seed=3", 60);
        let mut totals = world.snapshot().totals;
        totals.difficulty_accepted = 0.0;
        (format!("{totals:?}"), world.notices)
    };
    assert_eq!(run(), run());
}
