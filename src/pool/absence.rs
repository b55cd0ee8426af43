//! Which `error` of an answer is none. JSON-RPC wants null, and pools have written everything that their language calls false.

use serde_json::Value;

/// Whether an answer's `error` says that there is no error: null, `false`, 0, an empty text or an empty list. An empty object is an error without
/// words, as some nodes give it.
pub(super) fn is_no_error(error: &Value) -> bool {
    match error {
        Value::Null => true,
        Value::Bool(failed) => !failed,
        Value::Number(code) => code.as_f64() == Some(0.0),
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_false_is_no_error() {
        for error in [
            json!(null),
            json!(false),
            json!(0),
            json!(0.0),
            json!(""),
            json!([]),
        ] {
            assert!(is_no_error(&error), "{error}");
        }
        for error in [json!(true), json!(-1), json!("no"), json!([20]), json!({})] {
            assert!(!is_no_error(&error), "{error}");
        }
    }
}
