//! Lines to the other side: compact JSON, never longer than 1024 bytes with their end.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::pool::cryptonote::MAX_LINE_OUT;

/// A request; `None` when it does not fit a line.
pub(in crate::pool::cryptonote) fn request_line(
    id: u64,
    method: &str,
    params: &Value,
) -> Option<Bytes> {
    line(&json!({"id": id, "jsonrpc": "2.0", "method": method, "params": params}))
}

/// The answer to a request of the other side.
pub(in crate::pool::cryptonote) fn answer_line(id: &Value, result: &Value) -> String {
    json!({"id": id, "jsonrpc": "2.0", "error": null, "result": result}).to_string()
}

/// The refusal of a request of the other side.
pub(in crate::pool::cryptonote) fn error_line(id: &Value, text: &str) -> String {
    json!({"id": id, "jsonrpc": "2.0", "error": {"code": -1, "message": text}}).to_string()
}

fn line(value: &Value) -> Option<Bytes> {
    let mut text = value.to_string();
    text.push('\n');
    (text.len() <= MAX_LINE_OUT).then(|| text.into())
}

/// What `submit` carries.
pub(in crate::pool::cryptonote) struct ShareFields<'a> {
    pub(in crate::pool::cryptonote) session: &'a str,
    pub(in crate::pool::cryptonote) job_id: &'a str,
    /// The four bytes as they stand in the blob.
    pub(in crate::pool::cryptonote) nonce: [u8; 4],
    /// As the hash function wrote it.
    pub(in crate::pool::cryptonote) hash: &'a [u8; 32],
    /// Where the pool wants it.
    pub(in crate::pool::cryptonote) algo: Option<&'a str>,
}

/// `submit`; `None` when it does not fit a line.
pub(in crate::pool::cryptonote) fn share_line(id: u64, share: &ShareFields<'_>) -> Option<Bytes> {
    let mut params = json!({
        "id": share.session,
        "job_id": share.job_id,
        "nonce": hex::encode(share.nonce),
        "result": hex::encode(share.hash),
    });
    if let Some(algo) = share.algo {
        params["algo"] = algo.into();
    }
    request_line(id, "submit", &params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_share() {
        let mut hash = [0; 32];
        let text = "e1364b8782719d7683e2ccd3d8f724bc59dfa780a9e960e7c0e0046acdb40100";
        hex::decode_to_slice(text, &mut hash).unwrap();
        let share = ShareFields {
            session: "1be0b7b6",
            job_id: "4BiGm3/RgGQzgkTI/xV0smdA+EGZ",
            nonce: [0xd0, 0x03, 0x00, 0x40],
            hash: &hash,
            algo: None,
        };
        let line = share_line(2, &share).unwrap();
        let line: Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(
            line,
            json!({"id": 2, "jsonrpc": "2.0", "method": "submit", "params": {
                "id": "1be0b7b6", "job_id": "4BiGm3/RgGQzgkTI/xV0smdA+EGZ",
                "nonce": "d0030040", "result": text
            }})
        );
        let long = "j".repeat(1024);
        assert!(
            share_line(
                2,
                &ShareFields {
                    job_id: &long,
                    ..share
                }
            )
            .is_none()
        );
    }
}
