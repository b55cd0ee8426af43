//! One job served as it stands: for tests against published messages.

use serde_json::Value;

use crate::pool::emulation::ChainJob;
use crate::units::printable;

/// One job that an emulated pool serves for ever, with every client on the same extranonce1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedJob {
    pub(in crate::pool) extranonce1: Vec<u8>,
    pub(in crate::pool) job: ChainJob,
}

/// Why a text is no job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("fixed job: {what} is unusable: {got}")]
pub struct FixedJobError {
    /// Which part.
    pub what: &'static str,
    /// What stood there, safe to show.
    pub got: String,
}

impl FixedJob {
    /// A job from extranonce1 in hex and the parameters of `mining.notify` as a JSON list of nine, served verbatim.
    ///
    /// # Errors
    /// The first part that does not decode.
    pub fn parse(extranonce1: &str, notify_params: &str) -> Result<Self, FixedJobError> {
        let params: Value = serde_json::from_str(notify_params)
            .map_err(|_| unusable("the list of parameters", notify_params))?;
        Ok(Self {
            extranonce1: hex::decode(extranonce1)
                .map_err(|_| unusable("extranonce1", extranonce1))?,
            job: job(&params)?,
        })
    }
}

fn job(params: &Value) -> Result<ChainJob, FixedJobError> {
    let mut previous = hash("prevhash", &params[1])?;
    for word in previous.chunks_exact_mut(4) {
        word.reverse();
    }
    let branch = params[4].as_array().map_or(&[][..], Vec::as_slice);
    Ok(ChainJob {
        id: text("job_id", &params[0])?.to_owned(),
        previous,
        prefix: bytes("coinb1", &params[2])?,
        suffix: bytes("coinb2", &params[3])?,
        branch: branch
            .iter()
            .map(|step| hash("merkle_branch", step))
            .collect::<Result<_, _>>()?,
        version: word("version", &params[5])?,
        nbits: word("nbits", &params[6])?,
        ntime: word("ntime", &params[7])?,
        clean: params[8].as_bool().unwrap_or_default(),
        verbatim: Some(params.to_string()),
    })
}

fn text<'a>(what: &'static str, value: &'a Value) -> Result<&'a str, FixedJobError> {
    value
        .as_str()
        .ok_or_else(|| unusable(what, &value.to_string()))
}

fn bytes(what: &'static str, value: &Value) -> Result<Vec<u8>, FixedJobError> {
    let text = text(what, value)?;
    hex::decode(text).map_err(|_| unusable(what, text))
}

fn hash(what: &'static str, value: &Value) -> Result<[u8; 32], FixedJobError> {
    let bytes = bytes(what, value)?;
    bytes
        .try_into()
        .map_err(|_| unusable(what, &value.to_string()))
}

fn word(what: &'static str, value: &Value) -> Result<u32, FixedJobError> {
    let text = text(what, value)?;
    u32::from_str_radix(text, 16).map_err(|_| unusable(what, text))
}

fn unusable(what: &'static str, got: &str) -> FixedJobError {
    FixedJobError {
        what,
        got: printable(got, 80),
    }
}
