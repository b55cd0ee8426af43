//! The named items of a message, each read with a bound and an error that names it.

use serde_json::Value;

use super::{shown, wrong};
use crate::pool::SessionError;

/// The parameters of one message.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    step: &'static str,
    object: &'a Value,
}

impl<'a> Fields<'a> {
    pub(super) fn new(step: &'static str, object: &'a Value) -> Self {
        Self { step, object }
    }

    /// An error about `field`, with the value that stood there.
    pub(super) fn wrong(&self, field: &str, expected: &str) -> SessionError {
        let got = shown(self.get(field));
        wrong(self.step, &format!("{field} must be {expected}, got {got}"))
    }

    /// The item, `Null` when it is missing.
    pub(super) fn get(&self, field: &str) -> &'a Value {
        self.object.get(field).unwrap_or(&Value::Null)
    }

    /// Text of 1 to `max` bytes.
    pub(super) fn text(&self, field: &str, max: usize) -> Result<&'a str, SessionError> {
        let text = self.get(field).as_str();
        text.filter(|text| (1..=max).contains(&text.len()))
            .ok_or_else(|| self.wrong(field, &format!("text of at most {max} bytes")))
    }

    /// Bytes in hex, `min` to `max` of them.
    pub(super) fn bytes(
        &self,
        field: &str,
        min: usize,
        max: usize,
    ) -> Result<Vec<u8>, SessionError> {
        let text = self.get(field).as_str().unwrap_or_default();
        let bytes = if text.len() <= 2 * max {
            hex::decode(text).ok()
        } else {
            None
        };
        bytes
            .filter(|bytes| bytes.len() >= min)
            .ok_or_else(|| self.wrong(field, &format!("{min} to {max} bytes in hex")))
    }
}
