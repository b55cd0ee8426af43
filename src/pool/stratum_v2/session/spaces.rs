//! The search spaces of the last jobs: a job that is sent again, over a new connection too, goes on where it stood.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::work::{CoinbaseTemplate, HeaderTemplate, SearchSpace, Template};

/// How many spaces are kept.
const KEPT: usize = 16;
/// How far a time may run ahead of the first one of its space, in seconds; a space holds 65535.
const MAX_NTIME_AHEAD: u32 = 50_000;

/// The search spaces of the last jobs, over all connections.
pub(super) struct Spaces {
    /// Newest use last.
    entries: VecDeque<Entry>,
    /// Where the first space begins.
    first_offset: u64,
}

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
            entries: VecDeque::new(),
            first_offset,
        }
    }

    /// The space of what a job hashes from `ntime` on: the one that it had before, if only the time is another.
    pub(super) fn of(
        &mut self,
        template: &Template,
        version_mask: u32,
        ntime: u32,
    ) -> Arc<SearchSpace> {
        let known = self.entries.iter().position(|entry| entry.fits(template));
        let entry = match known.and_then(|at| self.entries.remove(at)) {
            Some(entry) => entry.under(version_mask),
            None => self.fresh(template, version_mask, ntime),
        };
        let space = Arc::clone(&entry.space);
        self.entries.push_back(entry);
        if self.entries.len() > KEPT {
            self.entries.pop_front();
        }
        space
    }

    /// A new space that begins after the places taken of the last one.
    fn fresh(&self, template: &Template, version_mask: u32, ntime: u32) -> Entry {
        let offset = self.entries.back().map_or(self.first_offset, |last| {
            last.offset.wrapping_add(last.space.taken())
        });
        let size = template.extranonce2_size();
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
    fn under(self, version_mask: u32) -> Self {
        if version_mask != self.version_mask {
            self.space.end_version_rolling();
        }
        Self {
            version_mask,
            ..self
        }
    }

    /// Whether both have the same things hashed, and the time is not before this one's nor too far ahead.
    fn fits(&self, template: &Template) -> bool {
        let (Some(ours), Some(theirs)) = (self.template.header(), template.header()) else {
            return false;
        };
        let ntime = ours.ntime;
        let ahead = theirs.ntime.checked_sub(ntime);
        ahead.is_some_and(|ahead| ahead <= MAX_NTIME_AHEAD)
            && *ours == (HeaderTemplate { ntime, ..*theirs })
            && coinbase_of(&self.template) == coinbase_of(template)
    }
}

fn coinbase_of(template: &Template) -> Option<&CoinbaseTemplate> {
    match template {
        Template::Coinbase { coinbase, .. } => Some(coinbase),
        _ => None,
    }
}
