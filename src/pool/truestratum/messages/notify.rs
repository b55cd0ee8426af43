//! `mining.notify`: a header's hash and the name of the dataset to hash it with.

use bytes::Bytes;
use serde_json::Value;

use crate::pool::SessionError;
use crate::pool::stratum_v1::messages::Fields;

const STEP: &str = "mining.notify";
/// The longest job id that is taken, in bytes: it has to fit a line to the pool.
const MAX_JOB_ID: usize = 256;

/// A job as the pool gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pool::truestratum) struct Notify {
    /// The pool's name for it.
    pub(in crate::pool::truestratum) job_id: Bytes,
    /// Names the dataset.
    pub(in crate::pool::truestratum) seedhash: [u8; 32],
    /// What is hashed with a nonce.
    pub(in crate::pool::truestratum) header_hash: [u8; 32],
    /// Whether the jobs before it are void.
    pub(in crate::pool::truestratum) clean: bool,
}

impl Notify {
    /// Reads `[job_id, seedhash, headerhash, clean_jobs]`.
    ///
    /// # Errors
    /// What is missing or out of its bounds.
    pub(in crate::pool::truestratum) fn parse(params: &[Value]) -> Result<Self, SessionError> {
        let fields = Fields::new(STEP, params);
        let job_id = fields.text(0, "job_id")?;
        if job_id.len() > MAX_JOB_ID {
            return Err(fields.wrong(0, "job_id", "at most 256 bytes"));
        }
        Ok(Self {
            job_id: Bytes::copy_from_slice(job_id.as_bytes()),
            seedhash: fields.bytes32(1, "seedhash")?,
            header_hash: fields.bytes32(2, "headerhash")?,
            clean: fields.flag(3, "clean_jobs")?,
        })
    }

    /// The job's name as text.
    pub(in crate::pool::truestratum) fn job_id(&self) -> &str {
        std::str::from_utf8(&self.job_id).expect("it was made of text")
    }
}
