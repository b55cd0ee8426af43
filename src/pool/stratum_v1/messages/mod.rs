//! The lines of Stratum V1: JSON text to typed messages and back.
//!
//! Everything from outside is bounded and named in its error; nothing here knows what a message means for a session.

mod encode;
mod fields;
mod notify;
mod notify_line;
mod redirect;
mod shown;
mod subscription;
mod verdict;

pub(in crate::pool) use encode::{ShareFields, answer_line, error_line, request_line, share_line};
pub(in crate::pool) use fields::{Fields, decode32, shown};
pub(super) use notify::Notify;
pub(super) use notify_line::notify_of_line;
pub(in crate::pool) use redirect::Redirect;
pub(in crate::pool) use shown::shown_line;
pub(in crate::pool) use subscription::session_id;
pub(super) use subscription::{
    Extranonce, Subscription, check_extranonce1, check_extranonce2_size,
};

use serde_json::Value;

use crate::pool::SessionError;
use crate::pool::absence::is_no_error;
use crate::units::printable;

/// One line from the other side.
#[derive(Debug)]
pub(in crate::pool) enum Incoming {
    /// Something to do or to know.
    Request(Request),
    /// What became of a request of ours.
    Answer(Answer),
}

/// A request or, without an id, a notification.
#[derive(Debug)]
pub(in crate::pool) struct Request {
    /// The id to answer under, verbatim; `Null` for a notification.
    pub(in crate::pool) id: Value,
    /// What is asked.
    pub(in crate::pool) method: String,
    /// With what; anything but an array counts as none.
    pub(in crate::pool) params: Vec<Value>,
}

/// An answer to a request of ours.
#[derive(Debug)]
pub(in crate::pool) struct Answer {
    /// Our request's id; `None` when it is none of ours can have.
    pub(in crate::pool) id: Option<u64>,
    /// `Null` when missing.
    pub(in crate::pool) result: Value,
    /// `Null` when missing; what says that there is none counts as missing.
    pub(in crate::pool) error: Value,
    /// ckpool's top-level field beside `"result": false`.
    pub(in crate::pool) reject_reason: Value,
}

impl Incoming {
    /// Reads a line. Key order, extra keys and the form of ids do not matter.
    ///
    /// # Errors
    /// When it is no JSON object, or one that neither asks nor answers.
    pub(in crate::pool) fn parse(line: &[u8]) -> Result<Self, SessionError> {
        let value: Value =
            serde_json::from_slice(line).map_err(|error| wrong("line", &error.to_string()))?;
        let Value::Object(mut object) = value else {
            return Err(wrong(
                "line",
                &format!("expected an object, got {}", shown(&value)),
            ));
        };
        let mut take = |key: &str| object.remove(key).unwrap_or_default();
        if let Value::String(method) = take("method") {
            let (id, params) = (take("id"), take("params"));
            return Ok(Self::Request(Request::new(id, method, params)));
        }
        let id = request_id(&take("id"));
        let answer = Answer {
            id,
            result: take("result"),
            error: present(take("error")),
            reject_reason: take("reject-reason"),
        };
        if id.is_none() && answer.result.is_null() && answer.error.is_null() {
            return Err(wrong("line", "neither a request nor an answer"));
        }
        Ok(Self::Answer(answer))
    }
}

impl Request {
    fn new(id: Value, method: String, params: Value) -> Self {
        Self {
            id,
            method,
            params: match params {
                Value::Array(params) => params,
                _ => Vec::new(),
            },
        }
    }
}

/// Our ids are integers; some pools send them back as text.
fn request_id(id: &Value) -> Option<u64> {
    match id {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    }
}

fn present(error: Value) -> Value {
    if is_no_error(&error) {
        Value::Null
    } else {
        error
    }
}

/// An error about `step` that does not end the connection.
pub(in crate::pool) fn wrong(step: &'static str, problem: &str) -> SessionError {
    SessionError {
        step,
        problem: printable(problem, 200),
        fatal: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Incoming, SessionError> {
        Incoming::parse(line.as_bytes())
    }

    #[test]
    fn ids_and_key_order_do_not_matter() {
        for (line, expected) in [
            (r#"{"result":true,"error":null,"id":7}"#, Some(7)),
            (r#"{"id":"7","error":null,"result":true,"more":1}"#, Some(7)),
            (r#"{"id":0,"result":true,"method":null}"#, Some(0)),
            (r#"{"id":null,"result":null,"error":true}"#, None),
            (r#"{"id":-1,"result":true}"#, None),
        ] {
            let Incoming::Answer(answer) = parse(line).unwrap() else {
                panic!("{line}");
            };
            assert_eq!(answer.id, expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let deep = "[".repeat(60_000);
        for line in ["", "{", "[]", "1", "null", "{}", r#"{"id":null}"#, &deep] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(Incoming::parse(b"{\"method\":\"\xff\"}").is_err());
    }
}
