//! The search spaces of the last jobs: a job that is sent again, over a new connection too, goes on where it stood.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::work::{CoinbaseTemplate, HeaderTemplate, SearchSpace, Template};

/// How many spaces are kept.
const KEPT: usize = 16;
/// How far a time may run ahead of the first one of its space, in seconds; a space holds 65535.
const MAX_NTIME_AHEAD: u32 = 50_000;

/// The last few things, the one that was used last at the end.
#[derive(Debug)]
pub(super) struct Recent<T, const KEPT: usize>(VecDeque<T>);

impl<T, const KEPT: usize> Default for Recent<T, KEPT> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T, const KEPT: usize> Recent<T, KEPT> {
    /// The one that `is_it`, which is the last from now on.
    pub(super) fn find(&mut self, is_it: impl Fn(&T) -> bool) -> Option<&mut T> {
        let at = self.0.iter().position(is_it)?;
        let found = self.0.remove(at)?;
        self.0.push_back(found);
        self.0.back_mut()
    }

    /// The one that was used last.
    pub(super) fn last(&self) -> Option<&T> {
        self.0.back()
    }

    /// Adds one; the one that was not used for the longest time may have to go.
    pub(super) fn add(&mut self, new: T) {
        self.0.push_back(new);
        if self.0.len() > KEPT {
            self.0.pop_front();
        }
    }
}

/// The search spaces of the last jobs that have a coinbase or a header, over all connections.
#[derive(Debug)]
pub(super) struct Spaces {
    entries: Recent<Entry, KEPT>,
    /// Where the first space begins.
    first_offset: u64,
}

#[derive(Debug)]
struct Entry {
    template: Template,
    version_mask: u32,
    /// Where extranonce2 begins.
    offset: u64,
    space: Arc<SearchSpace>,
}

impl Spaces {
    /// No spaces yet; the first will begin at `first_offset`.
    pub(super) fn new(first_offset: u64) -> Self {
        Self {
            entries: Recent::default(),
            first_offset,
        }
    }

    /// The space of what a job hashes: the one that it had before, if only the time is another.
    pub(super) fn of(&mut self, template: &Template, version_mask: u32) -> Arc<SearchSpace> {
        if let Some(entry) = self.entries.find(|entry| entry.fits(template)) {
            entry.put_under(version_mask);
            return Arc::clone(&entry.space);
        }
        let entry = self.fresh(template, version_mask);
        let space = Arc::clone(&entry.space);
        self.entries.add(entry);
        space
    }

    /// A new space that begins after the places taken of the last one.
    fn fresh(&self, template: &Template, version_mask: u32) -> Entry {
        let offset = self.entries.last().map_or(self.first_offset, |last| {
            last.offset.wrapping_add(last.space.taken())
        });
        let size = template.extranonce2_size();
        let ntime = template.header().map_or(0, |header| header.ntime);
        Entry {
            template: template.clone(),
            version_mask,
            offset,
            space: Arc::new(SearchSpace::new(size, offset, ntime)),
        }
    }
}

impl Entry {
    /// The same space when the job has another mask: what was searched with the old one is not searched again.
    fn put_under(&mut self, version_mask: u32) {
        if version_mask != self.version_mask {
            self.space.end_version_rolling();
        }
        self.version_mask = version_mask;
    }

    /// Whether both have the same things hashed, and the time is not before this one's nor too far ahead.
    fn fits(&self, template: &Template) -> bool {
        let times = self.template.header().zip(template.header());
        let ahead = times.and_then(|(ours, theirs)| theirs.ntime.checked_sub(ours.ntime));
        ahead.is_some_and(|ahead| ahead <= MAX_NTIME_AHEAD)
            && has_same_content(&self.template, template)
    }
}

/// Whether both have the same things hashed, whatever their time.
pub(super) fn has_same_content(one: &Template, other: &Template) -> bool {
    let (Some(ours), Some(theirs)) = (one.header(), other.header()) else {
        return false;
    };
    let ntime = ours.ntime;
    *ours == (HeaderTemplate { ntime, ..*theirs }) && coinbase_of(one) == coinbase_of(other)
}

fn coinbase_of(template: &Template) -> Option<&CoinbaseTemplate> {
    match template {
        Template::Coinbase { coinbase, .. } => Some(coinbase),
        _ => None,
    }
}
