//! JSON-RPC in HTTP bodies, as Bitcoin nodes and getwork pools speak it: version 1.0, errors with HTTP status 500.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::pool::absence::is_no_error;
use crate::units::printable;
use crate::work::Reject;

/// A request.
pub(crate) fn request_body(id: u64, method: &str, params: &Value) -> Bytes {
    Bytes::from(json!({"method": method, "params": params, "id": id}).to_string())
}

/// An answer with a result.
pub(crate) fn result_body(id: &Value, result: &Value) -> Bytes {
    Bytes::from(json!({"result": result, "error": null, "id": id}).to_string())
}

/// An answer with an error.
pub(crate) fn error_body(id: &Value, code: i64, message: &str) -> Bytes {
    let error = json!({"code": code, "message": message});
    Bytes::from(json!({"result": null, "error": error, "id": id}).to_string())
}

/// What the other side says instead of a result: an object, a list or a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RpcError {
    /// Its number, if there is one.
    pub(crate) code: Option<i64>,
    /// Its words, safe to show and never empty.
    pub(crate) text: String,
}

#[derive(Deserialize)]
struct Envelope<T> {
    #[serde(default = "none")]
    result: Option<T>,
    #[serde(default)]
    error: Value,
}

fn none<T>() -> Option<T> {
    None
}

/// The result (`None`: null) or the error of an answer.
///
/// # Errors
/// What is wrong with the text, safe to show, when it is no answer at all.
pub(crate) fn answer<'a, T: Deserialize<'a>>(
    body: &'a [u8],
) -> Result<Result<Option<T>, RpcError>, String> {
    let envelope: Envelope<T> =
        serde_json::from_slice(body).map_err(|error| problem(body, &error))?;
    if is_no_error(&envelope.error) {
        Ok(Ok(envelope.result))
    } else {
        Ok(Err(RpcError::of(&envelope.error)))
    }
}

fn problem(body: &[u8], error: &serde_json::Error) -> String {
    let start = String::from_utf8_lossy(&body[..body.len().min(200)]);
    let start = printable(start.trim(), 80);
    let error = printable(&error.to_string(), 200);
    if start.is_empty() {
        "an empty answer".to_owned()
    } else {
        format!("no usable JSON ({error}): {start}")
    }
}

impl RpcError {
    fn of(error: &Value) -> Self {
        let (code, text) = match error {
            Value::Object(object) => (
                object.get("code").and_then(number),
                object.get("message").and_then(Value::as_str),
            ),
            Value::Array(items) => (
                items.first().and_then(number),
                items.iter().find_map(Value::as_str),
            ),
            other => (number(other), other.as_str()),
        };
        let text = match (text.map(str::trim), code) {
            (Some(text), _) if !text.is_empty() => printable(text, 200),
            (_, Some(code)) => format!("error {code}"),
            _ => "no reason given".to_owned(),
        };
        Self { code, text }
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    }
}

/// The words of each class of refusal.
const WORDS: [(Reject, &[&str]); 4] = [
    (Reject::Duplicate, &["duplicate", "already submitted"]),
    (
        Reject::Stale,
        &[
            "stale",
            "prevblk",
            "prev-blk",
            "unknown-work",
            "unknown work",
            "work not found",
            "job not found",
            "expired",
            "bad-cb-height",
        ],
    ),
    (
        Reject::LowDifficulty,
        &[
            "high-hash",
            "h-not-zero",
            "above target",
            "low diff",
            "low-diff",
        ],
    ),
    (
        Reject::Unauthorised,
        &[
            "unauthor",
            "not authorized",
            "not authorised",
            "unknown-user",
            "bad-user",
        ],
    ),
];

/// The class of a refusal by its words: those of BIP22, and those that pools made up.
pub(crate) fn class_of(text: &str) -> Reject {
    let text = text.to_ascii_lowercase();
    WORDS
        .iter()
        .find(|(_, words)| words.iter().any(|word| text.contains(word)))
        .map_or(Reject::Other, |(class, _)| *class)
}

/// A word of BIP22 that belongs to a class of refusal.
pub(crate) fn word_of(class: Reject) -> &'static str {
    match class {
        Reject::Stale => "stale-prevblk",
        Reject::Duplicate => "duplicate",
        Reject::LowDifficulty => "high-hash",
        Reject::Unauthorised => "unknown-user",
        Reject::Other => "rejected",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(error: &str) -> (Option<i64>, String) {
        let body = format!("{{\"result\":null,\"error\":{error},\"id\":1}}");
        let error = answer::<Value>(body.as_bytes()).unwrap().unwrap_err();
        (error.code, error.text)
    }

    #[test]
    fn errors_in_every_form() {
        assert_eq!(
            error_of(r#"{"code":-10,"message":"still loading"}"#),
            (Some(-10), "still loading".into())
        );
        assert_eq!(
            error_of(r#"[21,"stale-work",null]"#),
            (Some(21), "stale-work".into())
        );
        assert_eq!(error_of(r#""no""#), (None, "no".into()));
        assert_eq!(error_of("-3"), (Some(-3), "error -3".into()));
        assert_eq!(error_of("{}"), (None, "no reason given".into()));
        assert_eq!(error_of(r#""a\u001b[2J""#).1, "a\\u{1b}[2J");
    }

    #[test]
    fn what_is_no_answer_is_shown_and_cut() {
        assert_eq!(answer::<Value>(b" ").unwrap_err(), "an empty answer");
        let page = [b"<html>".as_slice(), &[b'x'; 5000]].concat();
        let error = answer::<Value>(&page).unwrap_err();
        assert!(error.contains("<html>") && error.len() < 300, "{error}");
        let deep = "[".repeat(100_000);
        assert!(answer::<Value>(deep.as_bytes()).is_err());
        assert!(answer::<u32>(br#"{"result":"x"}"#).is_err());
        assert_eq!(answer::<u32>(br#"{"result":null}"#), Ok(Ok(None)));
        for error in ["null", "false", "0", "\"\"", "[]"] {
            let body = format!("{{\"result\":7,\"error\":{error},\"id\":1}}");
            assert_eq!(answer::<u32>(body.as_bytes()), Ok(Ok(Some(7))), "{error}");
        }
    }

    #[test]
    fn refusals_are_classed_by_the_words_of_bip22() {
        for (text, class) in [
            ("stale-prevblk", Reject::Stale),
            ("stale-work", Reject::Stale),
            ("unknown-work", Reject::Stale),
            ("duplicate", Reject::Duplicate),
            ("high-hash", Reject::LowDifficulty),
            ("unknown-user", Reject::Unauthorised),
            ("time-too-new", Reject::Other),
            ("bad-txnmrklroot", Reject::Other),
        ] {
            assert_eq!(class_of(text), class, "{text}");
        }
    }
}
