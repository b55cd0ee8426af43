//! Lines for a protocol dump: whole, safe to show, and without the password.

use crate::pool::shown;
use crate::pool::stratum_v1::MAX_LINE_IN;

/// A line of either side as a person may see it.
pub(in crate::pool) fn shown_line(line: &[u8]) -> String {
    shown::shown_line(line, MAX_LINE_IN, "authorize", |login| {
        login.get_mut("params")?.get_mut(1)
    })
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
