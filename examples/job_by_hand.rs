//! A subscription and a job made by hand: what a pool told once, a few shares of it, and the hashrate. No pool is needed.
//!
//! `cargo run --example job_by_hand`. The job is the one of NightMiner's self-test, at a difficulty that takes a processor a moment.
#![allow(clippy::print_stdout, reason = "an example prints")]

use midstate::algorithm::scrypt::SCRYPT;
use midstate::nightminer::{HandError, HandJob, HandShare, JobFields, Subscription};

fn main() -> Result<(), HandError> {
    let (job, shares) = mined()?;
    for share in shares {
        println!("\"worker\" {share}: {}", share.hash());
    }
    println!("{} hashes at {}", job.hashes(), job.hashrate());
    Ok(())
}

/// The job, and five shares of it.
fn mined() -> Result<(HandJob, Vec<HandShare>), HandError> {
    let mut subscription = Subscription::new(&SCRYPT);
    subscription.set_subscription("a session", &[0xf8, 0x00, 0x88, 0x0e], 4)?;
    subscription.set_difficulty(1.0 / 1024.0)?;
    subscription.set_worker_name("worker");
    let mut job = subscription.create_job(&JobFields {
        job_id: "1db7",
        prevhash: "0b29bfff96c5dc08ee65e63d7b7bab431745b089ff0cf95b49a1631e1d2f9f31",
        coinb1: "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff2503777d07062f503253482f0405b8c75208",
        coinb2: "0b2f436f696e48756e74722f0000000001603f352a010000001976a914c633315d376c20a973a758f7422d67f7bfed9c5888ac00000000",
        merkle_branches: &[
            "f0dbca1ee1a9f6388d07d97c1ab0de0e41acdf2edac4b95780ba0a1ec14103b3",
            "8e43fd2988ac40c5d97702b7e5ccdf5b06d58f0e0d323f74dd5082232c1aedf7",
        ],
        version: "00000002",
        nbits: "1b148272",
        ntime: "52c7b81a",
    })?;
    let shares = job.mine(0, 1).take(5).collect();
    Ok((job, shares))
}

#[cfg(test)]
mod tests {
    #[test]
    fn shares_meet_the_target_of_their_job() {
        let (job, shares) = super::mined().expect("the job is in order");
        assert_eq!(shares.len(), 5);
        for share in &shares {
            assert!(job.target().is_met_by(share.hash()), "{share}");
        }
        assert!(job.hashrate().get() > 0.0 && job.hashes() > 5);
    }
}
