//! Session and emulated pool together; the pool hashes every share again.

use std::time::Duration;

use midstate::algorithm::Algorithm;
use midstate::algorithm::cryptonight::{CN_0, CN_2};
use midstate::pool::{EmulatorEvent, EmulatorSettings, FaultKind};
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
    assert!((job.difficulty().get() - 2.0).abs() < 0.01);
    for _ in 0..2 {
        let share = blob_share(&job, pair.now);
        assert_eq!(pair.submit(&share).1, Some(Outcome::Accepted));
        pair.assert_refused(&share, Reject::Duplicate);
    }
    let is_share = |event: &&EmulatorEvent| matches!(event, EmulatorEvent::Share { .. });
    assert_eq!(pair.pool_events.iter().filter(is_share).count(), 4);
    assert!(pair.errors.is_empty() && pair.ends.is_empty());
}

#[test]
fn both_forms_of_targets_and_every_variant_lead_to_accepted_shares() {
    let algorithms: [&'static dyn Algorithm; 2] = [&CN_0, &CN_2];
    for algorithm in algorithms {
        let mut pair = pair(EmulatorSettings {
            algorithm,
            ..pool()
        });
        pair.advance(31 * SECOND);
        let jobs = pair.jobs();
        assert_eq!(jobs.len(), 2, "one at once and one after 30 s");
        assert_eq!(jobs[1].algorithm.name(), algorithm.name());
        let share = blob_share(&jobs[1], pair.now);
        assert_eq!(pair.submit(&share).1, Some(Outcome::Accepted));
    }
}

#[test]
fn a_connection_outlives_long_silence() {
    let mut pair = pair(EmulatorSettings {
        job_interval: Duration::from_secs(600),
        ..pool()
    });
    pair.advance(300 * SECOND);
    assert!(pair.is_connected() && pair.errors.is_empty());
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
    assert!(pair(with_fault(0, FaultKind::Mute)).events.is_empty());
    let idle = pair(with_fault(0, FaultKind::NoJobs));
    assert!(idle.jobs().is_empty() && idle.is_connected());
    let mut noisy = pair(with_fault(10, FaultKind::Garbage));
    noisy.advance(60 * SECOND);
    assert!(!noisy.errors.is_empty() && noisy.is_connected());
    let flooded = pair(with_fault(0, FaultKind::HugeLine));
    assert!(
        flooded.ends[0].contains("a line of more than 16384 bytes"),
        "{:?}",
        flooded.ends
    );
    let split = pair(with_fault(0, FaultKind::SplitWrites));
    assert_eq!(split.jobs().len(), 1);
    let sent_away = pair(with_fault(0, FaultKind::Reconnect));
    assert!(
        sent_away.ends[0].contains("Unauthenticated"),
        "{:?}",
        sent_away.ends
    );
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
}

#[cfg(feature = "randomx")]
#[test]
fn randomx_is_mined_and_keys_change() {
    use midstate::algorithm::randomx::RX_0;
    let mut pair = pair(EmulatorSettings {
        algorithm: &RX_0,
        ..with_fault(40, FaultKind::NewEpoch)
    });
    for _ in 0..2 {
        let share = blob_share(&pair.last_job(), pair.now);
        assert_eq!(pair.submit(&share).1, Some(Outcome::Accepted));
        pair.advance(61 * SECOND);
    }
}
