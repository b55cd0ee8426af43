//! Sticks in the whole miner: no wrong share is ever sent, whatever their chips, lines and controllers do.

use std::time::Duration;

use midstate::miner::{BoardState, DispatchSettings};
use midstate::transport::{Faults, LineFaults};

use super::pool;
use super::world::World;

/// Emulated boards of 20 kH/s find about a share a second of the pools' 2^14 hashes.
const SLOW: &str = "rate=20k";
const MODELS: [&str; 11] = [
    "compac",
    "2pac",
    "terminus",
    "newpac",
    "r606",
    "compacf",
    "r909",
    "compac-a1",
    "terminus-a1",
    "compac-a2",
    "terminus-a2",
];

fn line(faults: LineFaults, seed: u64) -> Faults {
    Faults {
        seed,
        to_device: faults,
        to_host: faults,
        gone_after: None,
    }
}

fn run(model: &str, options: &str, faults: Faults, seconds: u64) -> World {
    let seed = faults.seed;
    let mut world = World::new(seed, DispatchSettings::default(), vec![pool(seed)]);
    world.add(model, &format!("{SLOW},{options}"), faults, false);
    world.run(Duration::from_secs(seconds));
    world.assert_books_balance();
    let totals = world.snapshot().totals;
    let told = world.notices.join("\n");
    let refused = (totals.rejected, totals.duplicate);
    assert_eq!(refused, (0, 0), "{model},{options}: {totals:?}\n{told}");
    world
}

/// A run after which the board mines, with at least so many shares.
fn survives(model: &str, options: &str, faults: Faults, seconds: u64, shares: u64) -> World {
    let world = run(model, options, faults, seconds);
    let snapshot = world.snapshot();
    let told = world.notices.join("\n");
    let board = &snapshot.boards[0];
    assert_eq!(board.state, BoardState::Mining, "{model},{options}: {told}");
    let totals = snapshot.totals;
    assert!(
        totals.accepted >= shares,
        "{model},{options}: {totals:?}\n{told}"
    );
    world
}

fn said(world: &World, words: &str) -> bool {
    world.notices.iter().any(|notice| notice.contains(words))
}

#[test]
fn every_stick_mines_and_none_of_its_shares_is_wrong() {
    for model in MODELS {
        let world = survives(model, "", Faults::default(), 60, 20);
        let totals = world.snapshot().totals;
        // What chips say while the line changes its speed is noise, and noise may look like a reply once.
        assert!(totals.hardware_errors <= 1, "{model}: {totals:?}");
    }
}

#[test]
fn bad_lines_cost_only_what_they_spoil() {
    let bad = LineFaults {
        flip: 0.0003,
        drop: 0.0003,
        duplicate: 0.0002,
        ..LineFaults::default()
    };
    for (seed, model) in [
        (91, "r606"),
        (92, "compac"),
        (93, "compacf"),
        (94, "compac-a2"),
    ] {
        survives(model, "", line(bad, seed), 150, 40);
    }
}

#[test]
fn a_chip_that_dies_and_one_that_is_missing_leave_the_others_at_work() {
    let world = survives(
        "r606",
        "fault-dies=5@40,fault-missing=1",
        Faults::default(),
        120,
        60,
    );
    assert!(said(&world, "11 BM1387 answer"), "{:?}", world.notices);
}

#[test]
fn a_core_that_lies_costs_no_share_of_the_others() {
    let world = survives("r909", "fault-lies=2@9", Faults::default(), 200, 100);
    assert!(world.bad > 0 || world.snapshot().totals.hardware_errors == 0);
}

#[test]
fn a_brown_out_is_survived_by_every_bridge() {
    for model in ["compac", "r606", "compac-a2"] {
        survives(model, "fault-brown-out=30", Faults::default(), 300, 60);
    }
}

