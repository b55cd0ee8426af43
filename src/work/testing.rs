//! A job for tests of boards.

use std::sync::Arc;
use std::time::Instant;

use super::{CoinbaseTemplate, HeaderTemplate, Job, JobKey, SearchSpace, SourceId, Template};
use crate::algorithm::sha256d::{SHA256D, hasher};
use crate::units::{Hash256, Target};

/// Version bits that pools allow.
pub(crate) const POOL_MASK: u32 = 0x1fff_e000;

/// A job with more work than any board searches in a day.
pub(crate) fn long_job(target: Target, version_mask: u32, received: Instant) -> Arc<Job> {
    let branch = (0..3).map(|i| [i; 32]).collect();
    let coinbase = CoinbaseTemplate::new(&[0xab; 50], &[1, 2, 3, 4], 8, &[0xcd; 60], branch)
        .expect("sizes are within bounds");
    let fixed = HeaderTemplate {
        version: 0x2000_0000,
        previous: Hash256::from_internal([7; 32]),
        merkle_root: Hash256::ZERO,
        ntime: 1_700_000_000,
        nbits: 0x1703_4219,
    };
    Arc::new(Job {
        source: SourceId(0),
        session: 0,
        key: JobKey(bytes::Bytes::from_static(b"job")),
        algorithm: &SHA256D,
        hasher: hasher(),
        space: Arc::new(SearchSpace::new(8, 0, fixed.ntime)),
        template: Template::Coinbase {
            fixed,
            coinbase: Box::new(coinbase),
        },
        target,
        network_target: None,
        version_mask,
        max_ntime_roll: 0,
        clean: true,
        voids: true,
        received,
    })
}
