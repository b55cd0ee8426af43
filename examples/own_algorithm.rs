//! An own algorithm in a few lines: MD5 as in NightMiner's documentation, corrected.
//!
//! `cargo run --example own_algorithm` mines three shares of a job made by hand. With arguments it is all of midstate, with one algorithm
//! more: `cargo run --example own_algorithm -- demo --algo md5 --seconds 10`.
//!
//! NightMiner's text puts sixteen ASCII zeros behind the digest, which no target is ever above. Here it is sixteen zero bytes, and in front:
//! digests are read as numbers whose least significant byte comes first, so MD5 is the half that counts.
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::process::ExitCode;

use md5::{Digest, Md5};
use midstate::algorithm::{self, OwnAlgorithm};
use midstate::nightminer::{HandShare, Subscription};
use midstate::units::Target;

/// Sixteen zero bytes and the digest of MD5.
static MD5: OwnAlgorithm = OwnAlgorithm::new("md5", Target::DIFFICULTY_ONE, |header| {
    let mut digest = [0; 32];
    digest[16..].copy_from_slice(&Md5::digest(header));
    digest
});

fn main() -> Result<ExitCode, Box<dyn Error>> {
    algorithm::register(&MD5)?;
    if std::env::args().len() > 1 {
        return Ok(midstate::cli::main(std::env::args_os()));
    }
    for share in shares()? {
        println!("nonce {}: {}", share.nonce().to_u64(), share.hash());
    }
    Ok(ExitCode::SUCCESS)
}

/// Three shares of a job made by hand.
fn shares() -> Result<Vec<HandShare>, Box<dyn Error>> {
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

#[cfg(test)]
mod tests {
    use midstate::algorithm;
    use midstate::pool::PROTOCOLS;

    use super::{MD5, shares};

    #[test]
    fn shares_are_found_and_the_algorithm_is_known_to_all() {
        algorithm::register(&MD5).expect("it is registered once");
        let shares = shares().expect("the header is in order");
        let nonces: Vec<u64> = shares.iter().map(|share| share.nonce().to_u64()).collect();
        assert_eq!(nonces, [67_101, 108_284, 225_582], "the fact sheet's");
        assert!(algorithm::names().contains(&"md5"));
        let found = PROTOCOLS[0].algorithm(Some("md5"));
        assert_eq!(found.expect("Stratum carries it").name(), "md5");
        assert!(algorithm::register(&MD5).is_err());
    }
}
