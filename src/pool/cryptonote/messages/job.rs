//! A job: in the answer to login, or on its own.

use serde_json::Value;

use super::algo::AlgoName;
use super::fields::Fields;
use super::target::from_field;
use crate::pool::SessionError;
use crate::work::HashInput;

/// Where the nonce stands in a blob: after two bytes of version, five of time and 32 of the previous block's name.
pub(in crate::pool::cryptonote) const NONCE_AT: usize = 39;
/// Bytes of a nonce.
pub(in crate::pool::cryptonote) const NONCE_SIZE: usize = 4;
/// The shortest blob: the nonce is its end (and variant 1 reads up to there).
const MIN_BLOB: usize = NONCE_AT + NONCE_SIZE;
/// The longest job id that is taken, in bytes: it has to fit a line to the pool.
const MAX_JOB_ID: usize = 256;

/// A job as the pool gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pool::cryptonote) struct JobMessage {
    /// The pool's name for it, opaque.
    pub(in crate::pool::cryptonote) id: String,
    pub(in crate::pool::cryptonote) blob: Vec<u8>,
    /// The last eight bytes of a share's hash are below it.
    pub(in crate::pool::cryptonote) target: u64,
    pub(in crate::pool::cryptonote) algo: AlgoName,
    /// RandomX's key.
    pub(in crate::pool::cryptonote) seed_hash: Option<[u8; 32]>,
}

impl JobMessage {
    /// Reads a job's object. `height` is of no use to what we hash, and often 0.
    ///
    /// # Errors
    /// What is missing or out of its bounds.
    pub(in crate::pool::cryptonote) fn parse(job: &Value) -> Result<Self, SessionError> {
        let fields = Fields::new("job", job);
        let blob = fields.bytes("blob", MIN_BLOB, HashInput::MAX)?;
        let target = fields.bytes("target", 4, 8)?;
        let target = from_field(&target)
            .ok_or_else(|| fields.wrong("target", "4 or 8 bytes in hex, not zero"))?;
        Ok(Self {
            id: fields.text("job_id", MAX_JOB_ID)?.to_owned(),
            target,
            algo: AlgoName::of_job(&fields, &blob),
            seed_hash: seed_hash(&fields)?,
            blob,
        })
    }

    /// The nonce that stands in the blob, least significant byte first.
    pub(in crate::pool::cryptonote) fn nonce(&self) -> u32 {
        let mut bytes = [0; NONCE_SIZE];
        bytes.copy_from_slice(&self.blob[NONCE_AT..NONCE_AT + NONCE_SIZE]);
        u32::from_le_bytes(bytes)
    }
}

fn seed_hash(fields: &Fields<'_>) -> Result<Option<[u8; 32]>, SessionError> {
    if matches!(fields.get("seed_hash"), Value::Null) || fields.get("seed_hash") == "" {
        return Ok(None);
    }
    let bytes = fields.bytes("seed_hash", 32, 32)?;
    Ok(bytes.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn job() -> Value {
        let blob = format!("0707{}", "11".repeat(74));
        json!({"blob": blob, "job_id": "a/+b", "target": "b88d0600", "height": 0})
    }

    #[test]
    fn a_job_as_pools_send_it() {
        let read = JobMessage::parse(&job()).unwrap();
        assert_eq!(read.id, "a/+b");
        assert_eq!(read.algo.find(None).unwrap().name(), "cn/1");
        assert_eq!(
            (read.target, read.nonce()),
            (0x0006_8db8_bac7_10cb, 0x1111_1111)
        );
        assert_eq!(read.seed_hash, None);
    }

    #[test]
    fn every_field_is_bounded() {
        let with = |key: &str, value: Value| {
            let mut job = job();
            job[key] = value;
            JobMessage::parse(&job).map_err(|error| error.to_string())
        };
        for (key, value) in [
            ("blob", json!("07".repeat(42))),
            ("blob", json!("07".repeat(129))),
            ("blob", json!("0")),
            ("blob", json!(7)),
            ("target", json!("00000000")),
            ("target", json!("0000000000")),
            ("target", json!("zz")),
            ("job_id", json!("")),
            ("job_id", json!("j".repeat(257))),
            ("job_id", json!(null)),
            ("seed_hash", json!("11")),
        ] {
            let error = with(key, value.clone()).unwrap_err();
            assert!(error.starts_with(&format!("job: {key} must be")), "{error}");
        }
        assert_eq!(
            with("seed_hash", json!("22".repeat(32))).unwrap().seed_hash,
            Some([0x22; 32])
        );
        assert_eq!(with("seed_hash", json!("")).unwrap().seed_hash, None);
    }
}
