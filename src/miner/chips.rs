//! What each chip of a board has answered: which chip lies, which one is silent. Values only.

use std::collections::BTreeMap;

use crate::board::Origin;

/// Chips of one board that are told apart; no chain is longer, and what a board invents costs no more memory.
const MOST_CHIPS: usize = 512;
/// Cores of one chip whose errors are counted apart.
const MOST_CORES: usize = 256;

/// What one chip has answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChipCounters {
    /// Right nonces.
    pub nonces: u64,
    /// Nonces that failed verification.
    pub hardware_errors: u64,
    /// Of these, by the core that found them, where the answer told.
    pub core_errors: BTreeMap<u16, u64>,
    /// Answers that were lost or useless, by the driver's reason.
    pub faults: BTreeMap<&'static str, u64>,
}

/// The chips of one board, counted from the host's end of the chain.
#[derive(Debug, Default)]
pub(super) struct Chips(BTreeMap<u16, ChipCounters>);

impl Chips {
    /// A chip answered.
    pub(super) fn answered(&mut self, origin: Origin, right: bool) {
        let Some(chip) = self.chip(origin.chip) else {
            return;
        };
        if right {
            chip.nonces += 1;
            return;
        }
        chip.hardware_errors += 1;
        let Some(core) = origin.core else {
            return;
        };
        if chip.core_errors.len() < MOST_CORES || chip.core_errors.contains_key(&core) {
            *chip.core_errors.entry(core).or_default() += 1;
        }
    }

    /// An answer of a chip was lost or useless.
    pub(super) fn fault(&mut self, chip: u16, kind: &'static str) {
        if let Some(chip) = self.chip(chip) {
            *chip.faults.entry(kind).or_default() += 1;
        }
    }

    /// The counts of every chip that was heard of.
    pub(super) fn counters(&self) -> BTreeMap<u16, ChipCounters> {
        self.0.clone()
    }

    fn chip(&mut self, chip: u16) -> Option<&mut ChipCounters> {
        let room = self.0.len() < MOST_CHIPS || self.0.contains_key(&chip);
        room.then(|| self.0.entry(chip).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn from(chip: u16, core: u16) -> Origin {
        Origin {
            chip,
            core: Some(core),
        }
    }

    #[test]
    fn each_chip_and_each_lying_core_is_counted_apart() {
        let mut chips = Chips::default();
        chips.answered(from(0, 3), true);
        chips.answered(from(1, 3), false);
        chips.answered(from(1, 3), false);
        chips.answered(from(1, 9), false);
        chips.fault(1, "crc");
        let counters = chips.counters();
        assert_eq!(counters[&0].nonces, 1);
        assert_eq!(counters[&0].hardware_errors, 0);
        assert_eq!(counters[&1].hardware_errors, 3);
        assert_eq!(counters[&1].core_errors, BTreeMap::from([(3, 2), (9, 1)]));
        assert_eq!(counters[&1].faults, BTreeMap::from([("crc", 1)]));
    }

    #[test]
    fn invented_chips_and_cores_cost_no_memory() {
        let mut chips = Chips::default();
        for number in 0..=u16::MAX {
            chips.answered(from(number, 0), false);
            chips.answered(from(7, number), false);
        }
        let counters = chips.counters();
        assert_eq!(counters.len(), MOST_CHIPS);
        assert_eq!(counters[&7].core_errors.len(), MOST_CORES);
        assert_eq!(counters[&7].hardware_errors, 65_537);
    }
}
