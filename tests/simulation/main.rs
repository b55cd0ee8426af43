//! The whole miner on virtual time, with faults from a seed: what boards find is accounted for, whatever happens in between.

mod bitaxe;
mod fragile;
mod gekko;
mod link;
mod matrix;
mod protocols;
mod requests;
mod solo;
#[cfg(feature = "sv2")]
mod stratum_v2;
mod witness;
mod world;

use std::time::Duration;

use midstate::algorithm::{Algorithm, scrypt::SCRYPT};
use midstate::miner::{BoardState, DispatchSettings};
use midstate::pool::{EmulatorSettings, Fault as PoolFault, FaultKind};
use midstate::transport::{Faults, LineFaults};
use midstate::units::Difficulty;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use world::World;

/// 2^14 hashes a share: the emulated boards of 20 kH/s find one a second.
const DIFFICULTY: f64 = 1.0 / 262_144.0;
/// Slow boards that report what they find at that difficulty.
const BOARD: &str = "rate=20k,zero-bits=14,probe-timeout=20000";

fn pool(seed: u64) -> EmulatorSettings {
    EmulatorSettings {
        difficulty: Difficulty::new(DIFFICULTY).expect("it is positive"),
        job_interval: Duration::from_secs(8),
        clean_every: 3,
        seed,
        ..EmulatorSettings::default()
    }
}

fn fault(after: u64, lasting: u64, kind: FaultKind) -> PoolFault {
    PoolFault {
        after: Duration::from_secs(after),
        lasting: Duration::from_secs(lasting),
        kind,
    }
}

/// A pool with each of these faults at some time within `span` seconds.
fn flaky(seed: u64, kinds: &[FaultKind], span: u64, dice: &mut StdRng) -> EmulatorSettings {
    let mut pool = pool(seed);
    let faults = kinds
        .iter()
        .map(|kind| fault(dice.random_range(10..span), dice.random_range(1..20), *kind));
    pool.faults = faults.collect();
    pool
}

/// Two boards for so many times two seconds, with cuts of the first pool's connection now and then; the books balance all the time.
fn run_with_cuts(world: &mut World, rounds: u32, dice: &mut StdRng) {
    world.add("icarus", BOARD, Faults::default(), true);
    world.add("fpga-serial", BOARD, Faults::default(), true);
    for _ in 0..rounds {
        world.run(Duration::from_secs(2));
        if dice.random_bool(0.04) {
            let now = world.now;
            world.links[0].cut(now);
        }
        world.assert_books_balance();
    }
}

/// The miner went on, and yet some shares were lost to what went wrong.
fn assert_faults_were_felt(world: &World, what: &str) {
    let totals = world.snapshot().totals;
    let said = world.notices.join("\n");
    assert!(totals.accepted > 50, "{what}: {totals:?}\n{said}");
    assert!(totals.shares() > totals.accepted, "{what}: {totals:?}");
}

#[test]
fn with_good_pools_and_lines_every_share_is_accepted_but_the_late_ones() {
    let mut world = World::new(1, DispatchSettings::default(), vec![pool(1)]);
    for _ in 0..3 {
        world.add("icarus", BOARD, Faults::default(), true);
    }
    world.add("block-erupter", BOARD, Faults::default(), true);
    world.run(Duration::from_secs(120));
    let totals = world.snapshot().totals;
    world.assert_books_balance();
    world.assert_no_work_was_repeated();
    assert_eq!(world.told, world.witnessed(), "what the boards found");
    assert!(totals.accepted > 200, "{totals:?}");
    assert_eq!(
        (
            totals.rejected,
            totals.duplicate,
            totals.unanswered,
            totals.hardware_errors
        ),
        (0, 0, 0, 0),
        "{totals:?}"
    );
    assert!(totals.stale <= totals.accepted / 20, "{totals:?}");
}

