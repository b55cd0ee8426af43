//! An own algorithm in a few lines: MD5 as in NightMiner's documentation, corrected.
//!
//! `cargo run --example own_algorithm` mines three shares of a job made by hand. With arguments it is all of midstate, with one algorithm
//! more: `cargo run --example own_algorithm -- demo --algo md5 --seconds 10`.
//!
//! NightMiner's text puts sixteen ASCII zeros behind the digest, which no target is ever above. Here it is sixteen zero bytes, and in front:
//! digests are read as numbers whose least significant byte comes first, so MD5 is the half that counts.
#![allow(clippy::print_stdout, reason = "an example prints")]

use md5::{Digest, Md5};
use midstate::algorithm::{self, OwnAlgorithm};
use midstate::nightminer::{HandShare, Subscription};
use midstate::units::Target;

/// Sixteen zero bytes and the digest of MD5.
pub(crate) static MD5: OwnAlgorithm = OwnAlgorithm::new("md5", Target::DIFFICULTY_ONE, |header| {
    let mut digest = [0; 32];
    digest[16..].copy_from_slice(&Md5::digest(header));
    digest
});

fn main() -> Result<(), Box<dyn std::error::Error>> {
    algorithm::register(&MD5)?;
    if std::env::args().len() > 1 {
        let args = midstate::cli::Args::from_command_line(std::env::args_os())?;
        return midstate::cli::run(&args).map_err(|error| error.report().into());
    }
    for share in shares()? {
        println!("nonce {}: {}", share.nonce().to_u64(), share.hash());
    }
    Ok(())
}

/// Three shares of a job made by hand.
pub(crate) fn shares() -> Result<Vec<HandShare>, Box<dyn std::error::Error>> {
    let mut subscription = Subscription::new(&MD5);
    subscription.set_difficulty(1.0 / 65_536.0)?;
    let mut job = subscription.create_job_of_header(&prefix()?)?;
    Ok(job.mine(0, 1).take(3).collect())
}

/// Version 2, no block before, some merkle root, time 0x01234567 and bits 0xdeadbeef.
fn prefix() -> Result<[u8; 76], hex::FromHexError> {
    let root = "09f7163afb12c07b11dca80fe2918b6594215c119058f517b93fe5220e4e8057";
    let text = format!("02000000{}{root}67452301efbeadde", "00".repeat(32));
    let mut bytes = [0; 76];
    hex::decode_to_slice(text, &mut bytes)?;
    Ok(bytes)
}
