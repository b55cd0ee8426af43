//! The search of one piece of work: SHA-256d by its scanner, anything else by its searcher.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::versions::VersionSearch;
use crate::algorithm::sha256d::Scanner;
use crate::algorithm::{Hasher, Searcher, searcher_of};
use crate::units::{Nonce, Target};
use crate::work::{Found, HashInput, Header, WorkUnit};

/// One piece of work, and how far its search has come.
pub(super) struct Search {
    work: WorkUnit,
    /// What is not searched yet, as the input's field counts.
    left: Range<u64>,
    way: Way,
    /// Found, and not told yet.
    found: VecDeque<Found>,
}

#[expect(
    clippy::large_enum_variant,
    reason = "the scanner is the usual way, and new work must not allocate"
)]
enum Way {
    /// SHA-256d of a header: the kernels.
    Header(Scanner),
    /// The same over many versions of it at once.
    Versions(Box<VersionSearch>),
    /// Any algorithm.
    Any(Box<AnyWay>),
}

/// A search with a searcher.
struct AnyWay {
    searcher: OwnSearcher,
    input: HashInput,
    limit: Target,
}

/// A searcher, and what it was made of.
pub(super) struct OwnSearcher {
    hasher: Arc<dyn Hasher>,
    searcher: Box<dyn Searcher>,
}

/// The searcher of the work before, kept for its scratch memory.
#[derive(Default)]
pub(super) struct Searchers(Option<OwnSearcher>);

impl Searchers {
    /// A searcher for `work`; `None`: there is a better way.
    pub(super) fn take_for(&mut self, work: &WorkUnit) -> Option<OwnSearcher> {
        if is_header_of_sha256d(work) {
            return None;
        }
        let hasher = &work.job().hasher;
        let same = |own: &OwnSearcher| Arc::ptr_eq(&own.hasher, hasher);
        let fresh = || OwnSearcher {
            hasher: Arc::clone(hasher),
            searcher: searcher_of(hasher),
        };
        // What does not fit any more gives its memory back before the new one takes its own.
        self.0.take().filter(same).or_else(|| Some(fresh()))
    }

    pub(super) fn put_back(&mut self, searcher: Option<OwnSearcher>) {
        self.0 = searcher.or(self.0.take());
    }
}

fn is_header_of_sha256d(work: &WorkUnit) -> bool {
    work.job().algorithm.name() == "sha256d" && work.header().is_some()
}

fn scanner_of(header: Header, limit: Target) -> Scanner {
    Scanner::new(header.midstate(), header.tail(), limit)
}

impl Search {
    /// The search of `work` for hashes that meet `threshold` or are shares.
    pub(super) fn new(work: WorkUnit, searcher: Option<OwnSearcher>, threshold: Target) -> Self {
        let limit = threshold.max(work.job().target);
        let way = match (searcher, work.header()) {
            (None, Some(header)) if work.versions() > 1 => {
                Way::Versions(Box::new(VersionSearch::new(&work, header, limit)))
            }
            (None, Some(header)) => Way::Header(scanner_of(header, limit)),
            (searcher, _) => Way::Any(Box::new(AnyWay {
                searcher: searcher.unwrap_or_else(|| OwnSearcher {
                    hasher: Arc::clone(&work.job().hasher),
                    searcher: searcher_of(&work.job().hasher),
                }),
                input: *work.input(),
                limit,
            })),
        };
        Self {
            left: work.nonces(),
            work,
            way,
            found: VecDeque::new(),
        }
    }

    pub(super) fn work(&self) -> &WorkUnit {
        &self.work
    }

    /// Whether everything is searched and told.
    pub(super) fn is_over(&self) -> bool {
        self.left.is_empty() && self.found.is_empty()
    }

    /// From now on for hashes that meet `threshold` or are shares.
    pub(super) fn report(&mut self, threshold: Target) {
        let limit = threshold.max(self.work.job().target);
        match (&mut self.way, self.work.header()) {
            (Way::Any(way), _) => way.limit = limit,
            (Way::Header(scanner), Some(header)) => *scanner = scanner_of(header, limit),
            (Way::Versions(search), _) => search.set_limit(limit),
            (Way::Header(_), None) => {}
        }
    }

    /// The next find among about `chunk` nonces more, and how many were hashed.
    pub(super) fn step(&mut self, chunk: u64) -> (Option<Found>, u64) {
        if let Some(found) = self.found.pop_front() {
            return (Some(found), 0);
        }
        let first = self.left.start;
        match &mut self.way {
            Way::Header(scanner) => {
                let mut counts = first..self.left.end.min(first + chunk);
                let hit = scanner.scan(&mut counts);
                self.left.start = counts.start;
                let found = hit.map(|word| Found::nonce(Nonce::from_message_word(word)));
                (found, counts.start - first)
            }
            Way::Versions(search) => {
                let hashes = search.step(chunk, &mut self.found);
                self.left = search.left();
                (self.found.pop_front(), hashes)
            }
            Way::Any(way) => {
                let end = self
                    .left
                    .end
                    .min(first.saturating_add(way.whole_lanes(chunk)));
                way.search(first..end, &mut self.found);
                self.left.start = end;
                (self.found.pop_front(), end - first)
            }
        }
    }

    /// The searcher, for the next piece of work.
    pub(super) fn into_searcher(self) -> Option<OwnSearcher> {
        match self.way {
            Way::Header(_) | Way::Versions(_) => None,
            Way::Any(way) => Some(way.searcher),
        }
    }
}

impl AnyWay {
    fn whole_lanes(&self, chunk: u64) -> u64 {
        chunk
            .max(1)
            .next_multiple_of(self.searcher.searcher.lanes().max(1))
    }

    fn search(&mut self, counts: Range<u64>, found: &mut VecDeque<Found>) {
        let field = self.input.field();
        self.searcher.searcher.search(
            self.input.as_bytes_mut(),
            field,
            counts,
            &self.limit,
            &mut |count| found.push_back(Found::nonce(field.nonce(count))),
        );
    }
}
