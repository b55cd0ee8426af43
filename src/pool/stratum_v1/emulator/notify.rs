//! A job as Stratum V1 announces it.

use serde_json::json;

use crate::pool::emulation::ChainJob;

impl ChainJob {
    /// The line that announces it.
    pub(super) fn notify_line(&self, clean: bool) -> String {
        if let Some(params) = &self.verbatim {
            return format!(r#"{{"id":null,"method":"mining.notify","params":{params}}}"#);
        }
        let mut previous = self.previous;
        for word in previous.chunks_exact_mut(4) {
            word.reverse();
        }
        let branch: Vec<String> = self.branch.iter().map(hex::encode).collect();
        json!({"id": null, "method": "mining.notify", "params": [
            self.id,
            hex::encode(previous),
            hex::encode(&self.prefix),
            hex::encode(&self.suffix),
            branch,
            format!("{:08x}", self.version),
            format!("{:08x}", self.nbits),
            format!("{:08x}", self.ntime),
            clean,
        ]})
        .to_string()
    }
}
