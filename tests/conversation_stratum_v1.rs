//! Stratum V1: both ends joined, session and emulated pool, on virtual time.

mod support;

use std::collections::HashSet;
use std::time::Duration;

use midstate::pool::{
    EmulatorEvent, EmulatorSettings, Fault, FaultKind, PoolEvent, SessionSettings,
};
use midstate::units::{Difficulty, Secret};
use midstate::work::{Outcome, Reject};
use support::pair::{Pair, client, easy_pool};
use support::work::{easy, rolled_share, share, shares};

const MINUTE: Duration = Duration::from_secs(60);

fn with_fault(kind: FaultKind) -> EmulatorSettings {
    fault_after(kind, Duration::ZERO, Duration::MAX)
}

fn fault_after(kind: FaultKind, after: Duration, lasting: Duration) -> EmulatorSettings {
    EmulatorSettings {
        faults: vec![Fault {
            after,
            lasting,
            kind,
        }],
        ..easy_pool()
    }
}

#[test]
fn shares_are_found_and_accepted() {
    let (mut pair, job) = Pair::ready(client(), easy_pool());
    assert!(job.clean);
    assert_eq!(job.version_mask, 0x1fff_e000);
    let known: Vec<_> = shares(&job, pair.now, 20);
    for share in &known {
        assert_eq!(pair.submit(share).1, Some(Outcome::Accepted));
    }
    let (_, again) = pair.submit(&known[0]);
    assert!(
        matches!(again, Some(Outcome::Rejected(Reject::Duplicate, _))),
        "{again:?}"
    );
    let rolled = rolled_share(&job, 0x1234_0000 & job.version_mask, pair.now);
    assert_eq!(pair.submit(&rolled).1, Some(Outcome::Accepted));
    assert!(pair.errors.is_empty(), "{:?}", pair.errors);
    let hashes: HashSet<_> = pair
        .pool_events
        .iter()
        .filter_map(|event| match event {
            EmulatorEvent::Share {
                hash,
                outcome: Outcome::Accepted,
                ..
            } => Some(*hash),
            _ => None,
        })
        .collect();
    assert_eq!(
        hashes,
        known
            .iter()
            .chain([&rolled])
            .map(|share| *share.hash())
            .collect()
    );
}
