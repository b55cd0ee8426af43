//! `--dump-protocol`: every line, in and out, with passwords hidden; and the same hiding for whatever else a pool says.

use serde_json::Value;

use crate::pool::{Framing, Protocol, Way};
use crate::units::{Secret, printable};
use crate::work::SourceId;

/// What stands in a password's place.
const HIDDEN: &str = "***";

/// A password shorter than this is hidden only where it stands alone: the usual `x` would blot out half of every line.
const SHORT: usize = 4;

/// Writes protocol lines to the log if wanted, and knows what must never be in one.
pub(super) struct Dump {
    source: SourceId,
    protocol: &'static Protocol,
    wanted: bool,
    /// Passwords as they are, as JSON writes them and as the dump shows that, longest first.
    secrets: Vec<String>,
}

impl Dump {
    pub(super) fn new(
        source: SourceId,
        protocol: &'static Protocol,
        wanted: bool,
        secrets: &[Secret],
    ) -> Self {
        let mut texts: Vec<String> = secrets.iter().flat_map(spellings).collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        texts.dedup();
        Self {
            source,
            protocol,
            wanted,
            secrets: texts,
        }
    }

    /// Whether anybody wants to see the frames: what must be made to be shown need not be made.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// A frame that goes to the pool.
    pub(super) fn sent(&self, frame: &[u8]) {
        if self.wanted {
            let line = self.shown(frame);
            tracing::info!(target: "midstate::protocol", pool = self.source.0, "> {line}");
        }
    }

    /// A frame that came from the pool.
    pub(super) fn received(&self, frame: &[u8]) {
        if self.wanted {
            let line = self.shown(frame);
            tracing::info!(target: "midstate::protocol", pool = self.source.0, "< {line}");
        }
    }

    /// A frame that the session has kept for us.
    pub(super) fn tapped(&self, way: Way, frame: &[u8]) {
        match way {
            Way::Sent => self.sent(frame),
            Way::Received => self.received(frame),
        }
    }

    /// Whether the session must keep its frames: they are wanted, and the wire does not show them.
    pub(super) fn needs_tap(&self) -> bool {
        self.wanted && self.protocol.framing == Framing::Raw
    }

    /// `text` without any password.
    pub(super) fn hide(&self, text: String) -> String {
        self.secrets
            .iter()
            .fold(text, |text, secret| without(&text, secret))
    }

    /// As the protocol shows it, which knows where its logins are, and without any password that it may hold elsewhere.
    fn shown(&self, frame: &[u8]) -> String {
        self.hide((self.protocol.shown)(frame))
    }
}

fn spellings(secret: &Secret) -> Vec<String> {
    let plain = secret.expose().to_owned();
    if plain.is_empty() {
        return Vec::new();
    }
    let quoted = Value::from(plain.as_str()).to_string();
    let escaped = quoted[1..quoted.len() - 1].to_owned();
    let shown = printable(&escaped, usize::MAX);
    vec![plain, escaped, shown]
}

fn without(text: &str, secret: &str) -> String {
    if secret.len() >= SHORT {
        return text.replace(secret, HIDDEN);
    }
    let mut shown = String::with_capacity(text.len());
    let mut copied = 0;
    for (at, _) in text.match_indices(secret) {
        let end = at + secret.len();
        if stands_alone(&text[..at], &text[end..]) {
            shown.push_str(&text[copied..at]);
            shown.push_str(HIDDEN);
            copied = end;
        }
    }
    shown.push_str(&text[copied..]);
    shown
}

fn stands_alone(before: &str, after: &str) -> bool {
    let joins = |character: char| character.is_alphanumeric() || "._-".contains(character);
    !before.ends_with(joins) && !after.starts_with(joins)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::PROTOCOLS;

    fn dump(secrets: &[&str]) -> Dump {
        let secrets: Vec<_> = secrets.iter().map(|text| Secret::new(*text)).collect();
        Dump::new(SourceId(0), PROTOCOLS[0], true, &secrets)
    }

    #[test]
    fn the_login_hides_its_password_even_an_unknown_one() {
        let line = br#"{"id":2,"method":"mining.authorize","params":["me.1","hunter2"]}"#;
        let shown = dump(&[]).shown(line);
        assert_eq!(
            shown,
            r#"{"id":2,"method":"mining.authorize","params":["me.1","***"]}"#
        );
        let line = br#"{"id":2,"method":"mining.authorize","params":["me.1"]}"#;
        assert_eq!(dump(&[]).shown(line).as_bytes(), line);
    }

    #[test]
    fn a_password_is_hidden_wherever_it_turns_up() {
        let dump = dump(&["hunter2", "q\"uo\\te", ""]);
        assert_eq!(dump.shown(b"no hunter2s here\r\n"), "no ***s here");
        assert_eq!(dump.shown(br#"["q\"uo\\te"]"#), r#"["***"]"#);
        assert_eq!(dump.hide("bad q\"uo\\te".into()), "bad ***");
    }

    #[test]
    fn a_short_password_is_hidden_where_it_stands_alone() {
        let dump = dump(&["x"]);
        assert_eq!(
            dump.shown(br#"{"extranonce":"0x","pass":"x"}"#),
            r#"{"extranonce":"0x","pass":"***"}"#
        );
        assert_eq!(dump.hide("x is wrong, x!".into()), "*** is wrong, ***!");
    }

    #[test]
    fn hostile_bytes_are_escaped() {
        assert_eq!(dump(&[]).shown(b"a\x1b[2J\xffb\n"), "a\\u{1b}[2J\u{fffd}b");
    }
}
