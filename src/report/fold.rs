//! Repeated lines become one: the first is shown at once, those like it within a minute are counted, and the count is shown at the end.

use std::time::{Duration, Instant};

use tracing::Level;

/// How long lines like each other are counted before the count is shown.
const WINDOW: Duration = Duration::from_secs(60);
/// How many kinds of lines are remembered; beyond it the oldest is let go.
const KINDS: usize = 1024;

/// A line that may be folded, and at the end of its window the last one of them with their count.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Folded {
    pub(super) level: Level,
    /// The (last) line's words.
    pub(super) words: String,
    /// How many were not shown.
    pub(super) count: u64,
    /// In how long.
    pub(super) within: Duration,
}

impl Folded {
    pub(super) fn new(level: Level, words: String) -> Self {
        Self {
            level,
            words,
            count: 0,
            within: Duration::ZERO,
        }
    }

    /// What stands for `count` lines that nobody took.
    pub(super) fn lost(count: u64) -> Self {
        let words = format!("standard error took no lines for a while, {count} are lost");
        Self::new(Level::WARN, words)
    }

    /// `12 more in 60 s: words`.
    pub(super) fn text(&self) -> String {
        if self.count == 0 {
            return self.words.clone();
        }
        let seconds = self.within.as_secs_f64().round().max(1.0);
        format!("{} more in {seconds} s: {}", self.count, self.words)
    }
}

/// Remembers which lines were shown a moment ago. Reads no clock.
#[derive(Debug, Default)]
pub(super) struct Folder(Vec<Kind>);

/// Lines of one kind, in the order in which their windows began.
#[derive(Debug)]
struct Kind {
    key: String,
    since: Instant,
    /// How many were shown in this window.
    shown: u32,
    last: Folded,
}

impl Folder {
    /// Whether a line of the kind `key` is shown now; and what has to be told of a kind that was let go for it.
    pub(super) fn admit(
        &mut self,
        key: &str,
        line: &Folded,
        burst: u32,
        now: Instant,
    ) -> (bool, Option<Folded>) {
        if let Some(kind) = self.0.iter_mut().find(|kind| kind.key == key) {
            return (kind.repeat(line, burst), None);
        }
        let evicted = (self.0.len() == KINDS).then(|| self.0.remove(0).finish(now));
        self.0.push(Kind {
            key: key.to_owned(),
            since: now,
            shown: 1,
            last: line.clone(),
        });
        (true, evicted.flatten())
    }

    /// What was folded in windows that are over by `now`. A kind that went on is counted anew, one that did not is forgotten.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Folded> {
        let over = |kind: &mut Kind| now.saturating_duration_since(kind.since) >= WINDOW;
        let over: Vec<Kind> = self.0.extract_if(.., over).collect();
        let mut told = Vec::new();
        for mut kind in over {
            if let Some(folded) = kind.finish(now) {
                told.push(folded);
                kind.since = now;
                // Its last line was told just now, with the count.
                kind.shown = 1;
                self.0.push(kind);
            }
        }
        told
    }

    /// What was folded so far, at the end.
    pub(super) fn all(&mut self, now: Instant) -> Vec<Folded> {
        let kinds = std::mem::take(&mut self.0);
        let folded = kinds.into_iter();
        folded.filter_map(|mut kind| kind.finish(now)).collect()
    }
}

impl Kind {
    fn repeat(&mut self, line: &Folded, burst: u32) -> bool {
        if self.shown < burst {
            self.shown += 1;
            return true;
        }
        self.last.words.clone_from(&line.words);
        self.last.count += 1;
        false
    }

    /// Ends the window; `None` when nothing was folded.
    fn finish(&mut self, now: Instant) -> Option<Folded> {
        let mut folded = self.last.clone();
        folded.within = now.saturating_duration_since(self.since);
        self.last.count = 0;
        (folded.count > 0).then_some(folded)
    }
}

