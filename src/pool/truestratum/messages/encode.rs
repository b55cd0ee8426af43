//! `mining.submit`.

use std::io::Write as _;

use bytes::Bytes;

/// The longest line that is sent, in bytes with its end.
const MAX_LINE_OUT: usize = 1024;

/// A share: the nonce as the decimal text of its 64 bits. `None` when it does not fit a line. `worker_json` is JSON text, quotes included.
pub(in crate::pool::truestratum) fn share_line(
    id: u64,
    worker_json: &str,
    job_id: &str,
    nonce: u64,
) -> Option<Bytes> {
    let mut line = Vec::with_capacity(96 + worker_json.len() + job_id.len());
    write!(
        line,
        "{{\"id\":{id},\"method\":\"mining.submit\",\"params\":[{worker_json},"
    )
    .ok()?;
    serde_json::to_writer(&mut line, job_id).ok()?;
    writeln!(line, ",\"{nonce}\"]}}").ok()?;
    (line.len() <= MAX_LINE_OUT).then(|| line.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nonce_is_decimal() {
        let line = share_line(4, "\"me\"", "b\"f", 1060).unwrap();
        assert_eq!(
            line,
            "{\"id\":4,\"method\":\"mining.submit\",\"params\":[\"me\",\"b\\\"f\",\"1060\"]}\n"
        );
        let line = share_line(5, "\"me\"", "bf", u64::MAX).unwrap();
        assert!(line.ends_with(b",\"18446744073709551615\"]}\n"));
        assert_eq!(share_line(1, &"w".repeat(1000), "bf", 0), None);
    }
}
