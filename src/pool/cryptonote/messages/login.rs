//! The answer to login.

use serde_json::Value;

use super::fields::Fields;
use super::job::JobMessage;
use crate::pool::SessionError;

/// The longest session id that is taken, in bytes.
const MAX_SESSION: usize = 256;

/// What a pool says to a miner that it takes.
#[derive(Debug)]
pub(in crate::pool::cryptonote) struct Welcome {
    /// Names us in everything that follows.
    pub(in crate::pool::cryptonote) session: String,
    /// The first job, where the answer has it.
    pub(in crate::pool::cryptonote) job: Option<JobMessage>,
    /// Shares are to say what they are hashed with.
    pub(in crate::pool::cryptonote) wants_algo: bool,
    /// The top byte of every nonce is the pool's.
    pub(in crate::pool::cryptonote) nicehash: bool,
}

impl Welcome {
    /// Reads `{id, job, status, extensions}`.
    ///
    /// # Errors
    /// What is missing or out of its bounds.
    pub(in crate::pool::cryptonote) fn parse(result: &Value) -> Result<Self, SessionError> {
        let fields = Fields::new("login", result);
        let extensions = fields.get("extensions").as_array();
        let has = |name: &str| extensions.is_some_and(|list| list.iter().any(|item| item == name));
        Ok(Self {
            session: fields.text("id", MAX_SESSION)?.to_owned(),
            job: match fields.get("job") {
                Value::Null => None,
                job => Some(JobMessage::parse(job)?),
            },
            wants_algo: has("algo"),
            nicehash: has("nicehash"),
        })
    }
}
