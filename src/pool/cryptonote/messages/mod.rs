//! CryptoNote's lines: JSON text to typed messages and back.
//!
//! Everything from outside is bounded and named in its error; nothing here knows what a message means for a session.

mod algo;
mod encode;
mod fields;
mod job;
mod login;
mod shown;
mod target;
mod verdict;

pub(super) use encode::{ShareFields, answer_line, error_line, request_line, share_line};
pub(super) use job::{JobMessage, NONCE_AT, NONCE_SIZE};
pub(super) use login::Welcome;
pub(super) use shown::shown_line;
pub(super) use target::below;
pub(super) use verdict::{Refusal, Remedy};

use serde_json::Value;

use crate::pool::SessionError;
use crate::units::printable;

/// One line from the other side.
#[derive(Debug)]
pub(super) enum Incoming {
    /// Something to do or to know.
    Request(Request),
    /// What became of a request.
    Answer(Answer),
}

/// A request or, without an id, a notification.
#[derive(Debug)]
pub(super) struct Request {
    /// The id to answer under, verbatim; `Null` for a notification.
    pub(super) id: Value,
    pub(super) method: String,
    /// `Null` when missing.
    pub(super) params: Value,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    /// Our request's id; `None` when it is none of ours can have.
    pub(super) id: Option<u64>,
    /// `Null` when missing.
    pub(super) result: Value,
    /// `Null` when missing.
    pub(super) error: Value,
}

impl Incoming {
    /// Reads a line. Key order, extra keys, the form of ids and whether `jsonrpc` is there do not matter.
    ///
    /// # Errors
    /// When it is no JSON object, or one that neither asks nor answers.
    pub(super) fn parse(line: &[u8]) -> Result<Self, SessionError> {
        let value: Value =
            serde_json::from_slice(line).map_err(|error| wrong("line", &error.to_string()))?;
        let Value::Object(mut object) = value else {
            return Err(wrong(
                "line",
                &format!("expected an object, got {}", shown(&value)),
            ));
        };
        let mut take = |key: &str| object.remove(key).unwrap_or_default();
        let id = take("id");
        if let Value::String(method) = take("method") {
            let params = take("params");
            return Ok(Self::Request(Request { id, method, params }));
        }
        let answer = Answer {
            id: request_id(&id),
            result: take("result"),
            error: take("error"),
        };
        if answer.id.is_none() && answer.result.is_null() && answer.error.is_null() {
            return Err(wrong("line", "neither a request nor an answer"));
        }
        Ok(Self::Answer(answer))
    }
}

/// Our ids are integers; some pools send them back as text.
fn request_id(id: &Value) -> Option<u64> {
    match id {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    }
}

/// `value` as it stood in the line, cut to a length that can be shown.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::Null => "nothing".to_owned(),
        other => printable(&other.to_string(), 80),
    }
}

/// An error about `step` that does not end the connection.
pub(super) fn wrong(step: &'static str, problem: &str) -> SessionError {
    SessionError {
        step,
        problem: printable(problem, 200),
        fatal: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_in_every_shape() {
        let answer = |line: &str| match Incoming::parse(line.as_bytes()).unwrap() {
            Incoming::Answer(answer) => answer.id,
            Incoming::Request(_) => panic!("{line}"),
        };
        assert_eq!(
            answer(r#"{"id":7,"jsonrpc":"2.0","error":null,"result":{}}"#),
            Some(7)
        );
        assert_eq!(answer(r#"{"result":{},"id":"7"}"#), Some(7));
        assert_eq!(answer(r#"{"id":null,"error":{"code":-1}}"#), None);
        let line = br#"{"method":"job","params":{}}"#;
        assert!(matches!(Incoming::parse(line), Ok(Incoming::Request(_))));
        let deep = "[".repeat(10_000);
        for line in ["", "{", "[]", "1", "null", "{}", r#"{"id":null}"#, &deep] {
            assert!(Incoming::parse(line.as_bytes()).is_err(), "{line}");
        }
        assert!(Incoming::parse(b"{\"method\":\"\xff\"}").is_err());
    }
}
