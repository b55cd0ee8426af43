//! Lines for a protocol dump: whole, safe to show, and without the password.

use crate::pool::cryptonote::MAX_LINE_IN;
use crate::pool::shown;

/// A line of either side as a person may see it.
pub(in crate::pool::cryptonote) fn shown_line(line: &[u8]) -> String {
    shown::shown_line(line, MAX_LINE_IN, "login", |login| {
        login.get_mut("params")?.get_mut("pass")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_but_the_password_is_shown() {
        let login = br#"{"id":1,"method":"login","params":{"login":"4Ab","pass":"hunter2"}}"#;
        let shown = shown_line(login);
        assert!(shown.contains("4Ab") && shown.contains("***") && !shown.contains("hunter2"));
        let escaped = br#"{"method":"\u006cogin","params":{"pass":"hunter2"}}"#;
        assert!(!shown_line(escaped).contains("hunter2"));
        assert!(!shown_line(&login[..60]).contains("hunter"));
        assert_eq!(shown_line(b"{\"id\":1}\r\n"), "{\"id\":1}");
        assert_eq!(shown_line(b"a\x1b[2J"), "a\\u{1b}[2J");
    }
}
