//! The works that a core has or had, by their ids: which are searched, which wait, and whose a nonce is.

use std::time::Instant;

use arrayvec::ArrayVec;

use crate::work::WorkUnit;

/// Works that are remembered, over or not: more than a core can have at once (three).
const REMEMBERED: usize = 8;

/// A work and where it stands.
struct Entry {
    id: u8,
    work: WorkUnit,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Sent; the core must have answered by then.
    Sent(Instant),
    /// In the core's queue, or being searched.
    Accepted,
    /// Searched, void or refused; a late nonce may still come.
    Over,
}

/// The works of one core, oldest first.
#[derive(Default)]
pub(super) struct Flight {
    entries: ArrayVec<Entry, REMEMBERED>,
    next_id: u8,
}

impl Flight {
    /// The id of the work that is sent next.
    pub(super) fn next_id(&self) -> u8 {
        self.next_id
    }

    /// `work` was sent under [`Flight::next_id`].
    pub(super) fn sent(&mut self, work: WorkUnit, answer_by: Instant) {
        if self.entries.is_full() {
            self.entries.remove(0);
        }
        self.entries.push(Entry {
            id: self.next_id,
            work,
            state: State::Sent(answer_by),
        });
        self.next_id = self.next_id.wrapping_add(1);
    }

    /// The core has said that it took the work.
    pub(super) fn accepted(&mut self, id: u8) {
        if let Some(entry) = self.entry(id)
            && matches!(entry.state, State::Sent(_))
        {
            entry.state = State::Accepted;
        }
    }

    /// The work is of no use any more.
    pub(super) fn over(&mut self, id: u8) {
        if let Some(entry) = self.entry(id) {
            entry.state = State::Over;
        }
    }

    /// The work, and those that the core had before it, are searched. Works are searched in the order in which they were sent.
    pub(super) fn searched(&mut self, id: u8) {
        self.before(id);
        self.over(id);
    }

    /// The core searches this work: those before it are over.
    pub(super) fn before(&mut self, id: u8) {
        if let Some(at) = self.entries.iter().rposition(|entry| entry.id == id) {
            for entry in &mut self.entries[..at] {
                entry.state = State::Over;
            }
        }
    }

    /// The core has nothing left of what it accepted.
    pub(super) fn core_is_empty(&mut self) {
        for entry in &mut self.entries {
            if entry.state == State::Accepted {
                entry.state = State::Over;
            }
        }
    }

    /// Every work is void.
    pub(super) fn clear(&mut self) {
        for entry in &mut self.entries {
            entry.state = State::Over;
        }
    }

    /// How many works the core has, or will have when the line is done.
    pub(super) fn live(&self) -> usize {
        let live = |entry: &&Entry| entry.state != State::Over;
        self.entries.iter().filter(live).count()
    }

    /// When the first answer is due that has not come.
    pub(super) fn answer_by(&self) -> Option<Instant> {
        let due = |entry: &Entry| match entry.state {
            State::Sent(answer_by) => Some(answer_by),
            _ => None,
        };
        self.entries.iter().filter_map(due).min()
    }

    /// The newest work that is not over, to be sent again in place of all others, which are void: its id and itself.
    pub(super) fn send_again(&mut self, answer_by: Instant) -> Option<(u8, WorkUnit)> {
        let newest = self
            .entries
            .iter_mut()
            .rfind(|entry| entry.state != State::Over)?;
        let (id, work) = (newest.id, newest.work.clone());
        self.clear();
        if let Some(entry) = self.entry(id) {
            entry.state = State::Sent(answer_by);
        }
        Some((id, work))
    }

    /// The work with this id, over or not.
    pub(super) fn work(&self, id: u8) -> Option<&WorkUnit> {
        let entry = self.entries.iter().rfind(|entry| entry.id == id)?;
        Some(&entry.work)
    }

    fn entry(&mut self, id: u8) -> Option<&mut Entry> {
        self.entries.iter_mut().rfind(|entry| entry.id == id)
    }
}
