//! Complaints about a pool, told without flooding: one at once, the others counted.

use std::time::{Duration, Instant};

/// How long complaints are counted after one was told.
const QUIET: Duration = Duration::from_secs(60);

/// What was told and what was held back, over all of a link's connections.
#[derive(Default)]
pub(super) struct Complaints {
    told: Option<Instant>,
    held_back: u32,
}

impl Complaints {
    /// The words to tell, if it is time: with the number of those held back since the last.
    pub(super) fn tell(&mut self, words: String, now: Instant) -> Option<String> {
        if self.told.is_some_and(|told| now < told + QUIET) {
            self.held_back = self.held_back.saturating_add(1);
            return None;
        }
        self.told = Some(now);
        match std::mem::take(&mut self.held_back) {
            0 => Some(words),
            more => Some(format!("{words} ({more} more since the last complaint)")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_becomes_one_line_a_minute() {
        let start = Instant::now();
        let mut complaints = Complaints::default();
        let mut tell = |secs| complaints.tell("bad".into(), start + Duration::from_secs(secs));
        assert_eq!(tell(0).as_deref(), Some("bad"));
        assert_eq!(tell(1), None);
        assert_eq!(tell(59), None);
        let later = tell(60).unwrap();
        assert_eq!(later, "bad (2 more since the last complaint)");
        assert_eq!(tell(200).as_deref(), Some("bad"));
    }
}
