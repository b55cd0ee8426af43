//! What an emulated device is about to say, in the order of its times.

use std::collections::VecDeque;
use std::time::Instant;

/// Says the next of `replies` that is due by `until`; when it was said. `None`: none is due.
pub fn say_due<B: AsRef<[u8]>>(
    replies: &mut VecDeque<(Instant, B)>,
    until: Instant,
    out: &mut Vec<u8>,
) -> Option<Instant> {
    replies.front().filter(|(due, _)| *due <= until)?;
    let (due, bytes) = replies.pop_front()?;
    out.extend_from_slice(bytes.as_ref());
    Some(due)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_reply_at_a_time_and_none_before_its_time() {
        let start = Instant::now();
        let second = start + Duration::from_secs(1);
        let mut replies = VecDeque::from([(start, vec![1]), (second, vec![2, 3])]);
        let mut out = Vec::new();
        assert_eq!(say_due(&mut replies, start, &mut out), Some(start));
        assert_eq!((out.as_slice(), replies.len()), (&[1][..], 1));
        assert_eq!(say_due(&mut replies, start, &mut out), None);
        assert_eq!(say_due(&mut replies, second, &mut out), Some(second));
        assert_eq!(out, [1, 2, 3]);
    }
}
