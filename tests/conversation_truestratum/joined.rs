//! Session and emulated pool together: every share is verified by two implementations that know nothing of each other.

use std::time::Duration;

use midstate::pool::{EmulatorEvent, EmulatorSettings, FaultKind, PoolEvent};
use midstate::units::Secret;
use midstate::work::{Outcome, Reject};

use crate::support::pair::faulty_from;
use crate::support::work::blob_share;
use crate::{SECOND, pair, pool};

fn with_fault(after: u64, kind: FaultKind) -> EmulatorSettings {
    faulty_from(after, kind, pool())
}

#[test]
fn shares_are_accepted_and_repeated_ones_are_not() {
    let mut pair = pair(pool());
    let job = pair.last_job();
    assert!(
        (job.difficulty().get() - 16.0).abs() < 0.01,
        "{}",
        job.difficulty().get()
    );
    for _ in 0..5 {
        let share = blob_share(&job, pair.now);
        assert_eq!(pair.submit(&share).1, Some(Outcome::Accepted));
        pair.assert_refused(&share, Reject::Duplicate);
    }
    let is_share = |event: &&EmulatorEvent| matches!(event, EmulatorEvent::Share { .. });
    assert_eq!(pair.pool_events.iter().filter(is_share).count(), 10);
    assert!(pair.errors.is_empty() && pair.ends.is_empty());
}

#[test]
fn both_forms_of_targets_lead_to_accepted_shares() {
    let mut pair = pair(pool());
    let whole = pair.last_job().target;
    pair.connect();
    pair.advance(SECOND);
    let job = pair.last_job();
    assert_ne!(
        job.target, whole,
        "the short form leaves the lower half out"
    );
    let share = blob_share(&job, pair.now);
    assert_eq!(pair.submit(&share).1, Some(Outcome::Accepted));
}

#[test]
fn a_new_dataset_is_fetched_while_the_old_one_is_mined_on() {
    // Jobs come every 30 s; the first after the change is not clean, so the older ones still count.
    let mut pair = pair(EmulatorSettings {
        clean_every: 1000,
        ..with_fault(40, FaultKind::NewEpoch)
    });
    let first = pair.last_job();
    pair.advance(59 * SECOND);
    let new = pair.last_job();
    assert!(!new.clean && !new.voids);
    for job in [&first, &new] {
        let share = blob_share(job, pair.now);
        assert_eq!(pair.submit(&share).1, Some(Outcome::Accepted));
    }
    let count = pair.jobs().len();
    assert_eq!(count, 3, "at the start, after 30 s and after 60");
}

#[test]
fn a_new_dataset_with_a_clean_job_voids_the_old_one() {
    let mut pair = pair(EmulatorSettings {
        clean_every: 1,
        ..with_fault(40, FaultKind::NewEpoch)
    });
    pair.advance(60 * SECOND);
    assert!(pair.last_job().clean && pair.last_job().voids);
    let share = blob_share(&pair.last_job(), pair.now);
    assert_eq!(pair.submit(&share).1, Some(Outcome::Accepted));
}

#[test]
fn wrong_datasets_end_the_connection_with_words() {
    for (kind, words) in [
        (FaultKind::SeedCount, "10240 seeds, got 10239"),
        (FaultKind::Seeds, "its seeds make dataset"),
        (FaultKind::Seedhash, "the pool answers with dataset"),
    ] {
        let pair = pair(with_fault(0, kind));
        assert!(pair.jobs().is_empty());
        assert!(pair.ends[0].contains(words), "{:?}", pair.ends);
    }
}

#[test]
fn difficulty_is_steered_to_the_wanted_pace() {
    let mut pair = pair(EmulatorSettings {
        vardiff: Some(30.0),
        ..pool()
    });
    let first = pair.last_job().difficulty().get();
    for _ in 0..25 {
        let share = blob_share(&pair.last_job(), pair.now);
        assert_eq!(pair.submit(&share).1, Some(Outcome::Accepted));
        pair.advance(SECOND / 4);
    }
    let steered = pair.last_job().difficulty().get();
    assert!(
        steered >= 2.0 * first,
        "240 shares a minute are too many: {steered}"
    );
}

#[test]
fn faults_that_every_pool_has() {
    for (kind, class) in [
        (FaultKind::Stale, Reject::Stale),
        (FaultKind::Duplicate, Reject::Duplicate),
        (FaultKind::LowDifficulty, Reject::LowDifficulty),
    ] {
        let mut pair = pair(with_fault(0, kind));
        let share = blob_share(&pair.last_job(), pair.now);
        pair.assert_refused(&share, class);
    }
    let silent = pair(with_fault(0, FaultKind::Mute));
    assert!(silent.events.is_empty());
    let idle = pair(with_fault(0, FaultKind::NoJobs));
    assert!(idle.jobs().is_empty() && idle.is_connected());
    let mut noisy = pair(with_fault(10, FaultKind::Garbage));
    noisy.advance(60 * SECOND);
    assert!(!noisy.errors.is_empty() && noisy.is_connected());
    let flooded = pair(with_fault(0, FaultKind::HugeLine));
    assert!(
        flooded.is_connected(),
        "256 kB are within the bound of this protocol"
    );
    let slow = pair(with_fault(0, FaultKind::Slow(Duration::from_millis(100))));
    assert_eq!(slow.jobs().len(), 1);
    let split = pair(with_fault(0, FaultKind::SplitWrites));
    assert_eq!(split.jobs().len(), 1);
}

#[test]
fn a_login_that_the_pool_does_not_know_is_refused() {
    let mut strict = pool();
    strict.login = Some(("somebody".to_owned(), Secret::new("else")));
    let pair = pair(strict);
    assert!(
        pair.ends[0].contains("refused worker \"worker\""),
        "{:?}",
        pair.ends
    );
    let ready = |event: &PoolEvent| matches!(event, PoolEvent::Ready);
    assert!(!pair.events.iter().any(ready));
}

#[test]
fn a_solved_block_begins_the_next_one() {
    let mut pair = pair(EmulatorSettings {
        difficulty: midstate::units::Difficulty::new(1.0).unwrap(),
        ..pool()
    });
    let first = pair.last_job();
    let mut shares = 0;
    while std::sync::Arc::ptr_eq(&first, &pair.last_job()) {
        let share = blob_share(&first, pair.now);
        assert_eq!(pair.submit(&share).1, Some(Outcome::Accepted));
        shares += 1;
        assert!(shares < 10_000, "one digest in 256 solves the block");
    }
    assert!(pair.last_job().clean);
}
