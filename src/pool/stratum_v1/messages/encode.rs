//! Lines to the other side: compact JSON, never longer than 1024 bytes with their end.

use std::io::Write as _;

use bytes::Bytes;
use serde_json::Value;

use crate::pool::stratum_v1::MAX_LINE_OUT;

/// A request; `None` when it does not fit a line.
pub(in crate::pool) fn request_line(id: u64, method: &str, params: &Value) -> Option<Bytes> {
    line(&serde_json::json!({ "id": id, "method": method, "params": params }))
}

/// The answer to a request of the other side.
pub(in crate::pool) fn answer_line(id: &Value, result: &Value) -> Option<Bytes> {
    line(&serde_json::json!({ "id": id, "result": result, "error": null }))
}

/// The refusal of a request of the other side.
pub(in crate::pool) fn error_line(id: &Value, code: i32, text: &str) -> Option<Bytes> {
    line(&serde_json::json!({ "id": id, "result": null, "error": [code, text, null] }))
}

fn line(value: &Value) -> Option<Bytes> {
    let mut text = value.to_string();
    text.push('\n');
    (text.len() <= MAX_LINE_OUT).then(|| text.into())
}

/// What `mining.submit` carries.
pub(in crate::pool) struct ShareFields<'a> {
    /// The worker's name as JSON text, quotes included.
    pub(in crate::pool) worker_json: &'a str,
    pub(in crate::pool) job_id: &'a str,
    pub(in crate::pool) extranonce2: &'a [u8],
    pub(in crate::pool) ntime: u32,
    pub(in crate::pool) nonce: u32,
    /// Always given once version rolling was accepted, never otherwise (BIP310).
    pub(in crate::pool) version_bits: Option<u32>,
}

/// `mining.submit`, written in one buffer; `None` when it does not fit a line.
pub(in crate::pool) fn share_line(id: u64, share: &ShareFields<'_>) -> Option<Bytes> {
    let size = 160 + share.worker_json.len() + share.job_id.len();
    let mut line = Vec::with_capacity(size);
    write!(
        line,
        "{{\"id\":{id},\"method\":\"mining.submit\",\"params\":["
    )
    .ok()?;
    line.extend_from_slice(share.worker_json.as_bytes());
    line.push(b',');
    serde_json::to_writer(&mut line, share.job_id).ok()?;
    push_hex(&mut line, share.extranonce2);
    push_hex(&mut line, &share.ntime.to_be_bytes());
    push_hex(&mut line, &share.nonce.to_be_bytes());
    if let Some(bits) = share.version_bits {
        push_hex(&mut line, &bits.to_be_bytes());
    }
    line.extend_from_slice(b"]}\n");
    (line.len() <= MAX_LINE_OUT).then(|| line.into())
}

/// Appends `,"hex"`.
fn push_hex(line: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    line.extend_from_slice(b",\"");
    for byte in bytes {
        line.push(DIGITS[usize::from(byte >> 4)]);
        line.push(DIGITS[usize::from(byte & 15)]);
    }
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share<'a>(worker_json: &'a str, job_id: &'a str) -> ShareFields<'a> {
        ShareFields {
            worker_json,
            job_id,
            extranonce2: &[0, 0, 0, 1],
            ntime: 0x504e_86ed,
            nonce: 0xb295_7c02,
            version_bits: None,
        }
    }

    #[test]
    fn the_share_of_the_stratum_document() {
        let line = share_line(4, &share("\"slush.miner1\"", "bf")).unwrap();
        assert_eq!(
            line,
            "{\"id\":4,\"method\":\"mining.submit\",\"params\":[\"slush.miner1\",\"bf\",\"00000001\",\"504e86ed\",\"b2957c02\"]}\n"
        );
        let rolled = ShareFields {
            version_bits: Some(0),
            ..share("\"w\"", "q\"")
        };
        let line = share_line(4, &rolled).unwrap();
        let text = std::str::from_utf8(&line).unwrap();
        assert!(text.contains("\"q\\\"\"") && text.ends_with(",\"00000000\"]}\n"));
    }

    #[test]
    fn no_line_is_longer_than_1024_bytes() {
        let worker = format!("\"{}\"", "w".repeat(800));
        assert!(share_line(u64::MAX, &share(&worker, "bf")).is_some());
        assert!(share_line(u64::MAX, &share(&worker, &"j".repeat(256))).is_none());
        let long = serde_json::json!(["x".repeat(1024)]);
        assert_eq!(request_line(1, "mining.authorize", &long), None);
    }
}
