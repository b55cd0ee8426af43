//! The works that a board may still answer: by number where jobs carry one, else the current one and the one before.

use crate::board::Suspects;
use crate::work::WorkUnit;

/// How many numbers fit the five bits of an Antminer's job.
const IDS: usize = 32;

/// The works that a board may still answer.
#[derive(Debug)]
pub(super) struct Flight {
    slots: Box<[Option<WorkUnit>]>,
    current: usize,
}

impl Flight {
    /// For boards whose jobs carry a number (`ids`), or do not.
    pub(super) fn new(ids: bool) -> Self {
        let slots = if ids { IDS } else { 2 };
        Self {
            slots: vec![None; slots].into_boxed_slice(),
            current: 0,
        }
    }

    /// The number that the next work will have.
    pub(super) fn next_id(&self) -> u8 {
        ((self.current + 1) % self.slots.len()) as u8
    }

    /// What stands in the next job's place for a number: zero, as filler is, where the board does not know of numbers.
    pub(super) fn id_on_the_wire(&self) -> u8 {
        if self.slots.len() == IDS {
            self.next_id()
        } else {
            0
        }
    }

    /// Takes `work` as the current one, under [`Flight::next_id`].
    pub(super) fn load(&mut self, work: WorkUnit) {
        self.current = (self.current + 1) % self.slots.len();
        self.slots[self.current] = Some(work);
    }

    /// What a nonce with this number belongs to; without one, the current work and then the one before.
    pub(super) fn suspects(&self, id: Option<u8>) -> Suspects {
        match id {
            Some(id) => self.slot(usize::from(id)).collect(),
            None => self
                .slot(self.current)
                .chain(self.slot(self.before()))
                .collect(),
        }
    }

    /// Whether a nonce with this number belongs to the work loaded last.
    pub(super) fn is_current(&self, id: Option<u8>) -> bool {
        id.is_none_or(|id| usize::from(id) == self.current)
    }

    fn before(&self) -> usize {
        (self.current + self.slots.len() - 1) % self.slots.len()
    }

    fn slot(&self, at: usize) -> impl Iterator<Item = WorkUnit> {
        self.slots.get(at).and_then(Clone::clone).into_iter()
    }
}
