//! Every model of a BM13xx board and every fault that a person meets: no wrong share is sent, none is lost without a reason, no chip gets
//! too hot, and nobody has to come.

use std::time::Duration;

use midstate::miner::{BoardState, DispatchSettings};
use midstate::transport::Faults;

use super::pool;
use super::world::{SimBoard, World};

/// A model as these tests take it.
struct Case {
    name: &'static str,
    /// Makes it find about a share a second.
    slow: &'static str,
    chips: u16,
    parts: Parts,
}

/// What it has beside its chips.
#[derive(PartialEq)]
enum Parts {
    Bitaxe,
    /// An EmberOne has no fan of its own.
    EmberOne,
    /// A controller that measures; and with a fan.
    Controller,
    ControllerAndFan,
    Nothing,
}

const fn case(name: &'static str, slow: &'static str, chips: u16, parts: Parts) -> Case {
    Case {
        name,
        slow,
        chips,
        parts,
    }
}

const SLOW: &str = "rate=20k";
const MODELS: [Case; 18] = [
    case("compac", SLOW, 1, Parts::Nothing),
    case("2pac", SLOW, 2, Parts::Nothing),
    case("terminus", SLOW, 4, Parts::Nothing),
    case("newpac", SLOW, 2, Parts::Nothing),
    case("r606", SLOW, 12, Parts::Nothing),
    case("compacf", SLOW, 1, Parts::Nothing),
    case("r909", SLOW, 6, Parts::Nothing),
    case("compac-a1", SLOW, 1, Parts::Controller),
    case("terminus-a1", SLOW, 4, Parts::Controller),
    case("compac-a2", SLOW, 1, Parts::ControllerAndFan),
    case("terminus-a2", SLOW, 4, Parts::ControllerAndFan),
    case("bitaxe", "zero-bits=6", 1, Parts::Bitaxe),
    case("bitaxe-max", "zero-bits=8", 1, Parts::Bitaxe),
    case("bitaxe-ultra", "zero-bits=7", 1, Parts::Bitaxe),
    case("bitaxe-supra", "zero-bits=7", 1, Parts::Bitaxe),
    case("bitaxe-gamma", "zero-bits=6", 1, Parts::Bitaxe),
    case("bitaxe-gamma-rhapd", "zero-bits=6", 1, Parts::Bitaxe),
    case("emberone00", "zero-bits=5", 12, Parts::EmberOne),
];

impl Case {
    /// The hottest that its chips may be: `max-temp`, five degrees until the switch, and what a second without a look adds. Sticks that
    /// measure nothing cannot be held to anything.
    fn limit(&self) -> f64 {
        match self.parts {
            Parts::Bitaxe | Parts::EmberOne => 81.0,
            Parts::Controller | Parts::ControllerAndFan => 96.0,
            Parts::Nothing => f64::INFINITY,
        }
    }

    fn last_chip_dies(&self) -> String {
        match self.parts {
            Parts::Bitaxe | Parts::EmberOne => "fault-chip-dies=30".to_owned(),
            _ => format!("fault-dies={}@30", self.chips - 1),
        }
    }

    fn sensor_freezes(&self) -> Option<&'static str> {
        match self.parts {
            Parts::Bitaxe | Parts::EmberOne => Some("fault-sensor-freezes=20,fault-lasting=80"),
            Parts::Controller | Parts::ControllerAndFan => Some("fault-frozen=20"),
            Parts::Nothing => None,
        }
    }

    fn fan_stops(&self) -> Option<&'static str> {
        match self.parts {
            Parts::Bitaxe => Some("fault-fan-stops=20"),
            Parts::ControllerAndFan => Some("fault-fan=20"),
            Parts::EmberOne | Parts::Controller | Parts::Nothing => None,
        }
    }
}

/// A miner with all models that have `options` for the fault.
fn world(seed: u64, options: impl Fn(&Case) -> Option<String>) -> (World, Vec<&'static Case>) {
    let mut world = World::new(seed, DispatchSettings::default(), vec![pool(seed)]);
    let mut cases = Vec::new();
    for case in &MODELS {
        let Some(fault) = options(case) else { continue };
        let options = format!("{},{fault},seed={seed}", case.slow);
        world.add(case.name, &options, Faults::default(), false);
        cases.push(case);
    }
    (world, cases)
}

/// Runs it for so many seconds: the books balance, nothing was refused, nothing got too hot.
fn run(world: &mut World, cases: &[&Case], seconds: u64) {
    world.run(Duration::from_secs(seconds));
    world.assert_books_balance();
    let totals = world.snapshot().totals;
    let told = world.notices.join("\n");
    let refused = (totals.rejected, totals.duplicate);
    assert_eq!(refused, (0, 0), "{totals:?}\n{told}");
    for (case, board) in cases.iter().zip(&world.boards) {
        let (name, hottest) = (case.name, board.hottest);
        assert!(hottest < case.limit(), "{name}: {hottest} C\n{told}");
    }
}

