//! The search space of a job: who has taken what of extranonce2, time and version.

use std::sync::atomic::{AtomicU64, Ordering};

/// The cursor through a job's search space, shared by every board that works on it.
///
/// A board takes the next place from this one counter, so no two boards ever hold the same piece of work, none is handed out
/// twice, a board that joins late overlaps with nobody, and a space of one byte of extranonce2 is used to its last value.
/// Within a second of ntime the extranonce2 runs first, then the rolled versions; when both are used up the space is dry until ntime
/// may move on.
///
/// Sessions keep the space of a job that the pool sends again (same content, perhaps a later ntime), so that its work is not repeated.
#[derive(Debug)]
pub struct SearchSpace {
    /// Upper 16 bits: seconds of ntime rolled; lower 48: places taken within that second.
    cursor: AtomicU64,
    /// Number of extranonce2 values, at most 2^48.
    extranonces: u64,
    /// Where extranonce2 starts, so that a session does not begin at the same values as the one before.
    offset: u64,
    /// The ntime that roll 0 stands for.
    base_ntime: u32,
}

/// One place in a search space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The extranonce2 as a counter; the low bytes of the field.
    pub extranonce2: u64,
    /// Absolute ntime, Unix seconds.
    pub ntime: u32,
    /// Which combination of the rollable version bits: 0 leaves the version alone.
    pub version_index: u64,
}

const WITHIN: u64 = (1 << 48) - 1;

impl SearchSpace {
    /// The space of a job with `extranonce2_size` bytes to roll (0: a fixed merkle root) that starts at `offset` and `ntime`.
    pub fn new(extranonce2_size: usize, offset: u64, base_ntime: u32) -> Self {
        let extranonces = 1 << (8 * extranonce2_size).min(48);
        Self {
            cursor: AtomicU64::new(0),
            extranonces,
            offset,
            base_ntime,
        }
    }

    /// Takes the next place with an ntime in `earliest..=latest` and a version among `versions` combinations (1: not rolled).
    ///
    /// `None`: used up, at least until `latest` grows.
    pub fn take(&self, earliest: u32, latest: u32, versions: u64) -> Option<Place> {
        let limits = Limits {
            first_roll: earliest.saturating_sub(self.base_ntime).into(),
            last_roll: latest.checked_sub(self.base_ntime)?.min(0xffff).into(),
            places: self.extranonces.saturating_mul(versions.max(1)).min(WITHIN),
            extranonces: self.extranonces,
        };
        let mut cursor = self.cursor.load(Ordering::Relaxed);
        loop {
            let (roll, within) = limits.next(cursor >> 48, cursor & WITHIN)?;
            let next = roll << 48 | (within + 1);
            match self.cursor.compare_exchange_weak(
                cursor,
                next,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(self.place(roll, within)),
                Err(current) => cursor = current,
            }
        }
    }

    /// The job has other version bits from now on. Numbers of combinations mean other versions then, so where some were rolled the rest
    /// of this second of ntime is left alone.
    pub fn end_version_rolling(&self) {
        let ended = |cursor: u64| (cursor & WITHIN > self.extranonces).then_some(cursor | WITHIN);
        // Nothing rolled is nothing to end.
        let _ = self
            .cursor
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, ended);
    }

    /// How many places have been taken within the current second of ntime; for tests and for offsets of later spaces.
    pub fn taken(&self) -> u64 {
        self.cursor.load(Ordering::Relaxed) & WITHIN
    }

    fn place(&self, roll: u64, within: u64) -> Place {
        Place {
            extranonce2: within.wrapping_add(self.offset) % self.extranonces,
            ntime: self.base_ntime.saturating_add(roll as u32),
            version_index: within / self.extranonces,
        }
    }
}

struct Limits {
    first_roll: u64,
    last_roll: u64,
    places: u64,
    extranonces: u64,
}

impl Limits {
    /// The place to take when `within` places of second `roll` are gone.
    ///
    /// A second whose extranonce2 values are used up is left for a later one as soon as there is one, so versions are rolled
    /// only while time stands still.
    fn next(&self, roll: u64, within: u64) -> Option<(u64, u64)> {
        if roll < self.first_roll {
            return (self.first_roll <= self.last_roll).then_some((self.first_roll, 0));
        }
        if within < self.extranonces.min(self.places) {
            return Some((roll, within));
        }
        if roll < self.last_roll {
            return Some((self.last_roll, 0));
        }
        (within < self.places).then_some((roll, within))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use super::*;

    #[test]
    fn extranonce2_then_time_then_version_then_dry() {
        let space = SearchSpace::new(1, 250, 1000);
        let first: Vec<Place> = std::iter::from_fn(|| space.take(1000, 1000, 2)).collect();
        assert_eq!(first.len(), 512);
        assert_eq!(
            first[0],
            Place {
                extranonce2: 250,
                ntime: 1000,
                version_index: 0
            }
        );
        assert_eq!(first[6].extranonce2, 0);
        assert_eq!(
            first[256],
            Place {
                extranonce2: 250,
                ntime: 1000,
                version_index: 1
            }
        );
        let second = space.take(1000, 1003, 2).unwrap();
        assert_eq!((second.ntime, second.version_index), (1003, 0));
        let all: HashSet<Place> = first.into_iter().chain([second]).collect();
        assert_eq!(all.len(), 513);
    }

    #[test]
    fn a_later_notify_of_the_same_job_goes_on_after_the_places_taken() {
        let space = SearchSpace::new(1, 0, 1000);
        assert_eq!(space.take(1000, 1010, 1).unwrap().ntime, 1000);
        let later = space.take(1005, 1010, 1).unwrap();
        assert_eq!((later.ntime, later.extranonce2), (1005, 0));
        assert_eq!(space.take(1000, 1010, 1).unwrap().extranonce2, 1);
        assert_eq!(space.take(999, 999, 1), None);
    }

    #[test]
    fn a_fixed_root_gives_one_place_a_second() {
        let space = SearchSpace::new(0, 77, 5);
        assert!(space.take(5, 5, 1).is_some());
        assert!(space.take(5, 5, 1).is_none());
        assert_eq!(space.take(5, 7, 1).unwrap().ntime, 7);
    }

    #[test]
    fn threads_never_share_a_place() {
        let space = Arc::new(SearchSpace::new(2, 0, 0));
        let takers: Vec<_> = (0..4)
            .map(|_| {
                let space = Arc::clone(&space);
                std::thread::spawn(move || {
                    std::iter::from_fn(|| space.take(0, 0, 1)).collect::<Vec<_>>()
                })
            })
            .collect();
        let places: Vec<Place> = takers
            .into_iter()
            .flat_map(|taker| taker.join().unwrap())
            .collect();
        assert_eq!(places.len(), 65_536);
        assert_eq!(places.into_iter().collect::<HashSet<_>>().len(), 65_536);
    }

    #[test]
    fn another_version_mask_repeats_nothing() {
        let space = SearchSpace::new(1, 0, 100);
        for _ in 0..300 {
            space.take(100, 100, 4).unwrap();
        }
        space.end_version_rolling();
        assert_eq!(space.take(100, 100, 65536), None, "this second is over");
        assert_eq!(space.take(100, 101, 65536).unwrap().ntime, 101);

        let fresh = SearchSpace::new(1, 0, 100);
        let first = fresh.take(100, 100, 4).unwrap();
        fresh.end_version_rolling();
        assert_ne!(fresh.take(100, 100, 65536).unwrap(), first);
    }
}
