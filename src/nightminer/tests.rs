//! NightMiner's own self-test, and its interface's corners.

use super::*;
use crate::algorithm::OwnAlgorithm;
use crate::algorithm::scrypt::SCRYPT;
use crate::algorithm::sha256d::SHA256D;

/// The job of NightMiner's self-test: a scrypt pool at difficulty 32 (fact sheet, stratum_v1 number 2).
const SELF_TEST: JobFields<'_> = JobFields {
    job_id: "1db7",
    prevhash: "0b29bfff96c5dc08ee65e63d7b7bab431745b089ff0cf95b49a1631e1d2f9f31",
    coinb1: "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff2503777d07062f503253482f0405b8c75208",
    coinb2: "0b2f436f696e48756e74722f0000000001603f352a010000001976a914c633315d376c20a973a758f7422d67f7bfed9c5888ac00000000",
    merkle_branches: &[
        "f0dbca1ee1a9f6388d07d97c1ab0de0e41acdf2edac4b95780ba0a1ec14103b3",
        "8e43fd2988ac40c5d97702b7e5ccdf5b06d58f0e0d323f74dd5082232c1aedf7",
        "1177601320ac928b8c145d771dae78a3901a089fa4aca8def01cbff747355818",
        "9f64f3b0d9edddb14be6f71c3ac2e80455916e207ffc003316c6a515452aa7b4",
        "2d0b54af60fad4ae59ec02031f661d026f2bb95e2eeb1e6657a35036c017c595",
    ],
    version: "00000002",
    nbits: "1b148272",
    ntime: "52c7b81a",
};
/// The nonce of its share.
const NONCE: u32 = 0x4826_01c0;

fn self_test() -> Subscription {
    let mut subscription = Subscription::new(&SCRYPT);
    let extranonce1 = [0xf8, 0x00, 0x88, 0x0e];
    subscription.set_subscription("s", &extranonce1, 4).unwrap();
    subscription.set_difficulty(32.0).unwrap();
    subscription.set_worker_name("worker");
    subscription
}

#[test]
fn the_self_test_of_nightminer_finds_its_share() {
    let mut job = self_test().create_job(&SELF_TEST).unwrap();
    let share = job.mine(NONCE - 20, 1).next().unwrap();
    assert_eq!(share.to_string(), r#""1db7" 00000000 52c7b81a 482601c0"#);
    let hash = "00000437e55e80a11d6fcd7dc75430bd44ebf49e6544e63401b5f02bafdfa9f5";
    assert_eq!(share.hash().to_string(), hash);
    assert!(job.hashes() >= 21 && job.hashrate().get() > 0.0);
}

#[test]
fn the_merkle_root_is_that_of_the_self_test() {
    let mut job = self_test().create_job(&SELF_TEST).unwrap();
    for _ in 0..2 {
        assert_eq!(
            hex::encode(job.merkle_root_internal().unwrap()),
            "5cc58f5e84aafc740d521b92a7bf72f4e56c4cc3ad1c2159f1d094f97ac34eee"
        );
    }
    assert_eq!(job.job_id(), "1db7");
    let with = |extranonce2: &[u8]| job.merkle_root_internal_with(extranonce2);
    assert_eq!(with(&[0; 4]), job.merkle_root_internal());
    assert!(with(&[0, 0, 0, 1]).is_some_and(|root| Some(root) != with(&[0; 4])));
    assert_eq!(with(&[0; 5]), None);
    // NightMiner looks at the root and then mines: on the very work that it looked at.
    let share = job.mine(NONCE - 20, 1).next().unwrap();
    assert_eq!(share.extranonce2(), "00000000");
    let mut easy = Subscription::new(&SHA256D);
    easy.set_difficulty(0.0).unwrap();
    let mut fixed = easy.create_job_of_header(&[7; 76]).unwrap();
    assert_eq!(fixed.merkle_root_internal(), Some([7; 32]));
    assert!(fixed.mine(0, 1).next().is_some(), "its only work is left");
}

#[test]
fn strides_share_the_nonces_out() {
    let mut subscription = Subscription::new(&SHA256D);
    subscription.set_difficulty(1.0 / 67_108_864.0).unwrap();
    let job = || subscription.create_job_of_header(&[3; 76]).unwrap();
    let nonces = |start, stride, number| -> Vec<u64> {
        let mut job = job();
        let shares = job.mine(start, stride).take(number);
        shares.map(|share| share.nonce().to_u64()).collect()
    };
    let all = nonces(0, 1, 40);
    let mut merged = [nonces(0, 3, 40), nonces(1, 3, 40), nonces(2, 3, 40)].concat();
    merged.sort_unstable();
    assert_eq!(merged[..40], all);
}

#[test]
fn a_stopped_job_yields_nothing_more_and_a_used_up_one_ends() {
    static NEVER: OwnAlgorithm = OwnAlgorithm::new("never", Target::ZERO, |_| [0xff; 32]);
    let mut job = Subscription::new(&NEVER)
        .create_job_of_header(&[0; 76])
        .unwrap();
    assert_eq!(job.mine(u32::MAX - 10, 1).count(), 0, "used up");
    assert_eq!(job.hashes(), 11);
    let mut job = Subscription::new(&NEVER)
        .create_job_of_header(&[0; 76])
        .unwrap();
    job.stopper().stop();
    assert_eq!(job.mine(0, 1).count(), 0);
    assert_eq!(job.hashes(), 0);
}

#[test]
fn at_difficulty_zero_every_hash_is_a_share_under_every_extranonce2() {
    let mut subscription = Subscription::new(&SHA256D);
    subscription.set_subscription("s", &[1], 2).unwrap();
    subscription.set_difficulty(0.0).unwrap();
    assert_eq!(subscription.target(), Target::MAX);
    let mut job = subscription.create_job(&SELF_TEST).unwrap();
    let shares: Vec<(String, u64)> = job
        .mine(u32::MAX - 1, 1)
        .take(4)
        .map(|share| (share.extranonce2(), share.nonce().to_u64()))
        .collect();
    let [first, second] = [0xffff_fffe, 0xffff_ffff];
    let expected = [
        ("0000", first),
        ("0000", second),
        ("0100", first),
        ("0100", second),
    ];
    assert_eq!(
        shares,
        expected.map(|(extranonce2, nonce)| (extranonce2.to_owned(), nonce))
    );
}

#[test]
fn what_does_not_fit_is_said() {
    let mut subscription = self_test();
    assert_eq!(
        subscription
            .set_subscription("t", &[], 4)
            .unwrap_err()
            .to_string(),
        r#"subscribed already, as "s""#
    );
    for wrong in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(subscription.set_difficulty(wrong).is_err());
    }
    assert_eq!(subscription.difficulty().to_string(), "32");
    let job = |fields| subscription.create_job(&fields).unwrap_err().to_string();
    assert_eq!(
        job(JobFields {
            ntime: "52c7b8",
            ..SELF_TEST
        }),
        r#"ntime must be 8 hex digits, got "52c7b8""#
    );
    assert!(
        job(JobFields {
            coinb1: "xy",
            ..SELF_TEST
        })
        .starts_with("coinb1 must be bytes in hex")
    );
    assert!(
        job(JobFields {
            merkle_branches: &["00"],
            ..SELF_TEST
        })
        .starts_with("merkle_branches")
    );
    let unsubscribed = Subscription::new(&SHA256D)
        .create_job(&SELF_TEST)
        .unwrap_err();
    assert!(unsubscribed.to_string().contains("extranonce2 size"));
}
