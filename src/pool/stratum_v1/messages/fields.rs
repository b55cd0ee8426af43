//! The items of a message's parameter list, each read with a bound and an error that names it.

use serde_json::Value;

use super::wrong;
use crate::pool::SessionError;
use crate::units::{Difficulty, Hash256, Target, printable};

/// `value` as it stood in the line, cut to a length that can be shown.
pub(in crate::pool) fn shown(value: &Value) -> String {
    match value {
        Value::Array(items) if items.len() > 8 => format!("a list of {} items", items.len()),
        Value::Object(_) => "an object".to_owned(),
        other => printable(&other.to_string(), 80),
    }
}

/// The parameters of one message.
#[derive(Clone, Copy)]
pub(in crate::pool) struct Fields<'a> {
    /// The message, as errors name it.
    step: &'static str,
    items: &'a [Value],
}

impl<'a> Fields<'a> {
    pub(in crate::pool) fn new(step: &'static str, items: &'a [Value]) -> Self {
        Self { step, items }
    }

    /// An error about `field`, with the value that stood there.
    pub(in crate::pool) fn wrong(&self, at: usize, field: &str, expected: &str) -> SessionError {
        let got = self.items.get(at).map_or("nothing".to_owned(), shown);
        wrong(self.step, &format!("{field} must be {expected}, got {got}"))
    }

    /// The item, `Null` when it is missing.
    pub(in crate::pool) fn get(&self, at: usize) -> &'a Value {
        self.items.get(at).unwrap_or(&Value::Null)
    }

    pub(in crate::pool) fn text(&self, at: usize, field: &str) -> Result<&'a str, SessionError> {
        self.get(at)
            .as_str()
            .ok_or_else(|| self.wrong(at, field, "text"))
    }

    /// Bytes in hex, at most `max` of them.
    pub(in crate::pool) fn bytes(
        &self,
        at: usize,
        field: &str,
        max: usize,
    ) -> Result<Vec<u8>, SessionError> {
        let text = self.text(at, field)?;
        let error = || self.wrong(at, field, &format!("at most {max} bytes in hex"));
        if text.len() > 2 * max {
            return Err(error());
        }
        hex::decode(text).map_err(|_| error())
    }

    /// 32 bytes in hex, in the order in which they stand there.
    pub(in crate::pool) fn bytes32(
        &self,
        at: usize,
        field: &str,
    ) -> Result<[u8; 32], SessionError> {
        let text = self.text(at, field)?;
        decode32(text).ok_or_else(|| self.wrong(at, field, "64 hex digits"))
    }

    /// A 32-bit number in one to eight hex digits, most significant first.
    pub(in crate::pool) fn word(&self, at: usize, field: &str) -> Result<u32, SessionError> {
        decode_word(self.text(at, field)?)
            .ok_or_else(|| self.wrong(at, field, "at most 8 hex digits"))
    }

    /// A list of at most `max` hashes of 32 bytes, in internal order.
    pub(in crate::pool) fn hashes(
        &self,
        at: usize,
        field: &str,
        max: usize,
    ) -> Result<Vec<[u8; 32]>, SessionError> {
        let list = self.get(at).as_array();
        let list = list
            .filter(|list| list.len() <= max)
            .ok_or_else(|| self.wrong(at, field, &format!("a list of at most {max} hashes")))?;
        list.iter()
            .map(|item| {
                let hash = item.as_str().and_then(decode32);
                hash.ok_or_else(|| {
                    let problem =
                        format!("each of {field} must be 64 hex digits, got {}", shown(item));
                    wrong(self.step, &problem)
                })
            })
            .collect()
    }

    /// A flag: true, false, 0, 1, or missing (false).
    pub(in crate::pool) fn flag(&self, at: usize, field: &str) -> Result<bool, SessionError> {
        match self.get(at) {
            Value::Bool(flag) => Ok(*flag),
            Value::Null => Ok(false),
            value if value.as_u64() == Some(0) => Ok(false),
            value if value.as_u64() == Some(1) => Ok(true),
            _ => Err(self.wrong(at, field, "true or false")),
        }
    }

    /// A number, perhaps in quotes.
    pub(in crate::pool) fn number(&self, at: usize) -> Option<f64> {
        match self.get(at) {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_f64(),
        }
    }

    /// A difficulty and its target, on the scale whose difficulty 1 is `one`.
    pub(in crate::pool) fn difficulty(
        &self,
        at: usize,
        one: Target,
    ) -> Result<(Difficulty, Target), SessionError> {
        // Above this no hash but zero would do; Stratum's own unit ends there.
        const BOUND: f64 = 2.695_994_666_715_064e67; // 2^224
        self.number(at)
            .filter(|value| *value < BOUND)
            .and_then(|value| Difficulty::new(value).ok())
            .map(|difficulty| (difficulty, Target::from_difficulty_of(difficulty, one)))
            .ok_or_else(|| self.wrong(at, "difficulty", "a positive number below 2^224"))
    }

    /// A previous hash as Stratum writes it: every 32-bit word of the internal order reversed.
    pub(in crate::pool) fn previous_hash(
        &self,
        at: usize,
        field: &str,
    ) -> Result<Hash256, SessionError> {
        Ok(previous_from_words(self.bytes32(at, field)?))
    }
}

/// 64 hex digits, in the order in which they stand there.
pub(in crate::pool) fn decode32(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

/// One to eight hex digits, most significant first, no sign.
pub(super) fn decode_word(text: &str) -> Option<u32> {
    let digits = text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| u32::from_str_radix(text, 16).ok()).flatten()
}

/// A hash whose 32-bit words stand there byte by byte reversed.
pub(super) fn previous_from_words(mut bytes: [u8; 32]) -> Hash256 {
    for word in bytes.chunks_exact_mut(4) {
        word.reverse();
    }
    Hash256::from_internal(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn difficulty(value: Value) -> Result<f64, String> {
        let items = [value];
        let read =
            Fields::new("mining.set_difficulty", &items).difficulty(0, Target::DIFFICULTY_ONE);
        read.map(|(difficulty, _)| difficulty.get())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn difficulties_as_pools_send_them() {
        assert_eq!(difficulty(json!(0.001)), Ok(0.001));
        assert_eq!(difficulty(json!("512.5")), Ok(512.5));
        assert_eq!(difficulty(json!(16384)), Ok(16384.0));
        let bad = ["NaN", "inf", "-inf", "1e68", "x", ""];
        for bad in bad.into_iter().map(|text| json!(text)) {
            assert!(difficulty(bad.clone()).is_err(), "{bad}");
        }
        for bad in [json!(0), json!(-1), json!(null), json!([1]), json!(1e308)] {
            assert!(difficulty(bad.clone()).is_err(), "{bad}");
        }
        assert_eq!(
            difficulty(json!(-3)).unwrap_err(),
            "mining.set_difficulty: difficulty must be a positive number below 2^224, got -3"
        );
    }

    #[test]
    fn signs_are_no_hex() {
        let items = [json!("+1"), json!(""), json!("123456789"), json!("fF")];
        let fields = Fields::new("x", &items);
        assert!((0..3).all(|at| fields.word(at, "w").is_err()));
        assert_eq!(fields.word(3, "w").unwrap(), 255);
    }
}
