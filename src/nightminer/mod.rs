//! Jobs made by hand: the interface of NightMiner for Rust.
//!
//! A [`Subscription`] holds what a pool tells once, [`Subscription::create_job`] makes a [`HandJob`] of what it tells for each job, and
//! [`HandJob::mine`] is an iterator of shares. Which pool that is, and how the shares get there, is the caller's matter. For a miner that
//! does all of that, give the algorithm to [`crate::algorithm::register`] and start a [`crate::cli::Miner`].
//!
//! It hashes on the calling thread, with whatever [`Algorithm`] it is given; boards and sockets it has none.
//!
//! ```
//! use midstate::algorithm::sha256d::SHA256D;
//! use midstate::nightminer::Subscription;
//!
//! let mut subscription = Subscription::new(&SHA256D);
//! subscription.set_difficulty(1.0 / 16_777_216.0)?;
//! let mut job = subscription.create_job_of_header(&[7; 76])?;
//! let share = job.mine(0, 1).next().expect("one hash in 256 is a share");
//! println!("{share} at {}", job.hashrate());
//! # Ok::<(), midstate::nightminer::HandError>(())
//! ```

mod fields;
mod job;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

pub use fields::JobFields;
pub use job::{HandJob, HandShare, Mine, Stop};

use crate::algorithm::{Algorithm, AlgorithmError, Hasher};
use crate::units::{Difficulty, Hash256, Target, UnitError};
use crate::work::{CoinbaseTemplate, Job, JobKey, SourceId, Template, WorkError};

/// What a pool tells a worker once, and the algorithm that it has hashed.
#[derive(Debug)]
pub struct Subscription {
    algorithm: &'static dyn Algorithm,
    id: Option<String>,
    worker_name: Option<String>,
    extranonce1: Vec<u8>,
    extranonce2_size: usize,
    target: Target,
}

/// What is wrong with a subscription or a job made by hand.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandError {
    /// A subscription is made once.
    #[error("subscribed already, as {0:?}")]
    Subscribed(String),
    /// A difficulty below zero or no number at all.
    #[error(transparent)]
    Difficulty(#[from] UnitError),
    /// A field of a job that does not decode.
    #[error("{field} must be {expected}, got {got:?}")]
    Field {
        /// Which.
        field: &'static str,
        /// What it takes.
        expected: &'static str,
        /// What stood there, cut to a readable length.
        got: String,
    },
    /// Sizes that make no coinbase; [`Subscription::set_subscription`] comes first.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// The algorithm needs what a header does not tell.
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
}

impl Subscription {
    /// Not subscribed yet, at difficulty 1.
    pub fn new(algorithm: &'static dyn Algorithm) -> Self {
        Self {
            algorithm,
            id: None,
            worker_name: None,
            extranonce1: Vec::new(),
            extranonce2_size: 0,
            target: algorithm.difficulty_one(),
        }
    }

    /// What the pool answers to `mining.subscribe`: the session's id, extranonce1, and how many bytes of extranonce2 are ours.
    ///
    /// # Errors
    /// When it is subscribed already.
    pub fn set_subscription(
        &mut self,
        id: &str,
        extranonce1: &[u8],
        extranonce2_size: usize,
    ) -> Result<(), HandError> {
        if let Some(id) = &self.id {
            return Err(HandError::Subscribed(id.clone()));
        }
        self.id = Some(id.to_owned());
        self.extranonce1 = extranonce1.to_vec();
        self.extranonce2_size = extranonce2_size;
        Ok(())
    }

    /// The difficulty of the jobs to come, on the algorithm's scale; at zero every hash is a share.
    ///
    /// # Errors
    /// A difficulty below zero or no finite number.
    pub fn set_difficulty(&mut self, difficulty: f64) -> Result<(), HandError> {
        self.target = if difficulty == 0.0 {
            Target::MAX
        } else {
            let difficulty = Difficulty::new(difficulty)?;
            Target::from_difficulty_of(difficulty, self.algorithm.difficulty_one())
        };
        Ok(())
    }

    /// The worker's name, as it was authorised.
    pub fn set_worker_name(&mut self, name: &str) {
        self.worker_name = Some(name.to_owned());
    }

    /// The session's id.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The worker's name.
    pub fn worker_name(&self) -> Option<&str> {
        self.worker_name.as_deref()
    }

    /// What a share must meet.
    pub fn target(&self) -> Target {
        self.target
    }

    /// The difficulty, on the algorithm's scale.
    pub fn difficulty(&self) -> Difficulty {
        self.target
            .to_difficulty_of_lossy(self.algorithm.difficulty_one())
    }

    /// Extranonce1 and the size of extranonce2 in bytes.
    pub fn extranonces(&self) -> (&[u8], usize) {
        (&self.extranonce1, self.extranonce2_size)
    }

    /// The digest of a header, in the order in which the algorithm writes it.
    ///
    /// # Errors
    /// When the algorithm needs a seed.
    pub fn proof_of_work(&self, header: &[u8]) -> Result<Hash256, HandError> {
        Ok(self.algorithm.hasher(None)?.hash(header))
    }

    /// A job of what `mining.notify` tells.
    ///
    /// # Errors
    /// A field that does not decode, or sizes that make no coinbase.
    pub fn create_job(&self, fields: &JobFields<'_>) -> Result<HandJob, HandError> {
        let decoded = fields.decode()?;
        let coinbase = CoinbaseTemplate::new(
            &decoded.prefix,
            &self.extranonce1,
            self.extranonce2_size,
            &decoded.suffix,
            decoded.branch,
        )?;
        let template = Template::Coinbase {
            fixed: decoded.header,
            coinbase: Box::new(coinbase),
        };
        self.job(fields.job_id, template)
    }

    /// A job of the first 76 bytes of a header, which leave nothing to roll but the nonce.
    ///
    /// # Errors
    /// When the algorithm needs a seed.
    pub fn create_job_of_header(&self, prefix: &[u8; 76]) -> Result<HandJob, HandError> {
        self.job("", Template::Header(fields::header(prefix)))
    }

    fn job(&self, id: &str, template: Template) -> Result<HandJob, HandError> {
        let hasher: Arc<dyn Hasher> = self.algorithm.hasher(None)?;
        Ok(HandJob::new(Job {
            source: SourceId(0),
            session: 0,
            key: JobKey(Bytes::copy_from_slice(id.as_bytes())),
            algorithm: self.algorithm,
            hasher,
            space: Arc::new(job::first_space(&template)),
            template,
            target: self.target,
            network_target: None,
            version_mask: 0,
            max_ntime_roll: 0,
            clean: true,
            voids: true,
            received: Instant::now(),
        }))
    }
}

#[cfg(test)]
mod tests;