/// Whether the board mines, and has found something lately.
fn assert_mines(world: &World, index: usize, case: &Case) {
    let board = &world.snapshot().boards[index];
    let (name, told) = (case.name, world.notices.join("\n"));
    assert_eq!(board.state, BoardState::Mining, "{name}\n{told}");
    let recent = |ago| ago < Duration::from_secs(30);
    let ago = board.last_nonce;
    assert!(ago.is_some_and(recent), "{name}: {ago:?}\n{told}");
}

/// A fault that every model has, and mines on.
fn everybody_survives(seed: u64, fault: &str, seconds: u64) {
    let (mut world, cases) = world(seed, |_| Some(fault.to_owned()));
    assert_eq!(cases.len(), 18);
    run(&mut world, &cases, seconds);
    for (index, case) in cases.iter().enumerate() {
        assert_mines(&world, index, case);
    }
}

#[test]
fn flipped_bits() {
    everybody_survives(201, "fault-flip=0.05", 90);
}

#[test]
fn lost_bytes() {
    everybody_survives(202, "fault-drop=0.0002", 120);
}

#[test]
fn a_core_that_lies() {
    everybody_survives(203, "fault-lies=0@5", 90);
}

/// A board that is reset comes as a new one here, which has its own brown-out half a minute later: the run ends before the second.
#[test]
fn a_brown_out() {
    everybody_survives(204, "fault-brown-out=30", 115);
}

#[test]
fn a_chip_that_dies() {
    let (mut world, cases) = world(205, |case| Some(case.last_chip_dies()));
    run(&mut world, &cases, 150);
    for (index, case) in cases.iter().enumerate() {
        // The only chip of a board is the board.
        if case.chips > 1 {
            assert_mines(&world, index, case);
        }
    }
}

#[test]
fn a_sensor_that_freezes() {
    let (mut world, cases) = world(206, |case| Some(case.sensor_freezes()?.to_owned()));
    assert_eq!(cases.len(), 11);
    run(&mut world, &cases, 240);
    for (index, case) in cases.iter().enumerate() {
        match case.parts {
            Parts::Bitaxe | Parts::EmberOne => assert_mines(&world, index, case),
            // It never lives again: the board stays off.
            _ => assert!(is_off(&world.boards[index]), "{}", case.name),
        }
    }
}

fn is_off(board: &SimBoard) -> bool {
    let truth = board.truth(0);
    truth.in_reset && truth.core_volts < 0.01
}

#[test]
fn a_fan_that_stops() {
    let (mut world, cases) = world(207, |case| Some(case.fan_stops()?.to_owned()));
    assert_eq!(cases.len(), 8);
    run(&mut world, &cases, 180);
    for (index, case) in cases.iter().enumerate() {
        assert_mines(&world, index, case);
    }
}

#[test]
fn re_enumeration() {
    let (mut world, cases) = world(208, |_| Some("fault-drop=0".to_owned()));
    run(&mut world, &cases, 40);
    world.boards.iter().for_each(SimBoard::unplug);
    run(&mut world, &cases, 10);
    let boards = world.snapshot().boards;
    for (index, (case, board)) in cases.iter().zip(boards).enumerate() {
        let name = case.name;
        assert_eq!(board.state, BoardState::Gone, "{name}");
        // Whatever has its power from elsewhere is alone with its last work and its fan as it was driven last.
        let alone = world.boards[index].left_for(0, Duration::from_secs(120));
        assert!(alone.celsius < case.limit(), "{name}: {alone:?}");
        world.replug(index, case.name, case.slow);
    }
    run(&mut world, &cases, 60);
    for (index, case) in cases.iter().enumerate() {
        assert_mines(&world, index, case);
        assert_eq!(world.boards[index].opened(), 2, "{}", case.name);
    }
}

/// The way to the switches is still there, and is taken.
#[test]
fn a_data_port_that_goes_alone_leaves_the_board_cool() {
    let (mut world, cases) = world(209, |case| {
        (case.parts != Parts::Nothing).then(|| "fault-drop=0".to_owned())
    });
    run(&mut world, &cases, 40);
    world.boards.iter().for_each(SimBoard::unplug_data);
    run(&mut world, &cases, 2);
    for (case, board) in cases.iter().zip(&world.boards) {
        let (name, left) = (case.name, board.left(0));
        assert!(left.in_reset && left.core_volts < 1.0, "{name}: {left:?}");
    }
}
