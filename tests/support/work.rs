//! A board made of a loop: for tests that need a few shares, at a difficulty that takes a few hundred hashes.

use std::sync::Arc;
use std::time::Instant;

use midstate::units::{Difficulty, Nonce, Target};
use midstate::work::{Assignment, Checked, Found, Job, Share, WorkUnit};

/// One share in 256 hashes.
pub fn easy() -> Difficulty {
    Target::from_zero_bits(8).to_difficulty_lossy()
}

/// The first share of a piece of work, from nonce `from` on.
pub fn share_of(unit: &WorkUnit, from: u32) -> Share {
    (from..from + 1_000_000)
        .find_map(|nonce| check(unit, nonce, None))
        .expect("a share within a million nonces: is the difficulty easy?")
}

/// A share of the job's next piece of work.
pub fn share(job: &Arc<Job>, now: Instant) -> Share {
    shares(job, now, 1).remove(0)
}

/// Shares of as many pieces of work of one job.
pub fn shares(job: &Arc<Job>, now: Instant, count: usize) -> Vec<Share> {
    let mut assignment = Assignment::new(Arc::clone(job), true);
    (0..count)
        .map(|_| share_of(&assignment.next_work(now).unwrap(), 0))
        .collect()
}

/// A share of the next few nonces of a blob's job.
pub fn blob_share(job: &Arc<Job>, now: Instant) -> Share {
    let mut assignment = Assignment::new(Arc::clone(job), false);
    assignment.set_slice(Some(20_000));
    let unit = assignment.next_work(now).unwrap();
    let field = unit.input().field();
    unit.nonces()
        .map(|count| Found::nonce(field.nonce(count)))
        .find_map(|found| match unit.check(found, &job.target) {
            Checked::Share(share) => Some(share),
            _ => None,
        })
        .expect("a share within 20000 nonces: is the target easy?")
}

/// A share whose board rolled the version by itself.
pub fn rolled_share(job: &Arc<Job>, version_bits: u32, now: Instant) -> Share {
    let unit = Assignment::new(Arc::clone(job), true)
        .next_work(now)
        .unwrap();
    let version = job.template.header().unwrap().version | version_bits;
    (0..1_000_000)
        .find_map(|nonce| check(&unit, nonce, Some(version)))
        .unwrap()
}

fn check(unit: &WorkUnit, nonce: u32, version: Option<u32>) -> Option<Share> {
    let found = Found {
        nonce: Nonce::from_u32(nonce),
        version,
    };
    match unit.check(found, &unit.job().target) {
        Checked::Share(share) => Some(share),
        _ => None,
    }
}
