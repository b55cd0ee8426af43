//! The answer to `mining.subscribe`, and the extranonce that it and `mining.set_extranonce` give.

use bytes::Bytes;
use serde_json::Value;

use super::{Fields, shown, wrong};
use crate::pool::SessionError;
use crate::work::CoinbaseTemplate;

/// The longest extranonce1 that is taken, in bytes; 4 to 16 are usual.
const MAX_EXTRANONCE1: usize = 64;

/// The longest session id that is kept, in bytes: it has to fit a line to the pool.
const MAX_SESSION_ID: usize = 256;

/// The pool's part of the coinbase, and the size of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pool::stratum_v1) struct Extranonce {
    /// The pool's part; may be empty.
    pub(in crate::pool::stratum_v1) first: Bytes,
    /// How many bytes are ours: 1 to 16.
    pub(in crate::pool::stratum_v1) second_size: usize,
}

/// What a pool grants to a subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pool::stratum_v1) struct Subscription {
    /// What to give when the connection is to be resumed.
    pub(in crate::pool::stratum_v1) session_id: Option<String>,
    pub(in crate::pool::stratum_v1) extranonce: Extranonce,
}

impl Subscription {
    /// Reads a result `[subscriptions, extranonce1, extranonce2_size]`, whatever the form of the first item.
    ///
    /// # Errors
    /// When it is no such list or a size is out of bounds.
    pub(in crate::pool::stratum_v1) fn parse(result: &Value) -> Result<Self, SessionError> {
        let step = "mining.subscribe";
        let Value::Array(items) = result else {
            let problem = format!("expected a list of three, got {}", shown(result));
            return Err(wrong(step, &problem));
        };
        let fields = Fields::new(step, items);
        Ok(Self {
            session_id: session_id(fields.get(0)),
            extranonce: Extranonce {
                first: check_extranonce1(&fields, 1)?,
                second_size: check_extranonce2_size(&fields, 2)?,
            },
        })
    }
}

/// The extranonce1 at `at`: an even number of hex digits, perhaps none.
pub(in crate::pool::stratum_v1) fn check_extranonce1(
    fields: &Fields<'_>,
    at: usize,
) -> Result<Bytes, SessionError> {
    let bytes = fields.bytes(at, "extranonce1", MAX_EXTRANONCE1)?;
    Ok(bytes.into())
}

/// The extranonce2 size at `at`: never clamped, for then every share would be wrong.
pub(in crate::pool::stratum_v1) fn check_extranonce2_size(
    fields: &Fields<'_>,
    at: usize,
) -> Result<usize, SessionError> {
    let max = CoinbaseTemplate::MAX_EXTRANONCE2 as u64;
    let size = match fields.get(at) {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    };
    size.filter(|size| (1..=max).contains(size))
        .map(|size| size as usize)
        .ok_or_else(|| fields.wrong(at, "extranonce2_size", "1 to 16"))
}

/// The session id: what stands beside `mining.notify`, in a list of pairs or in one flat pair; or the text itself.
pub(in crate::pool) fn session_id(subscriptions: &Value) -> Option<String> {
    let id = match subscriptions {
        Value::String(text) => Some(text.as_str()),
        Value::Array(items) => pair(items).or_else(|| {
            let mut pairs = items.iter().filter_map(Value::as_array);
            pairs.find_map(|items| pair(items))
        }),
        _ => None,
    };
    id.filter(|id| !id.is_empty() && id.len() <= MAX_SESSION_ID)
        .map(str::to_owned)
}

fn pair(items: &[Value]) -> Option<&str> {
    match items {
        [Value::String(name), Value::String(id), ..] if name == "mining.notify" => Some(id),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_form_of_the_subscriptions() {
        for (subscriptions, id) in [
            (
                json!([["mining.set_difficulty", "d"], ["mining.notify", "n"]]),
                Some("n"),
            ),
            (json!([["mining.notify", "n"]]), Some("n")),
            (json!(["mining.notify", "n"]), Some("n")),
            (json!([["mining.notify", null]]), None),
            (json!(["mining.notify", null]), None),
            (json!([["mining.set_difficulty", "d"]]), None),
            (json!("n"), Some("n")),
            (json!(null), None),
            (json!([]), None),
        ] {
            let result = json!([subscriptions, "", 4]);
            let parsed = Subscription::parse(&result).unwrap();
            assert_eq!(parsed.session_id.as_deref(), id, "{result}");
            assert!(parsed.extranonce.first.is_empty());
        }
    }

    #[test]
    fn sizes_are_never_clamped() {
        for size in [json!(1), json!(16), json!("4")] {
            assert!(Subscription::parse(&json!([[], "08000002", size])).is_ok());
        }
        for size in [
            json!(0),
            json!(-1),
            json!(17),
            json!(100),
            json!(1e9),
            json!(null),
            json!("x"),
        ] {
            let error = Subscription::parse(&json!([[], "", size])).unwrap_err();
            let expected = format!(
                "mining.subscribe: extranonce2_size must be 1 to 16, got {}",
                shown(&size)
            );
            assert_eq!(error.to_string(), expected);
        }
        for first in ["abc", "zz", &"00".repeat(65)] {
            assert!(Subscription::parse(&json!([[], first, 4])).is_err());
        }
        assert!(Subscription::parse(&json!("Initialising")).is_err());
        assert!(Subscription::parse(&json!([])).is_err());
    }
}
