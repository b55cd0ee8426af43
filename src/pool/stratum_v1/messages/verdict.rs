//! What an answer says, in every shape in which pools say yes and no.

use serde_json::Value;

use super::Answer;
use crate::units::printable;
use crate::work::{Outcome, Reject};

impl Answer {
    /// The verdict on a share. Only `true` accepts it, as in cgminer.
    pub(in crate::pool) fn outcome(&self) -> Outcome {
        if self.result == Value::Bool(true) {
            return Outcome::Accepted;
        }
        let (code, text) = self.refusal();
        Outcome::Rejected(classify(code, &text), text)
    }

    /// The pool's words if this is a failure of a step of the handshake: an error, or `false`. `null` without an error is not
    /// (p2pool authorises with it).
    pub(in crate::pool) fn failure(&self) -> Option<String> {
        let failed = !self.error.is_null() || self.result == Value::Bool(false);
        failed.then(|| self.refusal().1)
    }

    /// Whether the pool says that this connection is not subscribed (code 25): only a new connection helps.
    pub(in crate::pool) fn is_not_subscribed(&self) -> bool {
        self.result != Value::Bool(true) && self.refusal().0 == Some(25)
    }

    /// Code and words of a refusal; the words are safe to show and never empty.
    fn refusal(&self) -> (Option<i64>, String) {
        let (code, text) = match &self.error {
            Value::Array(items) => (
                items.first().and_then(number),
                items.iter().find_map(words).unwrap_or_default(),
            ),
            Value::Object(object) => (
                object.get("code").and_then(number),
                object.get("message").and_then(words).unwrap_or_default(),
            ),
            Value::Null => (None, self.words_beside_error()),
            other => (number(other), words(other).unwrap_or_default()),
        };
        (code, shown(code, &text))
    }

    fn words_beside_error(&self) -> String {
        let reason = words(&self.reject_reason).or_else(|| words(&self.result));
        reason.unwrap_or_default()
    }
}

fn shown(code: Option<i64>, text: &str) -> String {
    match code {
        _ if !text.trim().is_empty() => printable(text.trim(), 200),
        Some(code) => format!("error {code}"),
        None => "no reason given".to_owned(),
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    }
}

fn words(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let is_code = text.parse::<i64>().is_ok();
    (!is_code && !text.is_empty()).then(|| text.to_owned())
}

/// The class of a refusal: Stratum's own codes where they are given, else the words that pools use.
fn classify(code: Option<i64>, text: &str) -> Reject {
    match code {
        Some(21) => Reject::Stale,
        Some(22) => Reject::Duplicate,
        Some(23) => Reject::LowDifficulty,
        Some(24 | 25) => Reject::Unauthorised,
        _ => classify_words(&text.to_ascii_lowercase()),
    }
}

fn classify_words(text: &str) -> Reject {
    const WORDS: [(Reject, &[&str]); 4] = [
        (Reject::Duplicate, &["duplicate", "already submitted"]),
        (
            Reject::Stale,
            &[
                "stale",
                "prevblk",
                "job not found",
                "invalid job",
                "unknown job",
                "unknown-work",
                "expired",
            ],
        ),
        (
            Reject::LowDifficulty,
            &[
                "low diff",
                "low-diff",
                "low_diff",
                "difficulty too low",
                "high-hash",
                "high hash",
                "above target",
                "above-target",
            ],
        ),
        (
            Reject::Unauthorised,
            &[
                "unauthor",
                "not authorized",
                "not authorised",
                "not subscribed",
            ],
        ),
    ];
    WORDS
        .iter()
        .find(|(_, words)| words.iter().any(|word| text.contains(word)))
        .map_or(Reject::Other, |(class, _)| *class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::stratum_v1::messages::Incoming;

    fn answer(line: &str) -> Answer {
        match Incoming::parse(line.as_bytes()).unwrap() {
            Incoming::Answer(answer) => answer,
            Incoming::Request(_) => panic!("{line}"),
        }
    }

    #[test]
    fn every_shape_of_a_verdict() {
        let rejected = |class, text: &str| Outcome::Rejected(class, text.to_owned());
        for (line, expected) in [
            (r#""result":true,"error":null"#, Outcome::Accepted),
            (r#""result":true"#, Outcome::Accepted),
            (
                r#""result":null,"error":[21,"Job not found",null]"#,
                rejected(Reject::Stale, "Job not found"),
            ),
            (
                r#""result":false,"error":[22,"Duplicate share",{"traceback":1}]"#,
                rejected(Reject::Duplicate, "Duplicate share"),
            ),
            (
                r#""result":null,"error":["23","Low difficulty share",null]"#,
                rejected(Reject::LowDifficulty, "Low difficulty share"),
            ),
            (
                r#""error":{"code":24,"message":"Unauthorized worker"}"#,
                rejected(Reject::Unauthorised, "Unauthorized worker"),
            ),
            (
                r#""result":null,"error":"Worker mismatch""#,
                rejected(Reject::Other, "Worker mismatch"),
            ),
            (
                r#""result":false,"error":null,"reject-reason":"Above target""#,
                rejected(Reject::LowDifficulty, "Above target"),
            ),
            (
                r#""result":false,"error":null,"reject-reason":"Invalid JobID""#,
                rejected(Reject::Stale, "Invalid JobID"),
            ),
            (
                r#""result":"Stale","error":null"#,
                rejected(Reject::Stale, "Stale"),
            ),
            (
                r#""result":null,"error":[20,"high-hash",null]"#,
                rejected(Reject::LowDifficulty, "high-hash"),
            ),
            (
                r#""result":null,"error":[20,null,null]"#,
                rejected(Reject::Other, "error 20"),
            ),
            (
                r#""result":null,"error":25"#,
                rejected(Reject::Unauthorised, "error 25"),
            ),
            (
                r#""result":false"#,
                rejected(Reject::Other, "no reason given"),
            ),
            (
                r#""result":null,"error":null"#,
                rejected(Reject::Other, "no reason given"),
            ),
            (
                r#""result":false,"error":"a\u001b[2J""#,
                rejected(Reject::Other, "a\\u{1b}[2J"),
            ),
        ] {
            let line = format!("{{\"id\":1,{line}}}");
            assert_eq!(answer(&line).outcome(), expected, "{line}");
        }
    }

    #[test]
    fn null_without_an_error_is_no_failure() {
        assert_eq!(
            answer(r#"{"id":1,"result":null,"error":null}"#).failure(),
            None
        );
        assert_eq!(answer(r#"{"id":1,"result":true}"#).failure(), None);
        assert!(answer(r#"{"id":1,"result":false}"#).failure().is_some());
        assert!(
            answer(r#"{"id":1,"error":[24,"no",null]}"#)
                .failure()
                .is_some()
        );
    }
}