#[test]
fn an_extranonce2_of_one_byte_is_used_up_without_repeating_work() {
    for version_mask in [0, 0x0000_6000] {
        let tiny = EmulatorSettings {
            extranonce2_size: 1,
            version_mask,
            ..pool(71)
        };
        let mut world = World::new(71, DispatchSettings::default(), vec![tiny]);
        for _ in 0..4 {
            world.add(
                "icarus",
                &format!("{BOARD},work-interval=10"),
                Faults::default(),
                true,
            );
        }
        world.run(Duration::from_secs(60));
        world.assert_no_work_was_repeated();
        world.assert_books_balance();
        let (works, totals) = (world.seen.works(), world.snapshot().totals);
        // 256 values last a second, four times that with two bits of version; the boards could use four hundred a second.
        assert!(
            works > if version_mask == 0 { 10_000 } else { 15_000 },
            "{works}"
        );
        assert_eq!(
            (totals.rejected, totals.duplicate, totals.hardware_errors),
            (0, 0, 0),
            "{totals:?}"
        );
        assert!(totals.accepted > 50, "{totals:?}");
    }
}

/// Slow threads, and a board of chips that must not be given such work.
#[test]
fn scrypt_is_mined_by_the_processor_alone() {
    let slow = EmulatorSettings {
        algorithm: &SCRYPT,
        difficulty: (&SCRYPT as &dyn Algorithm).difficulty_for(32.0),
        job_interval: Duration::from_secs(7),
        ..pool(3)
    };
    let mut world = World::new(3, DispatchSettings::default(), vec![slow]);
    world.add("icarus", BOARD, Faults::default(), true);
    world.add_processor(40.0);
    world.add_processor(25.0);
    world.run(Duration::from_secs(90));
    world.assert_books_balance();
    let snapshot = world.snapshot();
    let totals = snapshot.totals;
    assert_eq!(
        (totals.rejected, totals.duplicate, totals.hardware_errors),
        (0, 0, 0),
        "{totals:?}"
    );
    // 183 are expected of 5850 hashes.
    assert!((120..250).contains(&totals.accepted), "{totals:?}");
    assert!(totals.stale <= 12, "{totals:?}");
    assert_eq!(world.seen.works(), 0, "chips were given scrypt");
    let rates: Vec<f64> = snapshot
        .boards
        .iter()
        .map(|board| board.hashrate.get())
        .collect();
    assert!(
        rates[0] < 1.0 && (25.0..55.0).contains(&rates[1]),
        "{rates:?}"
    );
    let states = snapshot.boards.iter().map(|board| &board.state);
    assert!(states.skip(1).all(|state| *state == BoardState::Mining));
}

/// The processor rolls versions where its kernel gains by it, chips that do not roll them take what is left.
#[test]
fn a_fleet_of_chips_and_processor_repeats_no_work_and_finds_what_it_should() {
    for version_mask in [0, 0x1fff_e000] {
        let settings = EmulatorSettings {
            extranonce2_size: 1,
            version_mask,
            ..pool(5)
        };
        let mut world = World::new(5, DispatchSettings::default(), vec![settings]);
        world.add(
            "icarus",
            &format!("{BOARD},work-interval=200"),
            Faults::default(),
            true,
        );
        world.add_processor(60e3);
        world.add_processor(30e3);
        world.run(Duration::from_secs(60));
        world.assert_books_balance();
        world.assert_no_work_was_repeated();
        let totals = world.snapshot().totals;
        assert_eq!(
            (totals.rejected, totals.duplicate, totals.hardware_errors),
            (0, 0, 0),
            "{totals:?}"
        );
        // 330 from the processor.
        assert!(totals.accepted > 280, "{totals:?}");
    }
}

#[test]
fn seeded_cuts_and_pool_faults_lose_no_share_without_a_trace() {
    for seed in [11, 12, 13] {
        let mut dice = StdRng::seed_from_u64(seed);
        let kinds = [
            FaultKind::Stale,
            FaultKind::Duplicate,
            FaultKind::LowDifficulty,
            FaultKind::NoVerdicts,
            FaultKind::SplitWrites,
            FaultKind::Garbage,
            FaultKind::Slow(Duration::from_millis(700)),
            FaultKind::Disconnect,
            FaultKind::HugeLine,
        ];
        let pools = vec![flaky(seed, &kinds, 150, &mut dice), pool(seed + 100)];
        let mut world = World::new(seed, DispatchSettings::default(), pools);
        run_with_cuts(&mut world, 90, &mut dice);
        assert_eq!(
            world.told,
            world.witnessed(),
            "seed {seed}: what the boards found"
        );
        assert_faults_were_felt(&world, &format!("seed {seed}"));
    }
}