/// `words` with every number in it made equal, so that lines that differ only in numbers are of one kind.
pub(super) fn shape(words: &str) -> String {
    let words = words.split_whitespace();
    let shaped = words.map(|word| if is_number(word) { "#" } else { word });
    shaped.collect::<Vec<_>>().join(" ")
}

/// Numbers, pairs of numbers such as `12.3/1`, and long hex such as hashes and job ids.
fn is_number(word: &str) -> bool {
    let word = word.trim_matches(|character: char| ".,:;()%".contains(character));
    let hex = word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex || (!word.is_empty() && word.split('/').all(|part| part.parse::<f64>().is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &str) -> Folded {
        Folded::new(Level::WARN, words.to_owned())
    }

    #[test]
    fn the_first_is_shown_and_the_rest_counted() {
        let start = Instant::now();
        let mut folder = Folder::default();
        let mut say = |words: &str, at: u64| {
            let now = start + Duration::from_secs(at);
            folder.admit(&shape(words), &line(words), 1, now).0
        };
        assert!(say("try again in 2 s", 0));
        assert!(!say("try again in 4 s", 2));
        assert!(say("something else", 3));
        assert!(!say("try again in 8 s", 6));
        let due = |folder: &mut Folder, at: u64| -> Vec<String> {
            let due = folder.due(start + Duration::from_secs(at));
            due.iter().map(Folded::text).collect()
        };
        assert_eq!(due(&mut folder, 59), Vec::<String>::new());
        assert_eq!(due(&mut folder, 60), ["2 more in 60 s: try again in 8 s"]);
        assert!(
            !folder
                .admit(
                    &shape("try again in 9 s"),
                    &line("try again in 9 s"),
                    1,
                    start
                )
                .0
        );
        assert_eq!(due(&mut folder, 120), ["1 more in 60 s: try again in 9 s"]);
        assert_eq!(due(&mut folder, 180), Vec::<String>::new());
        assert!(
            folder
                .admit(&shape("try again in 9 s"), &line("x"), 1, start)
                .0
        );
    }

    #[test]
    fn a_burst_passes() {
        let now = Instant::now();
        let mut folder = Folder::default();
        let shown = (0..50).filter(|_| folder.admit("k", &line("k"), 30, now).0);
        assert_eq!(shown.count(), 30);
        assert_eq!(folder.all(now)[0].count, 20);
    }

    /// Found by reading: after one busy minute a share a minute was told only with its window's count, a minute late, for ever.
    #[test]
    fn each_window_has_its_burst() {
        let start = Instant::now();
        let mut folder = Folder::default();
        let mut shown = |at: u64, lines: usize| {
            let now = start + Duration::from_secs(at);
            let shown = (0..lines).filter(|_| folder.admit("k", &line("k"), 30, now).0);
            let shown = shown.count();
            let told = folder
                .due(now)
                .iter()
                .map(|folded| folded.count)
                .sum::<u64>();
            (shown, told)
        };
        assert_eq!(shown(0, 31), (30, 0));
        assert_eq!(shown(60, 0), (0, 1));
        assert_eq!(shown(61, 1), (1, 0));
        assert_eq!(shown(120, 1), (1, 0));
    }

    #[test]
    fn memory_is_bounded_and_nothing_is_lost_uncounted() {
        let now = Instant::now();
        let mut folder = Folder::default();
        let mut told = 0;
        for number in 0..4000 {
            let key = format!("kind {number} x");
            for _ in 0..2 {
                let (_, evicted) = folder.admit(&key, &line(&key), 1, now);
                told += evicted.map_or(0, |folded| folded.count);
            }
            assert!(folder.0.len() <= KINDS);
        }
        let rest: u64 = folder.all(now).iter().map(|folded| folded.count).sum();
        assert_eq!(told + rest, 4000);
    }

    #[test]
    fn shapes() {
        assert_eq!(shape("rejected 12.3/1 from sim0"), "rejected # from sim0");
        assert_eq!(
            shape("job deadbeef01, difficulty 2.44e-4"),
            "job # difficulty #"
        );
        assert_ne!(shape("10.0.0.1 is down"), shape("10.0.0.2 is down"));
    }
}
