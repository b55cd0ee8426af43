//! The job whose work the benches make.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use midstate::algorithm::sha256d::{SHA256D, hasher};
use midstate::units::{Hash256, Target};
use midstate::work::{
    CoinbaseTemplate, HeaderTemplate, Job, JobKey, SearchSpace, SourceId, Template,
};

/// A coinbase of 250 bytes and 12 merkle branches, as `performance.md` has it.
pub(crate) fn job(version_mask: u32) -> Arc<Job> {
    let branch = (0..12).map(|i| [i; 32]).collect();
    let coinbase = CoinbaseTemplate::new(&[0xab; 100], &[1, 2, 3, 4], 4, &[0xcd; 142], branch)
        .expect("sizes are within bounds");
    let fixed = HeaderTemplate {
        version: 0x2000_0000,
        previous: Hash256::ZERO,
        merkle_root: Hash256::ZERO,
        ntime: 1_700_000_000,
        nbits: 0x1703_4219,
    };
    Arc::new(Job {
        source: SourceId(0),
        session: 0,
        key: JobKey(Bytes::from_static(b"1")),
        algorithm: &SHA256D,
        hasher: hasher(),
        template: Template::Coinbase {
            fixed,
            coinbase: Box::new(coinbase),
        },
        target: Target::ZERO,
        network_target: None,
        version_mask,
        max_ntime_roll: 0,
        clean: true,
        voids: true,
        received: Instant::now(),
        space: Arc::new(SearchSpace::new(4, 0, 1_700_000_000)),
    })
}
