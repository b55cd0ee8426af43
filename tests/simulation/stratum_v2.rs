//! The whole miner on Stratum V2, encrypted, alone and beside a pool of another protocol.

use std::time::Duration;

use midstate::miner::DispatchSettings;
use midstate::pool::{EmulatorSettings, FaultKind, PROTOCOLS, stratum_v2};
use midstate::transport::Faults;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::world::World;
use super::{BOARD, assert_faults_were_felt, fault, flaky, pool, run_with_cuts};

fn world(seed: u64, settings: EmulatorSettings) -> World {
    let pools = vec![(&stratum_v2::PROTOCOL, settings)];
    World::of(seed, DispatchSettings::default(), pools)
}

#[test]
fn every_share_is_accepted_but_the_late_ones() {
    let mut world = world(201, pool(201));
    for _ in 0..3 {
        world.add("icarus", BOARD, Faults::default(), true);
    }
    world.add("block-erupter", BOARD, Faults::default(), true);
    world.run(Duration::from_secs(120));
    // A batch that is under way is told of.
    world.run(Duration::from_secs(1));
    let totals = world.snapshot().totals;
    world.assert_books_balance();
    world.assert_no_work_was_repeated();
    assert_eq!(world.told, world.witnessed(), "what the boards found");
    assert!(totals.accepted > 200, "{totals:?}");
    let bad = [
        totals.rejected,
        totals.duplicate,
        totals.unanswered,
        totals.hardware_errors,
    ];
    assert_eq!(bad, [0; 4], "{totals:?}");
    assert!(totals.stale <= totals.accepted / 20, "{totals:?}");
}

/// A pool with too little extranonce: one merkle root a job, of which versions and seconds are rolled.
#[test]
fn a_standard_channel_feeds_several_boards_without_repeating_work() {
    let tiny = EmulatorSettings {
        extranonce2_size: 1,
        ..pool(211)
    };
    let mut world = world(211, tiny);
    for _ in 0..3 {
        world.add("icarus", BOARD, Faults::default(), true);
    }
    world.run(Duration::from_secs(90));
    world.assert_books_balance();
    world.assert_no_work_was_repeated();
    let totals = world.snapshot().totals;
    assert!(totals.accepted > 100, "{totals:?}");
    let bad = [totals.rejected, totals.duplicate, totals.hardware_errors];
    assert_eq!(bad, [0; 3], "{totals:?}");
}

#[test]
fn seeded_cuts_and_faults_lose_no_share_and_hand_over_between_protocols() {
    for seed in [221, 222] {
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
            FaultKind::Mute,
        ];
        let pools = vec![
            (&stratum_v2::PROTOCOL, flaky(seed, &kinds, 120, &mut dice)),
            (PROTOCOLS[0], pool(seed + 100)),
        ];
        let mut world = World::of(seed, DispatchSettings::default(), pools);
        run_with_cuts(&mut world, 70, &mut dice);
        assert_eq!(world.told, world.witnessed(), "seed {seed}");
        assert_faults_were_felt(&world, &format!("seed {seed}"));
    }
}

#[test]
fn pools_of_different_protocols_stand_in_for_each_other() {
    let mut first = pool(231);
    first.faults = vec![fault(20, 100, FaultKind::Disconnect)];
    let pools = vec![(&stratum_v2::PROTOCOL, first), (PROTOCOLS[0], pool(232))];
    let mut world = World::of(231, DispatchSettings::default(), pools);
    world.add("icarus", BOARD, Faults::default(), true);
    world.run(Duration::from_secs(15));
    assert!(world.snapshot().pools[0].active);
    world.run(Duration::from_secs(60));
    let pools = world.snapshot().pools;
    assert!(
        pools[1].active && pools[1].counters.accepted > 10,
        "{pools:?}"
    );
    world.run(Duration::from_secs(400));
    let pools = world.snapshot().pools;
    assert!(pools[0].active, "{}", world.notices.join("\n"));
    world.assert_books_balance();
}
