//! `mining.notify`: a job.

use bytes::Bytes;
use serde_json::Value;

use super::Fields;
use crate::pool::SessionError;
use crate::units::{CompactTarget, Hash256, Target};
use crate::work::CoinbaseTemplate;

/// The longest job id that is taken, in bytes: it is echoed in every share.
const MAX_JOB_ID: usize = 256;

/// A job as the pool describes it; complete only with the connection's extranonce1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pool::stratum_v1) struct Notify {
    /// The pool's name for the job, text without control characters.
    pub(in crate::pool::stratum_v1) job_id: Bytes,
    /// Previous block.
    pub(in crate::pool::stratum_v1) previous: Hash256,
    /// Coinbase before extranonce1.
    pub(in crate::pool::stratum_v1) prefix: Vec<u8>,
    /// Coinbase after extranonce2.
    pub(in crate::pool::stratum_v1) suffix: Vec<u8>,
    /// Merkle branch in internal order, leaf side first.
    pub(in crate::pool::stratum_v1) branch: Vec<[u8; 32]>,
    /// Header version before rolling.
    pub(in crate::pool::stratum_v1) version: u32,
    /// Compact network target.
    pub(in crate::pool::stratum_v1) nbits: u32,
    /// What `nbits` stands for.
    pub(in crate::pool::stratum_v1) network_target: Target,
    /// Header time, Unix seconds.
    pub(in crate::pool::stratum_v1) ntime: u32,
    /// Whether the pool says that all jobs before are void.
    pub(in crate::pool::stratum_v1) clean: bool,
}

impl Notify {
    /// Reads the parameters; more than nine are fine, and the last (`clean_jobs`) may be missing.
    ///
    /// # Errors
    /// The first field out of its bounds, with its value.
    pub(in crate::pool::stratum_v1) fn parse(params: &[Value]) -> Result<Self, SessionError> {
        let fields = Fields::new("mining.notify", params);
        let (prefix, suffix) = coinbase(&fields)?;
        let (nbits, network_target) = network_target(&fields)?;
        Ok(Self {
            job_id: job_id(&fields)?,
            previous: fields.previous_hash(1, "prevhash")?,
            prefix,
            suffix,
            branch: fields.hashes(4, "merkle_branch", CoinbaseTemplate::MAX_BRANCH)?,
            version: fields.word(5, "version")?,
            nbits,
            network_target,
            ntime: fields.word(7, "ntime")?,
            clean: fields.flag(8, "clean_jobs")?,
        })
    }
}

fn job_id(fields: &Fields<'_>) -> Result<Bytes, SessionError> {
    let text = fields.text(0, "job_id")?;
    if !is_job_id(text) {
        return Err(fields.wrong(0, "job_id", "at most 256 printable bytes"));
    }
    Ok(Bytes::copy_from_slice(text.as_bytes()))
}

/// Whether a job may be called that.
pub(super) fn is_job_id(text: &str) -> bool {
    text.len() <= MAX_JOB_ID && !text.chars().any(char::is_control)
}

fn coinbase(fields: &Fields<'_>) -> Result<(Vec<u8>, Vec<u8>), SessionError> {
    let prefix = fields.bytes(2, "coinb1", CoinbaseTemplate::MAX_SIZE)?;
    if prefix.is_empty() {
        return Err(fields.wrong(2, "coinb1", "the beginning of a transaction"));
    }
    let left = CoinbaseTemplate::MAX_SIZE.saturating_sub(prefix.len());
    Ok((prefix, fields.bytes(3, "coinb2", left)?))
}

fn network_target(fields: &Fields<'_>) -> Result<(u32, Target), SessionError> {
    let nbits = fields.word(6, "nbits")?;
    let target = network_target_of(nbits)
        .ok_or_else(|| fields.wrong(6, "nbits", "a target that a hash can meet"))?;
    Ok((nbits, target))
}

/// What `nbits` stands for, if a hash can meet it.
pub(super) fn network_target_of(nbits: u32) -> Option<Target> {
    CompactTarget::from_consensus(nbits).to_target().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample() -> Vec<Value> {
        let params = json!([
            "bf",
            "4d16b6f85af6e2198f44ae2a6de67f78487ae5611b77c6c0440b921e00000000",
            "0100",
            "ff",
            [],
            "00000002",
            "1c2ac4af",
            "504e86b9",
            false
        ]);
        params.as_array().unwrap().clone()
    }

    #[test]
    fn short_and_long_lists_are_fine() {
        let mut params = sample();
        let whole = Notify::parse(&params).unwrap();
        assert_eq!(
            whole.previous.to_string(),
            "00000000440b921e1b77c6c0487ae5616de67f788f44ae2a5af6e2194d16b6f8"
        );
        params.push(json!({"more": 1}));
        assert_eq!(Notify::parse(&params).unwrap(), whole);
        params.truncate(8);
        assert_eq!(Notify::parse(&params).unwrap(), whole);
        params.push(json!(1));
        assert!(Notify::parse(&params).unwrap().clean);
    }

    #[test]
    fn each_field_out_of_bounds_is_named_with_its_value() {
        let hash = "00".repeat(32);
        for (at, value, words) in [
            (0, json!(5), "job_id must be text, got 5"),
            (0, json!("x".repeat(257)), "job_id must be at most 256"),
            (0, json!("a\nb"), "job_id must be"),
            (1, json!("00"), "prevhash must be 64 hex digits, got \"00\""),
            (2, json!(""), "coinb1 must be the beginning"),
            (
                2,
                json!("abc"),
                "coinb1 must be at most 100000 bytes in hex, got \"abc\"",
            ),
            (3, json!("zz"), "coinb2 must be"),
            (
                3,
                json!("00".repeat(100_000)),
                "coinb2 must be at most 99998",
            ),
            (
                4,
                json!(null),
                "merkle_branch must be a list of at most 32 hashes, got null",
            ),
            (
                4,
                json!(vec![hash.clone(); 10_000]),
                "got a list of 10000 items",
            ),
            (
                4,
                json!(["00"]),
                "each of merkle_branch must be 64 hex digits, got \"00\"",
            ),
            (5, json!(2), "version must be text, got 2"),
            (
                6,
                json!("00000000"),
                "nbits must be a target that a hash can meet",
            ),
            (6, json!("1d80ffff"), "nbits must be"),
            (7, json!("-1"), "ntime must be"),
            (
                8,
                json!("yes"),
                "clean_jobs must be true or false, got \"yes\"",
            ),
        ] {
            let mut params = sample();
            params[at] = value;
            let error = Notify::parse(&params).unwrap_err().to_string();
            assert!(error.starts_with("mining.notify: "), "{error}");
            assert!(error.contains(words), "{error}\n{words}");
        }
        assert!(Notify::parse(&sample()[..7]).is_err());
        assert!(Notify::parse(&[]).is_err());
    }
}
