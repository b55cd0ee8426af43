//! The open core in the whole miner, on virtual time: from a pool's job through the RTL to an accepted share, and the emulated core over
//! bad lines.

#[path = "../simulation/fragile.rs"]
mod fragile;
#[path = "../simulation/link.rs"]
#[allow(
    dead_code,
    reason = "shared with tests/simulation, which uses all of it"
)]
mod link;
#[path = "../simulation/requests.rs"]
#[allow(
    dead_code,
    reason = "shared with tests/simulation, which uses all of it"
)]
mod requests;
#[path = "../simulation/witness.rs"]
#[allow(
    dead_code,
    reason = "shared with tests/simulation, which uses all of it"
)]
mod witness;
#[path = "../simulation/world.rs"]
#[allow(
    dead_code,
    reason = "shared with tests/simulation, which uses all of it"
)]
mod world;

use std::time::Duration;

use midstate::board::core::{RtlDevice, RtlError, RtlSettings, Structure};
use midstate::miner::DispatchSettings;
use midstate::pool::EmulatorSettings;
use midstate::transport::{Faults, LineFaults};
use midstate::units::Difficulty;
use world::World;

/// 2^14 hashes a share.
const DIFFICULTY: f64 = 1.0 / 262_144.0;

fn pool(seed: u64) -> EmulatorSettings {
    EmulatorSettings {
        difficulty: Difficulty::new(DIFFICULTY).expect("it is positive"),
        job_interval: Duration::from_secs(8),
        clean_every: 3,
        seed,
        ..EmulatorSettings::default()
    }
}

/// Whether the RTL can be simulated here; says so loudly if not.
fn has_verilator(settings: &RtlSettings) -> bool {
    match RtlDevice::start(settings) {
        Ok(_) => true,
        Err(error @ RtlError::NoTool(_)) => {
            eprintln!("SKIPPED: {error}");
            false
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_rtl_mines_from_a_pools_job_to_accepted_shares() {
    if !has_verilator(&RtlSettings::new(Structure::Pipeline, 1, 200e3)) {
        return;
    }
    let mut world = World::new(5, DispatchSettings::default(), vec![pool(5)]);
    world.add(
        "core-rtl",
        "rate=200k,zero-bits=14",
        Faults::default(),
        false,
    );
    world.run(Duration::from_secs(12));
    world.assert_books_balance();
    let totals = world.snapshot().totals;
    assert!(totals.accepted >= 30, "{totals:?}");
    let bad = (
        totals.rejected,
        totals.duplicate,
        totals.hardware_errors,
        world.bad,
    );
    assert_eq!(bad, (0, 0, 0, 0), "{totals:?}");
    assert!(totals.stale <= totals.accepted / 5, "{totals:?}");
}

#[test]
fn the_emulated_core_mines_as_it_should() {
    let mut world = World::new(6, DispatchSettings::default(), vec![pool(6)]);
    world.add(
        "core",
        "rate=40k,zero-bits=14,cores=4",
        Faults::default(),
        false,
    );
    world.run(Duration::from_secs(120));
    world.assert_books_balance();
    let totals = world.snapshot().totals;
    assert!(totals.accepted > 200, "{totals:?}");
    let bad = (
        totals.rejected,
        totals.duplicate,
        totals.hardware_errors,
        world.bad,
    );
    assert_eq!(bad, (0, 0, 0, 0), "{totals:?}");
}

/// Lost, bent and doubled bytes in both directions cost shares, never a wrong one, and never the board.
#[test]
fn over_a_bad_line_no_wrong_nonce_is_told() {
    for seed in 0..4 {
        let mut world = World::new(seed, DispatchSettings::default(), vec![pool(seed)]);
        let line = LineFaults {
            drop: 5e-4,
            flip: 5e-4,
            duplicate: 5e-4,
            ..LineFaults::default()
        };
        let faults = Faults {
            seed,
            to_device: line,
            to_host: line,
            ..Faults::default()
        };
        world.add("core", "rate=40k,zero-bits=14", faults, false);
        world.run(Duration::from_secs(120));
        world.assert_books_balance();
        let snapshot = world.snapshot();
        let totals = snapshot.totals;
        // What makes no frame is a hardware error, too, and told apart.
        let broken = snapshot.boards[0].faults.get("garbage").copied();
        assert_eq!(
            (totals.rejected, totals.hardware_errors),
            (0, broken.unwrap_or(0)),
            "seed {seed}: {totals:?}"
        );
        assert!(totals.accepted > 60, "seed {seed}: {totals:?}");
    }
}
