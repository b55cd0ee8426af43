//! `NULL` where JSON wants `null`: the document's own example of an error has it.

const WRONG: &[u8] = b"NULL";
const RIGHT: &[u8] = b"null";

/// The line with every `NULL` outside of texts in lower case; `None` when there is none.
pub(super) fn repaired(line: &[u8]) -> Option<Vec<u8>> {
    let mut repaired = line.to_vec();
    let mut found = false;
    let mut at = 0;
    while at < line.len() {
        if line[at] == b'"' {
            at = end_of_text(line, at);
        } else if line[at..].starts_with(WRONG) {
            repaired[at..at + WRONG.len()].copy_from_slice(RIGHT);
            found = true;
            at += WRONG.len();
        } else {
            at += 1;
        }
    }
    found.then_some(repaired)
}

/// Where the text that begins at `start` is over.
fn end_of_text(line: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < line.len() && line[at] != b'"' {
        at += if line[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_outside_of_texts_is_repaired() {
        let repair =
            |line: &str| repaired(line.as_bytes()).map(|line| String::from_utf8(line).unwrap());
        assert_eq!(
            repair(r#"{"id":4,"error":[-1,"NULL \"NULL",NULL]}"#).unwrap(),
            r#"{"id":4,"error":[-1,"NULL \"NULL",null]}"#
        );
        assert_eq!(repair(r#"["NULL"]"#), None);
        assert_eq!(repair(r#"["NULL"#), None);
        assert_eq!(repair("\"\\"), None);
        assert_eq!(repair("NUL").as_deref(), None);
        assert_eq!(repair("NULL").as_deref(), Some("null"));
    }
}
