//! The search of a header under all its versions: many versions at once, one nonce after the other.

use std::collections::VecDeque;
use std::ops::Range;

use crate::algorithm::sha256d::{Midstate, VersionScanner};
use crate::units::{Nonce, Target};
use crate::work::{Found, Header, WorkUnit};

/// Versions side by side: what fills the lanes.
const TOGETHER: u64 = 32;
/// Nonces are searched in multiples of this: what fills the lanes' schedule.
const NONCES: u64 = 16;
/// One more than the last nonce word.
const END: u64 = 1 << 32;

/// One piece of work with all its versions, and how far the search has come.
pub(super) struct VersionSearch {
    work: WorkUnit,
    header: Header,
    /// Numbers of the combinations that are not begun yet.
    waiting: Range<u64>,
    /// The versions that are searched.
    versions: Vec<u32>,
    scanner: VersionScanner,
    limit: Target,
    /// Nonce words that are left for them.
    words: Range<u64>,
}

impl VersionSearch {
    /// The search of `work`, whose header is `header`, for hashes that meet `limit`.
    pub(super) fn new(work: &WorkUnit, header: Header, limit: Target) -> Self {
        let mut search = Self {
            work: work.clone(),
            header,
            waiting: 0..work.versions(),
            versions: Vec::new(),
            scanner: VersionScanner::new(&[], header.tail(), limit),
            limit,
            words: 0..0,
        };
        search.begin_next();
        search
    }

    /// From now on for hashes that meet `limit`.
    pub(super) fn set_limit(&mut self, limit: Target) {
        self.limit = limit;
        self.prepare();
    }

    /// What is left to search, but for how much: empty at the end.
    pub(super) fn left(&self) -> Range<u64> {
        self.words.clone()
    }

    /// About `hashes` more; returns how many it were.
    pub(super) fn step(&mut self, hashes: u64, found: &mut VecDeque<Found>) -> u64 {
        let together = self.versions.len().max(1) as u64;
        let nonces = (hashes / together).next_multiple_of(NONCES).max(NONCES);
        let first = self.words.start;
        let end = self.words.end.min(first + nonces);
        self.scanner.scan(first..end, &mut |place, word| {
            found.push_back(Found {
                nonce: Nonce::from_message_word(word),
                version: Some(self.versions[place]),
            });
        });
        self.words.start = end;
        if self.words.is_empty() {
            self.begin_next();
        }
        (end - first) * together
    }

    /// Begins the next versions, if there are any.
    fn begin_next(&mut self) {
        let next = self.waiting.by_ref().take(TOGETHER as usize);
        self.versions = next.map(|index| self.work.version(index)).collect();
        if !self.versions.is_empty() {
            self.words = 0..END;
            self.prepare();
        }
    }

    fn prepare(&mut self) {
        let midstate = |version: &u32| self.header.with_version(*version).midstate();
        let midstates: Vec<Midstate> = self.versions.iter().map(midstate).collect();
        self.scanner = VersionScanner::new(&midstates, self.header.tail(), self.limit);
    }
}
