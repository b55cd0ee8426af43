//! The whole miner on pools that are asked by requests: getwork, and a node with getblocktemplate.

use std::time::Duration;

use midstate::miner::DispatchSettings;
use midstate::pool::{
    EmulatorSettings, FaultKind, HttpPoolSettings, Protocol, getblocktemplate, getwork,
};
use midstate::transport::Faults;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::world::World;
use super::{BOARD, assert_faults_were_felt, flaky, pool, run_with_cuts};

fn world(protocol: &'static Protocol, seed: u64, pool: EmulatorSettings, boards: usize) -> World {
    let mut world = World::of(seed, DispatchSettings::default(), vec![(protocol, pool)]);
    for _ in 0..boards {
        world.add("icarus", BOARD, Faults::default(), true);
    }
    world
}

/// What the boards found was told. An answer that crosses a new job on the wire is beyond the witness, who takes it for the new job's.
fn assert_witnessed(world: &World) {
    let (told, witnessed) = (world.told, world.witnessed());
    assert!(
        told >= witnessed && told - witnessed <= told / 50 + 2,
        "{told}, {witnessed}"
    );
}

/// Everything was accepted but what was late for its block.
fn assert_only_late_shares_are_lost(world: &World, least: u64) {
    let totals = world.snapshot().totals;
    world.assert_books_balance();
    world.assert_no_work_was_repeated();
    assert_witnessed(world);
    assert!(
        totals.accepted > least,
        "{totals:?}\n{}",
        world.notices.join("\n")
    );
    let bad = (
        totals.rejected,
        totals.duplicate,
        totals.unanswered,
        totals.hardware_errors,
    );
    assert_eq!(bad, (0, 0, 0, 0), "{totals:?}");
    assert!(totals.stale <= totals.accepted / 10, "{totals:?}");
}

#[test]
fn getwork_feeds_several_boards_from_rolled_time() {
    let mut world = world(&getwork::PROTOCOL, 201, pool(201), 4);
    world.run(Duration::from_secs(120));
    assert_only_late_shares_are_lost(&world, 200);
}

#[test]
fn getwork_without_rolling_feeds_several_boards_by_asking_ahead() {
    let unrolled = EmulatorSettings {
        http: HttpPoolSettings {
            roll_ntime: None,
            ..HttpPoolSettings::default()
        },
        ..pool(202)
    };
    let mut world = world(&getwork::PROTOCOL, 202, unrolled, 4);
    world.run(Duration::from_secs(120));
    assert_only_late_shares_are_lost(&world, 200);
}

#[test]
fn a_node_gives_shares_out_as_a_pool_does() {
    let mut world = world(&getblocktemplate::PROTOCOL, 203, pool(203), 4);
    world.run(Duration::from_secs(120));
    assert_only_late_shares_are_lost(&world, 200);
}

#[test]
fn alone_on_a_node_every_find_is_a_block_and_the_chain_grows() {
    let blocks = EmulatorSettings {
        http: HttpPoolSettings {
            shares: false,
            ..HttpPoolSettings::default()
        },
        difficulty: midstate::units::Difficulty::new(super::DIFFICULTY / 1024.0)
            .expect("it is positive"),
        job_interval: Duration::from_secs(600),
        ..pool(204)
    };
    let mut world = world(&getblocktemplate::PROTOCOL, 204, blocks, 2);
    world.run(Duration::from_secs(120));
    let totals = world.snapshot().totals;
    world.assert_books_balance();
    world.assert_no_work_was_repeated();
    assert!(
        totals.accepted > 60,
        "{totals:?}\n{}",
        world.notices.join("\n")
    );
    // Heights 1 to 16 and beyond: both forms of BIP34 were taken.
    assert_eq!(
        (totals.rejected, totals.hardware_errors),
        (0, 0),
        "{totals:?}"
    );
    assert!(world.snapshot().blocks >= totals.accepted, "{totals:?}");
}

#[test]
fn seeded_cuts_and_faults_lose_no_share_without_a_trace() {
    for (protocol, seed) in [
        (&getwork::PROTOCOL, 211),
        (&getblocktemplate::PROTOCOL, 212),
    ] {
        let mut dice = StdRng::seed_from_u64(seed);
        let kinds = [
            FaultKind::Mute,
            FaultKind::NoJobs,
            FaultKind::Stale,
            FaultKind::LowDifficulty,
            FaultKind::NoVerdicts,
            FaultKind::SplitWrites,
            FaultKind::Garbage,
            FaultKind::Slow(Duration::from_millis(700)),
            FaultKind::Disconnect,
            FaultKind::HugeLine,
        ];
        let pools = vec![
            (protocol, flaky(seed, &kinds, 150, &mut dice)),
            (protocol, pool(seed + 100)),
        ];
        let mut world = World::of(seed, DispatchSettings::default(), pools);
        run_with_cuts(&mut world, 90, &mut dice);
        assert_witnessed(&world);
        assert_faults_were_felt(&world, protocol.name);
    }
}
