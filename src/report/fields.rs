//! What an event or a span carries, collected and made safe to show.

use std::fmt::{self, Write};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};

use crate::units::printable;

/// The message and the other fields.
#[derive(Debug, Default, Clone)]
pub(super) struct Fields {
    pub(super) message: String,
    pub(super) values: Map<String, Value>,
}

/// Keys that name what an event is about.
const SUBJECTS: [&str; 4] = ["event", "board", "chip", "pool"];

impl Fields {
    /// Those of `outer` that are not here are taken over.
    pub(super) fn add_outer(&mut self, outer: &Self) {
        for (key, value) in &outer.values {
            if !self.values.contains_key(key) {
                self.values.insert(key.clone(), value.clone());
            }
        }
    }

    /// The event's name, if it has one.
    pub(super) fn event(&self) -> Option<&str> {
        self.values.get("event")?.as_str()
    }

    /// The words of a line for people: message and fields, cut and escaped. Whatever has an `event` says all in its message.
    pub(super) fn words(&self, limit: usize) -> String {
        let mut words = printable(&self.message, limit);
        if self.event().is_some() {
            return words;
        }
        for (key, value) in &self.values {
            let text = match value {
                Value::String(text) => printable(text, limit),
                other => printable(&other.to_string(), limit),
            };
            // Writing to a String cannot fail.
            let _ = write!(words, " {key}={text}");
        }
        words
    }

    /// What folding must not mix: lines about different boards or pools.
    pub(super) fn subject(&self) -> String {
        let subjects = SUBJECTS.iter().filter_map(|key| self.values.get(*key));
        subjects.fold(String::new(), |all, value| format!("{all}{value}|"))
    }

    fn put(&mut self, field: &Field, value: Value) {
        self.values.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        self.record_str(field, &text);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.put(field, value.into());
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.record_str(field, &value.to_string());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}
