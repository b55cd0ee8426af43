//! The search spaces of the last jobs: a job that is sent again goes on where it stood.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use crate::pool::stratum_v1::messages::{Extranonce, Notify};
use crate::work::SearchSpace;

/// How many spaces are kept.
const KEPT: usize = 16;
/// How far a time may run ahead of the first one of its space, in seconds; a space holds 65535.
const MAX_NTIME_AHEAD: u32 = 60_000;

/// The search spaces of the last jobs, over all connections.
#[derive(Debug)]
pub(super) struct Spaces {
    /// Newest use last.
    entries: VecDeque<Entry>,
    /// Where the first space begins.
    first_offset: u64,
}

#[derive(Debug)]
struct Entry {
    notify: Arc<Notify>,
    extranonce1: Bytes,
    extranonce2_size: usize,
    version_mask: u32,
    /// Where extranonce2 begins.
    offset: u64,
    base_ntime: u32,
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

    /// The space of a job: the one that it had before, if its content is the same (its id and time do not matter).
    pub(super) fn of(
        &mut self,
        notify: &Arc<Notify>,
        extranonce: &Extranonce,
        version_mask: u32,
    ) -> Arc<SearchSpace> {
        let known = self
            .entries
            .iter()
            .position(|entry| entry.fits(notify, extranonce));
        let entry = match known.and_then(|at| self.entries.remove(at)) {
            Some(entry) => entry.under(version_mask),
            None => self.fresh(notify, extranonce, version_mask),
        };
        let space = Arc::clone(&entry.space);
        self.entries.push_back(entry);
        if self.entries.len() > KEPT {
            self.entries.pop_front();
        }
        space
    }

    /// A new space that begins after the places taken of the last one.
    fn fresh(&self, notify: &Arc<Notify>, extranonce: &Extranonce, version_mask: u32) -> Entry {
        let offset = self.entries.back().map_or(self.first_offset, |last| {
            last.offset.wrapping_add(last.space.taken())
        });
        let size = extranonce.second_size;
        Entry {
            notify: Arc::clone(notify),
            extranonce1: extranonce.first.clone(),
            extranonce2_size: size,
            version_mask,
            offset,
            base_ntime: notify.ntime,
            space: Arc::new(SearchSpace::new(size, offset, notify.ntime)),
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

    fn fits(&self, notify: &Notify, extranonce: &Extranonce) -> bool {
        let ahead = notify.ntime.checked_sub(self.base_ntime);
        self.extranonce1 == extranonce.first
            && self.extranonce2_size == extranonce.second_size
            && ahead.is_some_and(|ahead| ahead <= MAX_NTIME_AHEAD)
            && self.notify.has_content_of(notify)
    }
}