#[test]
fn bad_lines_cost_only_what_they_spoil() {
    for seed in [21, 22] {
        let line = LineFaults {
            drop: 0.0005,
            flip: 0.0005,
            duplicate: 0.0003,
            ..LineFaults::default()
        };
        let faults = Faults {
            seed,
            to_device: line,
            to_host: LineFaults {
                flip: 0.01,
                drop: 0.01,
                ..line
            },
            gone_after: None,
        };
        let mut world = World::new(seed, DispatchSettings::default(), vec![pool(seed)]);
        world.add("icarus", BOARD, faults, true);
        world.add("antminer-u2", BOARD, faults, false);
        world.run(Duration::from_secs(180));
        world.assert_books_balance();
        let totals = world.snapshot().totals;
        assert!(
            totals.accepted > 60,
            "seed {seed}: {totals:?}\n{}",
            world.notices.join("\n")
        );
        assert_eq!(
            totals.rejected, 0,
            "seed {seed}: no wrong share was sent: {totals:?}"
        );
        assert!(
            world.bad > 0,
            "seed {seed}: the spoilt answers were counted"
        );
    }
}

#[test]
fn a_pool_without_jobs_is_left_and_the_boards_return_when_it_is_well() {
    let mut first = pool(31);
    first.faults = vec![
        fault(30, 200, FaultKind::NoJobs),
        fault(30, 200, FaultKind::Stale),
    ];
    let mut world = World::new(31, DispatchSettings::default(), vec![first, pool(32)]);
    world.add("block-erupter", BOARD, Faults::default(), true);
    world.run(Duration::from_secs(25));
    assert!(world.snapshot().pools[0].active);
    world.run(Duration::from_secs(180));
    let pools = world.snapshot().pools;
    assert!(pools[1].active, "{pools:?}\n{}", world.notices.join("\n"));
    assert!(pools[1].counters.accepted > 10);
    world.run(Duration::from_secs(500));
    let pools = world.snapshot().pools;
    assert!(pools[0].active, "{pools:?}\n{}", world.notices.join("\n"));
    world.assert_books_balance();
}

#[test]
fn an_unreachable_pool_hands_over_at_once_and_gets_the_boards_back() {
    let mut world = World::new(41, DispatchSettings::default(), vec![pool(41), pool(42)]);
    world.links[0].unreachable = true;
    world.add("icarus", BOARD, Faults::default(), true);
    world.run(Duration::from_secs(20));
    assert!(world.snapshot().pools[1].active);
    world.links[0].unreachable = false;
    world.run(Duration::from_secs(40));
    assert!(
        world.snapshot().pools[1].active,
        "not before it has been up for a while"
    );
    world.run(Duration::from_secs(60));
    assert!(world.snapshot().pools[0].active);
    world.assert_books_balance();
}

#[test]
fn an_unplugged_board_is_gone_and_the_others_go_on() {
    let mut world = World::new(51, DispatchSettings::default(), vec![pool(51)]);
    world.add("icarus", BOARD, Faults::default(), true);
    world.add(
        "icarus",
        BOARD,
        Faults {
            gone_after: Some(3000),
            ..Faults::default()
        },
        true,
    );
    world.run(Duration::from_secs(30));
    world.boards[0].unplug();
    world.run(Duration::from_secs(30));
    let boards = world.snapshot().boards;
    assert_eq!(boards[0].state, BoardState::Gone);
    world.run(Duration::from_secs(120));
    let boards = world.snapshot().boards;
    assert_eq!(boards[1].state, BoardState::Gone, "{:?}", boards[1]);
    assert!(boards[1].counters.accepted > boards[0].counters.accepted);
    world.assert_books_balance();
}

#[test]
fn the_same_seed_is_the_same_run() {
    let run = || {
        let line = LineFaults {
            flip: 0.002,
            drop: 0.002,
            ..LineFaults::default()
        };
        let faults = Faults {
            seed: 5,
            to_device: line,
            to_host: line,
            gone_after: None,
        };
        let mut world = World::new(61, DispatchSettings::default(), vec![pool(61)]);
        world.add("icarus", BOARD, faults, true);
        world.run(Duration::from_secs(60));
        let mut totals = world.snapshot().totals;
        totals.difficulty_accepted = 0.0;
        (format!("{totals:?}"), world.notices)
    };
    assert_eq!(run(), run());
}
