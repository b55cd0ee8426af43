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
    silent.job_interval = Duration::from_secs(3600);
    silent.faults = vec![fault(10, 500, midstate::pool::FaultKind::NoVerdicts)];
    let mut world = World::new(85, DispatchSettings::default(), vec![silent]);
    let options = format!("{},fault-fan-stops=5,ambient=45", GAMMA.1);
    world.add(GAMMA.0, &options, Faults::default(), false);
    world.run(Duration::from_secs(120));
    let hottest = world.boards[0].hottest;
    assert!(hottest > 70.0 && hottest < 80.5, "{hottest}");
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

/// A panic is a bug of the driver: its board goes cool at once, and mines again after the usual pause.
#[test]
fn a_panic_in_the_driver_leaves_the_board_cool_and_it_mines_again() {
    for (name, bits) in [
        ("bitaxe-ultra", "zero-bits=7"),
        GAMMA,
        ("emberone00", "zero-bits=5"),
    ] {
        let mut world = world(87);
        world.add(name, bits, Faults::default(), false);
        world.run(Duration::from_secs(40));
        let before = world.snapshot().totals.accepted;
        assert!(before > 0, "{name}");
        let hot = world.boards[0].truth(0);
        assert!(!hot.in_reset && hot.core_volts > 1.0, "{name}: {hot:?}");
        world.boards[0].panic();
        world.run(Duration::from_millis(900));
        let left = world.boards[0].left(0);
        // An older Bitaxe has no switch: its regulator goes as low as it can.
        assert!(left.in_reset && left.core_volts < 1.0, "{name}: {left:?}");
        assert!(said(&world, "its driver panicked"), "{:?}", world.notices);
        world.run(Duration::from_secs(60));
        world.assert_books_balance();
        let totals = world.snapshot().totals;
        assert!(totals.accepted > before + 10, "{name}: {totals:?}");
        assert_eq!((totals.rejected, totals.duplicate), (0, 0), "{name}");
        assert_eq!(world.boards[0].opened(), 2);
    }
}

/// Everything that can go wrong with every kind of board: true temperatures, wrong shares, and whether it mines again by itself.
#[test]
fn every_fault_of_every_board_is_survived_without_heat_or_wrong_shares() {
    const FAULTS: &[&str] = &[
        "fault-drop=0.001",
        "fault-flip=0.05",
        "fault-duplicate=0.2",
        "fault-lies=0@5",
        "fault-chip-dies=30",
        "fault-brown-out=30",
        "fault-sensor-freezes=20",
        "fault-sensor-silent=20",
        "fault-fan-stops=20",
        "fault-over-current=20",
        "fault-control-silent=20",
    ];
    for (seed, fault) in (88..).zip(FAULTS) {
        let mut world = world(seed);
        for (name, bits) in [
            ("bitaxe-max", "zero-bits=8"),
            ("bitaxe-ultra", "zero-bits=7"),
            ("bitaxe-supra", "zero-bits=7"),
            GAMMA,
            ("emberone00", "zero-bits=5"),
        ] {
            let options = format!("{bits},{fault},fault-lasting=80,seed={seed}");
            world.add(name, &options, Faults::default(), false);
        }
        world.run(Duration::from_secs(240));
        world.assert_books_balance();
        let snapshot = world.snapshot();
        let told = world.notices.join("\n");
        let totals = snapshot.totals;
        assert_eq!(totals.rejected, 0, "{fault}: {totals:?}\n{told}");
        for (board, sim) in snapshot.boards.iter().zip(&world.boards) {
            let name = board.model;
            // max-temp, five degrees until the switch, and what a second without a look adds.
            assert!(
                sim.hottest < 81.0,
                "{name},{fault}: {} C\n{told}",
                sim.hottest
            );
            // The only chip of a board is the board.
            let is_dead = *fault == "fault-chip-dies=30" && name != "emberone00";
            let state = &board.state;
            assert!(
                is_dead || *state == BoardState::Mining,
                "{name},{fault}: {state:?}\n{told}"
            );
            let recent = board
                .last_nonce
                .is_some_and(|ago| ago < Duration::from_secs(30));
            assert!(
                is_dead || recent,
                "{name},{fault}: {:?}\n{told}",
                board.last_nonce
            );
        }
    }
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
