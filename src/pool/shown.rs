//! Lines of JSON for a protocol dump: whole, safe to show, and without the password.

use serde_json::Value;

use crate::units::printable;

/// A line of either side as a person may see it, as far as `max` bytes go. `login` is the last word of the method that logs a worker in;
/// `password` finds what is to be hidden in such a request.
pub(super) fn shown_line(
    line: &[u8],
    max: usize,
    login: &str,
    password: impl Fn(&mut Value) -> Option<&mut Value>,
) -> String {
    let text = String::from_utf8_lossy(line);
    // A name with escapes in it could hide from a search, so any escape counts.
    if !text.contains(login) && !text.contains("\\u") {
        return printable(text.trim_end(), max);
    }
    let Ok(mut request) = serde_json::from_str::<Value>(&text) else {
        return "(an unreadable line, hidden because it may hold a password)".to_owned();
    };
    let method = request["method"].as_str().unwrap_or_default();
    if method.rsplit('.').next() == Some(login)
        && let Some(password) = password(&mut request)
    {
        *password = Value::from("***");
    }
    printable(&request.to_string(), max)
}
