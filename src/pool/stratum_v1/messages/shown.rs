//! Lines for a protocol dump: whole, safe to show, and without the password.

use serde_json::Value;

use crate::pool::stratum_v1::MAX_LINE_IN;
use crate::units::printable;

/// A line of either side as a person may see it.
pub(in crate::pool) fn shown_line(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    if !may_be_login(&text) {
        return printable(text.trim_end(), MAX_LINE_IN);
    }
    match serde_json::from_str(&text) {
        Ok(login) => printable(&without_password(login).to_string(), MAX_LINE_IN),
        Err(_) => "(an unreadable line, hidden because it may hold a password)".to_owned(),
    }
}

/// Whether a line could log a worker in. A name with escapes in it could hide from a search, so any escape counts.
fn may_be_login(text: &str) -> bool {
    text.contains("authorize") || text.contains("\\u")
}

fn without_password(mut login: Value) -> Value {
    if login["method"] == "mining.authorize"
        && let Some(pass) = login.get_mut("params").and_then(|params| params.get_mut(1))
    {
        *pass = Value::from("***");
    }
    login
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_but_the_password_is_shown() {
        let login = br#"{"id":2,"method":"mining.authorize","params":["me","hunter2"]}"#;
        let shown = shown_line(login);
        assert!(shown.contains("\"me\",\"***\"") && !shown.contains("hunter2"));
        let escaped = br#"{"id":2,"method":"mining.\u0061uthorize","params":["me","hunter2"]}"#;
        assert!(!shown_line(escaped).contains("hunter2"));
        assert!(!shown_line(&login[..60]).contains("hunter"));
        assert_eq!(shown_line(b"{\"id\":1}\r\n"), "{\"id\":1}");
        assert_eq!(shown_line(b"a\x1b[2J"), "a\\u{1b}[2J");
        assert_eq!(
            shown_line(br#"{"method":"authorize"}"#),
            r#"{"method":"authorize"}"#
        );
    }
}
