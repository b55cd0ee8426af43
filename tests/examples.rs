//! The examples, run.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use midstate::algorithm;
use midstate::pool::PROTOCOLS;

#[allow(dead_code, reason = "its main is for people")]
#[path = "../examples/job_by_hand.rs"]
mod job_by_hand;
#[allow(dead_code, reason = "its main is for people")]
#[path = "../examples/own_algorithm.rs"]
mod own_algorithm;

#[test]
fn an_own_algorithm_finds_its_shares_and_is_known_to_all() {
    algorithm::register(&own_algorithm::MD5).unwrap();
    let nonces: Vec<u64> = own_algorithm::shares()
        .unwrap()
        .iter()
        .map(|share| share.nonce().to_u64())
        .collect();
    assert_eq!(nonces, [67_101, 108_284, 225_582], "the fact sheet's");
    assert!(algorithm::names().contains(&"md5"));
    let stratum = PROTOCOLS[0];
    assert_eq!(stratum.algorithm(Some("md5")).unwrap().name(), "md5");
    assert!(algorithm::register(&own_algorithm::MD5).is_err());
}

#[test]
fn a_job_by_hand_finds_shares_that_meet_its_target() {
    let (job, shares) = job_by_hand::mined().unwrap();
    assert_eq!(shares.len(), 5);
    for share in &shares {
        assert!(job.target().is_met_by(share.hash()), "{share}");
    }
    assert!(job.hashrate().get() > 0.0 && job.hashes() > 5);
}