/// Each fault of those boards that have it; the true temperature, and whether they mine again by themselves where the fault ends.
#[test]
fn every_fault_of_every_stick_is_survived_without_heat_or_wrong_shares() {
    const CHAIN: &[&str] = &[
        "fault-drop=0.0005",
        "fault-flip=0.05",
        "fault-duplicate=0.2",
        "fault-lies=0@5",
        "fault-brown-out=30",
    ];
    for (seed, fault) in (95..).zip(CHAIN) {
        let mut world = World::new(seed, DispatchSettings::default(), vec![pool(seed)]);
        for model in MODELS {
            let options = format!("{SLOW},{fault},seed={seed}");
            world.add(model, &options, Faults::default(), false);
        }
        world.run(Duration::from_secs(120));
        world.assert_books_balance();
        let snapshot = world.snapshot();
        let told = world.notices.join("\n");
        let totals = snapshot.totals;
        assert_eq!(totals.rejected, 0, "{fault}: {totals:?}\n{told}");
        for (board, sim) in snapshot.boards.iter().zip(&world.boards) {
            let (name, state) = (board.model, &board.state);
            assert_eq!(*state, BoardState::Mining, "{name},{fault}: {told}");
            assert!(
                board
                    .last_nonce
                    .is_some_and(|ago| ago < Duration::from_secs(30)),
                "{name},{fault}: {told}"
            );
            if name.contains("-a1") || name.contains("-a2") {
                assert!(sim.hottest < COOL, "{name},{fault}: {}", sim.hottest);
            }
        }
    }
}

/// `max-temp` of those sticks that tell theirs, and the five degrees until the switch.
const COOL: f64 = 95.5;

#[test]
fn sensors_fans_and_currents_that_fail_switch_off_and_nothing_wrong_is_sent() {
    for model in ["compac-a1", "terminus-a1", "compac-a2", "terminus-a2"] {
        for fault in ["fault-mute=30", "fault-frozen=30", "fault-over-current=30"] {
            let world = run(model, fault, Faults::default(), 200);
            let told = &world.notices;
            assert!(
                said(&world, "core voltage switched off"),
                "{model},{fault}: {told:?}"
            );
            assert!(world.boards[0].hottest < COOL, "{model},{fault}");
            // Without voltage no current is too high: it is tried again, each time after a longer rest.
            if fault != "fault-over-current=30" {
                let truth = world.boards[0].truth(0);
                let is_off = truth.in_reset && truth.core_volts < 0.01;
                assert!(is_off, "{model},{fault}: {truth:?}");
            }
        }
    }
    let world = run(
        "compac-a2",
        "fault-fan=20,ambient=40,max-temp=80",
        Faults::default(),
        300,
    );
    let hottest = world.boards[0].hottest;
    assert!(
        hottest > 70.0 && hottest < 85.5,
        "{hottest} {:?}",
        world.notices
    );
    assert!(said(&world, "clock lowered"), "{:?}", world.notices);
}

#[test]
fn a_panic_in_the_driver_leaves_the_stick_cool_and_it_mines_again() {
    for model in ["compac", "newpac", "r909", "compac-a1"] {
        let mut world = run(model, "", Faults::default(), 40);
        let before = world.snapshot().totals.accepted;
        world.boards[0].panic();
        world.run(Duration::from_millis(900));
        assert!(said(&world, "its driver panicked"), "{:?}", world.notices);
        let left = world.boards[0].left(0);
        match model {
            // No line leads to its reset: its chip runs at its slowest, and finds no more work.
            "compac" => assert!(left.clock_mhz < 60.0, "{left:?}"),
            "compac-a1" => assert!(left.in_reset && left.core_volts < 0.01, "{left:?}"),
            _ => assert!(left.in_reset, "{model}: {left:?}"),
        }
        world.run(Duration::from_secs(60));
        world.assert_books_balance();
        let totals = world.snapshot().totals;
        assert!(totals.accepted > before + 15, "{model}: {totals:?}");
    }
}

#[test]
fn a_stick_that_is_pulled_and_plugged_in_again_goes_on() {
    let mut world = run("compac-a1", "", Faults::default(), 40);
    let before = world.snapshot().totals.accepted;
    world.boards[0].unplug();
    world.run(Duration::from_secs(5));
    assert_eq!(world.snapshot().boards[0].state, BoardState::Gone);
    world.replug(0, "compac-a1", SLOW);
    world.run(Duration::from_secs(60));
    world.assert_books_balance();
    assert!(world.snapshot().totals.accepted > before + 15);
}
