//! The whole miner on protocols whose work only the processor can do.

use std::time::Duration;

use midstate::algorithm::Algorithm;
use midstate::algorithm::cryptonight::CN_1;
use midstate::algorithm::truehash::TRUEHASH;
use midstate::miner::DispatchSettings;
use midstate::pool::{EmulatorSettings, FaultKind, Protocol, cryptonote, truestratum};
use midstate::units::Difficulty;

use super::fault;
use super::world::World;

/// What is mined, how hard a share is, and how many hashes a second a thread does, all so small that a test takes a second.
struct Trade {
    protocol: &'static Protocol,
    algorithm: &'static dyn Algorithm,
    hashes_a_share: f64,
    rate: f64,
    job_interval: Duration,
}

const TRUE: Trade = Trade {
    protocol: &truestratum::PROTOCOL,
    algorithm: &TRUEHASH,
    hashes_a_share: 50.0,
    rate: 50.0,
    job_interval: Duration::from_secs(8),
};

const NIGHT: Trade = Trade {
    protocol: &cryptonote::PROTOCOL,
    algorithm: &CN_1,
    hashes_a_share: 1.0,
    rate: 0.15,
    job_interval: Duration::from_secs(25),
};

impl Trade {
    fn pool(&self, seed: u64) -> EmulatorSettings {
        EmulatorSettings {
            algorithm: self.algorithm,
            difficulty: Difficulty::new(self.hashes_a_share).expect("it is positive"),
            job_interval: self.job_interval,
            clean_every: 3,
            seed,
            ..EmulatorSettings::default()
        }
    }

    fn world(&self, seed: u64, pools: Vec<EmulatorSettings>) -> World {
        let pools = pools.into_iter().map(|pool| (self.protocol, pool));
        let mut world = World::of(seed, DispatchSettings::default(), pools.collect());
        world.add_processor(self.rate);
        world.add_processor(self.rate);
        world
    }
}

fn mines_well(trade: &Trade, seconds: u64, least: u64) {
    let mut world = trade.world(51, vec![trade.pool(51)]);
    world.run(Duration::from_secs(seconds));
    world.assert_books_balance();
    let totals = world.snapshot().totals;
    assert!(
        totals.accepted >= least,
        "{totals:?}\n{}",
        world.notices.join("\n")
    );
    let lost = (
        totals.rejected,
        totals.duplicate,
        totals.unanswered,
        totals.hardware_errors,
    );
    assert_eq!(lost, (0, 0, 0, 0), "{totals:?}");
}

fn goes_on_through_faults(trade: &Trade, kinds: &[FaultKind], seconds: u64, least: u64) {
    let spacing = seconds / (kinds.len() as u64 + 1);
    let mut flaky = trade.pool(61);
    flaky.faults = (0..)
        .zip(kinds)
        .map(|(at, kind)| fault(5 + spacing * at, spacing / 2, *kind))
        .collect();
    let mut world = trade.world(61, vec![flaky, trade.pool(62)]);
    for second in 0..seconds {
        world.run(Duration::from_secs(1));
        if second == 33 {
            let now = world.now;
            world.links[0].cut(now);
        }
        world.assert_books_balance();
    }
    let totals = world.snapshot().totals;
    assert!(
        totals.accepted >= least,
        "{totals:?}\n{}",
        world.notices.join("\n")
    );
    assert!(
        totals.shares() > totals.accepted,
        "the faults were felt: {totals:?}"
    );
}

#[test]
fn truestratum_is_mined_and_every_share_accepted() {
    mines_well(&TRUE, 30, 20);
}

#[test]
fn truestratum_goes_on_through_faults_and_wrong_datasets() {
    let kinds = [
        FaultKind::Stale,
        FaultKind::NewEpoch,
        FaultKind::Disconnect,
        FaultKind::Garbage,
        FaultKind::NoVerdicts,
        FaultKind::SeedCount,
        FaultKind::Slow(Duration::from_millis(700)),
    ];
    goes_on_through_faults(&TRUE, &kinds, 90, 40);
}

#[test]
fn a_pool_whose_dataset_is_wrong_is_left_for_the_next() {
    let mut wrong = TRUE.pool(71);
    wrong.faults = vec![fault(0, 1000, FaultKind::Seeds)];
    let mut world = TRUE.world(71, vec![wrong, TRUE.pool(72)]);
    world.run(Duration::from_secs(30));
    world.assert_books_balance();
    let snapshot = world.snapshot();
    assert_eq!(
        snapshot.pools[0].counters.shares(),
        0,
        "nothing is mined on it"
    );
    assert!(
        snapshot.pools[1].counters.accepted > 5,
        "{:?}",
        snapshot.totals
    );
    let said = world.notices.join("\n");
    assert!(said.contains("its seeds make dataset"), "{said}");
}

#[test]
fn cryptonote_is_mined_and_every_share_accepted() {
    mines_well(&NIGHT, 60, 8);
}

#[test]
fn cryptonote_goes_on_through_faults() {
    let kinds = [
        FaultKind::Stale,
        FaultKind::Reconnect,
        FaultKind::Disconnect,
        FaultKind::Garbage,
        FaultKind::NoVerdicts,
        FaultKind::HugeLine,
    ];
    goes_on_through_faults(&NIGHT, &kinds, 60, 4);
}
