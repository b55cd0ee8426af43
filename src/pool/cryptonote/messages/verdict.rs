//! What an answer says, and what an error asks for.

use super::Answer;
use crate::pool::absence::is_no_error;
use crate::units::printable;
use crate::work::{Outcome, Reject};

/// What helps after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pool::cryptonote) enum Remedy {
    /// Nothing needs help: it was but a share.
    None,
    /// A fresh connection.
    Reconnect,
    /// Only time: we are banned.
    Wait,
}

/// The pool's words about what it refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pool::cryptonote) struct Refusal {
    /// Safe to show, never empty.
    pub(in crate::pool::cryptonote) text: String,
    pub(in crate::pool::cryptonote) class: Reject,
    pub(in crate::pool::cryptonote) remedy: Remedy,
}

impl Answer {
    /// The refusal that this is; `None`: the pool agrees, which it says by the absence of an error.
    pub(in crate::pool::cryptonote) fn refusal(&self) -> Option<Refusal> {
        if is_no_error(&self.error) {
            return None;
        }
        let words = self.error.get("message").unwrap_or(&self.error).as_str();
        let text = words.map(str::trim).filter(|text| !text.is_empty());
        let text = text.map_or_else(|| "no reason given".to_owned(), |text| printable(text, 200));
        let lower = text.to_ascii_lowercase();
        Some(Refusal {
            class: class(&lower),
            remedy: remedy(&lower),
            text,
        })
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        Outcome::Rejected(refusal.class, refusal.text)
    }
}

/// The words that xmrig reconnects on.
fn remedy(text: &str) -> Remedy {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["banned"]) {
        Remedy::Wait
    } else if has(&["unauthenticated", "invalid job id"]) {
        Remedy::Reconnect
    } else {
        Remedy::None
    }
}

fn class(text: &str) -> Reject {
    const WORDS: [(Reject, &[&str]); 4] = [
        (Reject::Duplicate, &["duplicate"]),
        (
            Reject::Stale,
            &[
                "stale",
                "block expired",
                "job id",
                "job not found",
                "too late",
            ],
        ),
        (Reject::LowDifficulty, &["low diff", "low-diff"]),
        (Reject::Unauthorised, &["unauth", "banned"]),
    ];
    WORDS
        .iter()
        .find(|(_, words)| words.iter().any(|word| text.contains(word)))
        .map_or(Reject::Other, |(class, _)| *class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn refusal(error: Value) -> Option<Refusal> {
        let answer = Answer {
            id: Some(1),
            result: Value::Null,
            error,
        };
        answer.refusal()
    }

    #[test]
    fn errors_and_what_they_ask_for() {
        for (message, class, remedy) in [
            ("Unauthenticated", Reject::Unauthorised, Remedy::Reconnect),
            ("your IP is banned", Reject::Unauthorised, Remedy::Wait),
            (
                "IP Address currently banned",
                Reject::Unauthorised,
                Remedy::Wait,
            ),
            ("Invalid job id", Reject::Stale, Remedy::Reconnect),
            ("Block expired", Reject::Stale, Remedy::None),
            ("Low difficulty share", Reject::LowDifficulty, Remedy::None),
            ("Duplicate share", Reject::Duplicate, Remedy::None),
            ("Malformed nonce", Reject::Other, Remedy::None),
        ] {
            let read = refusal(json!({"code": -1, "message": message})).unwrap();
            assert_eq!((read.class, read.remedy), (class, remedy), "{message}");
            assert_eq!(read.text, message);
        }
    }

    #[test]
    fn no_error_is_consent() {
        assert_eq!(refusal(json!(null)), None);
        assert_eq!(refusal(json!(false)), None);
        assert_eq!(refusal(json!("")), None);
        assert_eq!(refusal(json!({})).unwrap().text, "no reason given");
        assert_eq!(refusal(json!("a\u{1b}b")).unwrap().text, "a\\u{1b}b");
    }
}
