//! The search space of a job: who has taken what of extranonce2, time, version and nonces.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// The cursor through a job's search space, shared by every board that works on it.
///
/// A board takes the next place from this one counter, so no two boards ever hold the same piece of work, none is handed out
/// twice, a board that joins late overlaps with nobody, and a space of one byte of extranonce2 is used to its last value.
///
/// Within a second of ntime the extranonce2 runs first, then the rolled versions; when both are used up the space is dry until ntime
/// may move on. A board that rolls versions by itself takes a whole extranonce2 place with all its versions; so once one has, nobody else
/// is given versions within that second. Where there is but one place a second (a fixed root, no version to roll), boards
/// that can be told where to stop share its nonces instead, a slice each. A blob has nothing but nonces: all of it is slices.
///
/// Sessions keep the space of a job that the pool sends again (same content, perhaps a later ntime), so that its work is not repeated.
#[derive(Debug)]
pub struct SearchSpace {
    /// For headers: upper 16 bits, seconds of ntime rolled; then [`ROLLED`]; then 47 bits, places (or nonces) taken within that second.
    /// For blobs: nonces taken.
    cursor: AtomicU64,
    /// Number of extranonce2 values, at most 2^46; 0: a blob.
    extranonces: u64,
    /// Where extranonce2 starts, so that a session does not begin at the same values as the one before.
    offset: u64,
    /// The ntime that roll 0 stands for.
    base_ntime: u32,
    /// The nonces of every place, in the order in which they are counted: message words for headers.
    nonces: Range<u64>,
    /// The nonces, as numbers, that the pool allows.
    allowed: Range<u64>,
}

/// One place in a search space.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The extranonce2 as a counter; the low bytes of the field.
    pub extranonce2: u64,
    /// Absolute ntime, Unix seconds.
    pub ntime: u32,
    /// Which combination of the rollable version bits: 0 leaves the version alone.
    pub version_index: u64,
    /// The nonces to search, as their field counts them: see [`NonceField`](crate::algorithm::NonceField).
    pub nonces: Range<u64>,
}

/// How a board takes places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taking {
    /// Combinations of version bits that the job allows; 1: none but its own.
    pub versions: u64,
    /// Whether the board rolls them all by itself.
    pub rolls: bool,
    /// How many nonces it wants of a space that is handed out in slices; `None`: it cannot be told where to stop.
    pub slice: Option<u64>,
}

impl Taking {
    /// A board that rolls nothing and searches all nonces of each of `versions` combinations of version bits.
    pub const fn each_of(versions: u64) -> Self {
        Self {
            versions,
            rolls: false,
            slice: None,
        }
    }
}

/// In the cursor: a board that rolls versions by itself has taken a place within this second.
const ROLLED: u64 = 1 << 47;
const WITHIN: u64 = ROLLED - 1;
const MOST_EXTRANONCES_LOG2: usize = 46;

impl SearchSpace {
    /// The space of a job with `extranonce2_size` bytes to roll (0: a fixed merkle root) that starts at `offset` and `ntime`.
    pub fn new(extranonce2_size: usize, offset: u64, base_ntime: u32) -> Self {
        Self {
            cursor: AtomicU64::new(0),
            extranonces: 1 << (8 * extranonce2_size).min(MOST_EXTRANONCES_LOG2),
            offset,
            base_ntime,
            nonces: 0..1 << 32,
            allowed: 0..1 << 32,
        }
    }

    /// The space of a blob: these nonces and nothing else.
    pub fn of_nonces(nonces: Range<u64>) -> Self {
        Self {
            cursor: AtomicU64::new(0),
            extranonces: 0,
            offset: 0,
            base_ntime: 0,
            allowed: nonces.clone(),
            nonces,
        }
    }

    /// The same space of headers, but the pool takes no nonces (as numbers) other than these: getwork's `noncerange`.
    ///
    /// Boards search the others all the same, for their numbers are no range in the order in which chips count;
    /// [`WorkUnit::check`](super::WorkUnit::check) makes no shares of them.
    pub fn allowing(self, allowed: Range<u64>) -> Self {
        Self { allowed, ..self }
    }

    /// Whether the pool takes this nonce, a number.
    pub fn allows(&self, nonce: u64) -> bool {
        self.allowed.contains(&nonce)
    }

    /// Takes the next place with an ntime in `earliest..=latest`.
    ///
    /// `None`: used up for this board, at least until `latest` grows.
    pub fn take(&self, earliest: u32, latest: u32, taking: Taking) -> Option<Place> {
        if self.extranonces == 0 {
            return self.take_nonces(taking.slice.unwrap_or(u64::MAX));
        }
        let limits = self.limits(earliest, latest, taking)?;
        let mut cursor = self.cursor.load(Ordering::Relaxed);
        loop {
            let taken = limits.next(Moment::of(cursor))?;
            let next = taken.after.to_cursor();
            match self.exchange(cursor, next) {
                Ok(_) => return Some(self.place(&taken)),
                Err(current) => cursor = current,
            }
        }
    }

    fn limits(&self, earliest: u32, latest: u32, taking: Taking) -> Option<Limits> {
        let versions = taking.versions.max(1);
        let total = self.nonces.end.saturating_sub(self.nonces.start);
        let sliced = self.extranonces == 1 && versions == 1;
        let places = if sliced {
            total
        } else {
            self.extranonces.saturating_mul(versions)
        };
        Some(Limits {
            first_roll: earliest.saturating_sub(self.base_ntime).into(),
            last_roll: latest.checked_sub(self.base_ntime)?.min(0xffff).into(),
            places: places.min(WITHIN),
            extranonces: self.extranonces,
            rolls: taking.rolls && versions > 1,
            slice: sliced.then_some(taking.slice.unwrap_or(u64::MAX).max(1)),
            whole: taking.slice.is_none(),
        })
    }

    fn take_nonces(&self, most: u64) -> Option<Place> {
        let total = self.nonces.end.saturating_sub(self.nonces.start);
        let mut taken = self.cursor.load(Ordering::Relaxed);
        loop {
            let count = most.max(1).min(total - taken);
            if count == 0 {
                return None;
            }
            let first = self.nonces.start + taken;
            match self.exchange(taken, taken + count) {
                Ok(_) => {
                    return Some(Place {
                        extranonce2: 0,
                        ntime: 0,
                        version_index: 0,
                        nonces: first..first + count,
                    });
                }
                Err(current) => taken = current,
            }
        }
    }

    fn exchange(&self, cursor: u64, next: u64) -> Result<u64, u64> {
        self.cursor
            .compare_exchange_weak(cursor, next, Ordering::Relaxed, Ordering::Relaxed)
    }

    /// The job has other version bits from now on. Numbers of combinations mean other versions then, so where some were rolled the rest
    /// of this second of ntime is left alone.
    pub fn end_version_rolling(&self) {
        // A single place a second may be handed out by versions or by slices: not the one after the other.
        let unaffected = if self.extranonces == 1 {
            0
        } else {
            self.extranonces
        };
        let ended = |cursor: u64| (cursor & WITHIN > unaffected).then_some(cursor | WITHIN);
        // Nothing rolled is nothing to end; a blob has nothing to roll.
        if self.extranonces > 0 {
            let _ = self
                .cursor
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, ended);
        }
    }

    /// How many places have been taken within the current second of ntime; for tests and for offsets of later spaces.
    pub fn taken(&self) -> u64 {
        self.cursor.load(Ordering::Relaxed) & WITHIN
    }

    fn place(&self, taken: &Taken) -> Place {
        let nonces = match &taken.slice {
            Some(slice) => self.nonces.start + slice.start..self.nonces.start + slice.end,
            None => self.nonces.clone(),
        };
        Place {
            extranonce2: taken.place.wrapping_add(self.offset) % self.extranonces,
            ntime: self.base_ntime.saturating_add(taken.after.roll as u32),
            version_index: taken.place / self.extranonces,
            nonces,
        }
    }
}

/// A cursor through headers, taken apart.
#[derive(Debug, Clone, Copy)]
struct Moment {
    roll: u64,
    rolled: bool,
    within: u64,
}

impl Moment {
    fn of(cursor: u64) -> Self {
        Self {
            roll: cursor >> 48,
            rolled: cursor & ROLLED != 0,
            within: cursor & WITHIN,
        }
    }

    /// The beginning of a second.
    fn second(roll: u64) -> Self {
        Self {
            roll,
            rolled: false,
            within: 0,
        }
    }

    fn to_cursor(self) -> u64 {
        self.roll << 48 | if self.rolled { ROLLED } else { 0 } | self.within
    }
}

/// What a look at the cursor found to take.
struct Taken {
    /// The place's number within its second.
    place: u64,
    /// Its part of the nonces, counted from the first; `None`: all.
    slice: Option<Range<u64>>,
    /// Where the cursor stands then.
    after: Moment,
}

struct Limits {
    first_roll: u64,
    last_roll: u64,
    places: u64,
    extranonces: u64,
    /// Whether the taker rolls versions by itself.
    rolls: bool,
    /// The second is handed out nonce by nonce, this many at most.
    slice: Option<u64>,
    /// Whether the taker cannot be told where to stop.
    whole: bool,
}

impl Limits {
    /// What to take when the cursor stands at `moment`.
    ///
    /// A second whose extranonce2 values are used up is left for a later one as soon as there is one, so versions are rolled
    /// only while time stands still.
    fn next(&self, moment: Moment) -> Option<Taken> {
        if moment.roll < self.first_roll {
            let is_open = self.first_roll <= self.last_roll;
            return is_open.then(|| self.taken(Moment::second(self.first_roll)));
        }
        if self.has_fresh_place(moment) {
            return Some(self.taken(moment));
        }
        if moment.roll < self.last_roll {
            return Some(self.taken(Moment::second(self.last_roll)));
        }
        self.has_version(moment).then(|| self.taken(moment))
    }

    /// Whether there is a place with the job's own version.
    fn has_fresh_place(&self, moment: Moment) -> bool {
        if self.slice.is_some() {
            return moment.within < self.places && (moment.within == 0 || !self.whole);
        }
        moment.within < self.extranonces.min(self.places)
    }

    /// Whether there is a place with rolled bits that nobody may have searched.
    fn has_version(&self, moment: Moment) -> bool {
        self.slice.is_none() && !self.rolls && !moment.rolled && moment.within < self.places
    }

    fn taken(&self, at: Moment) -> Taken {
        let count = self
            .slice
            .map_or(1, |slice| slice.min(self.places - at.within));
        let end = at.within + count;
        Taken {
            place: if self.slice.is_some() { 0 } else { at.within },
            slice: self.slice.map(|_| at.within..end),
            after: Moment {
                rolled: at.rolled || self.rolls,
                within: end,
                ..at
            },
        }
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
        let first: Vec<Place> =
            std::iter::from_fn(|| space.take(1000, 1000, Taking::each_of(2))).collect();
        assert_eq!(first.len(), 512);
        assert_eq!(
            first[0],
            Place {
                extranonce2: 250,
                ntime: 1000,
                version_index: 0,
                nonces: 0..1 << 32
            }
        );
        assert_eq!(first[6].extranonce2, 0);
        assert_eq!(
            first[256],
            Place {
                extranonce2: 250,
                ntime: 1000,
                version_index: 1,
                nonces: 0..1 << 32
            }
        );
        let second = space.take(1000, 1003, Taking::each_of(2)).unwrap();
        assert_eq!((second.ntime, second.version_index), (1003, 0));
        let all: HashSet<Place> = first.into_iter().chain([second]).collect();
        assert_eq!(all.len(), 513);
    }

    #[test]
    fn a_later_notify_of_the_same_job_goes_on_after_the_places_taken() {
        let space = SearchSpace::new(1, 0, 1000);
        assert_eq!(
            space.take(1000, 1010, Taking::each_of(1)).unwrap().ntime,
            1000
        );
        let later = space.take(1005, 1010, Taking::each_of(1)).unwrap();
        assert_eq!((later.ntime, later.extranonce2), (1005, 0));
        assert_eq!(
            space
                .take(1000, 1010, Taking::each_of(1))
                .unwrap()
                .extranonce2,
            1
        );
        assert_eq!(space.take(999, 999, Taking::each_of(1)), None);
    }

    #[test]
    fn a_fixed_root_gives_one_place_a_second() {
        let space = SearchSpace::new(0, 77, 5);
        assert!(space.take(5, 5, Taking::each_of(1)).is_some());
        assert!(space.take(5, 5, Taking::each_of(1)).is_none());
        assert_eq!(space.take(5, 7, Taking::each_of(1)).unwrap().ntime, 7);
    }

    #[test]
    fn threads_never_share_a_place() {
        let space = Arc::new(SearchSpace::new(2, 0, 0));
        let takers: Vec<_> = (0..4)
            .map(|_| {
                let space = Arc::clone(&space);
                std::thread::spawn(move || {
                    std::iter::from_fn(|| space.take(0, 0, Taking::each_of(1))).collect::<Vec<_>>()
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
            space.take(100, 100, Taking::each_of(4)).unwrap();
        }
        space.end_version_rolling();
        assert_eq!(
            space.take(100, 100, Taking::each_of(65536)),
            None,
            "this second is over"
        );
        assert_eq!(
            space.take(100, 101, Taking::each_of(65536)).unwrap().ntime,
            101
        );

        let fresh = SearchSpace::new(1, 0, 100);
        let first = fresh.take(100, 100, Taking::each_of(4)).unwrap();
        fresh.end_version_rolling();
        assert_ne!(fresh.take(100, 100, Taking::each_of(65536)).unwrap(), first);
    }

    const ROLLS: Taking = Taking {
        versions: 4,
        rolls: true,
        slice: None,
    };

    #[test]
    fn a_board_that_rolls_ends_the_versions_of_its_second_for_the_others() {
        let space = SearchSpace::new(1, 0, 0);
        assert_eq!(space.take(0, 0, ROLLS).unwrap().extranonce2, 0);
        let others = std::iter::from_fn(|| space.take(0, 0, Taking::each_of(4)));
        assert_eq!(others.count(), 255, "each with the job's own version");
        assert_eq!(space.take(0, 0, ROLLS), None);
        let free = std::iter::from_fn(|| space.take(0, 1, Taking::each_of(4)));
        assert_eq!(free.count(), 1024, "a new second");
        assert_eq!(
            space.take(0, 1, ROLLS),
            None,
            "versions are taken one by one"
        );
        assert_eq!(space.take(0, 2, ROLLS).unwrap().ntime, 2);
    }

    #[test]
    fn the_only_place_is_shared_by_boards_that_can_be_told() {
        let slices = Taking {
            slice: Some(1 << 30),
            ..Taking::each_of(1)
        };
        let space = SearchSpace::new(0, 0, 7);
        let nonces: Vec<Range<u64>> = std::iter::from_fn(|| space.take(7, 7, slices))
            .map(|place| place.nonces)
            .collect();
        let gib = 1_u64 << 30;
        assert_eq!(
            nonces,
            [0..gib, gib..2 * gib, 2 * gib..3 * gib, 3 * gib..4 * gib]
        );
        assert_eq!(space.take(7, 7, Taking::each_of(1)), None, "it is broached");
        let whole = space.take(7, 8, Taking::each_of(1)).unwrap();
        assert_eq!((whole.ntime, whole.nonces), (8, 0..4 * gib));
        assert_eq!(space.take(7, 8, slices), None);
    }

    #[test]
    fn a_blob_is_handed_out_to_its_last_nonce() {
        let space = SearchSpace::of_nonces(u64::MAX - 10..u64::MAX);
        let slices = Taking {
            slice: Some(4),
            ..Taking::each_of(1)
        };
        let lengths: Vec<u64> = std::iter::from_fn(|| space.take(0, 0, slices))
            .map(|place| place.nonces.end - place.nonces.start)
            .collect();
        assert_eq!(lengths, [4, 4, 2]);
        let empty = SearchSpace::of_nonces(9..9);
        assert_eq!(empty.take(0, 0, slices), None);
    }

    #[test]
    fn a_mask_that_comes_or_goes_repeats_nothing_of_a_single_place() {
        let slices = Taking {
            slice: Some(100),
            ..Taking::each_of(1)
        };
        let space = SearchSpace::new(0, 0, 0);
        space.take(0, 0, Taking::each_of(4)).unwrap();
        space.end_version_rolling();
        assert_eq!(space.take(0, 0, slices), None);
        let space = SearchSpace::new(0, 0, 0);
        space.take(0, 0, slices).unwrap();
        space.end_version_rolling();
        assert_eq!(space.take(0, 0, Taking::each_of(4)), None);
    }

    /// Every (extranonce2, ntime, version, quarter of the nonces) that a place covers for its taker.
    fn covered(place: &Place, taking: Taking) -> Vec<(u64, u32, u64, u64)> {
        let versions = if taking.rolls {
            0..taking.versions
        } else {
            place.version_index..place.version_index + 1
        };
        let quarters = place.nonces.start >> 30..place.nonces.end >> 30;
        versions
            .flat_map(|version| quarters.clone().map(move |quarter| (version, quarter)))
            .map(|(version, quarter)| (place.extranonce2, place.ntime, version, quarter))
            .collect()
    }

    /// What a fleet takes of a space, each board on a thread of its own, while time goes on.
    fn taken_by(fleet: &[Taking], space: &SearchSpace, seconds: u32) -> Vec<(u64, u32, u64, u64)> {
        let take_all = |taking: Taking| {
            (0..=seconds)
                .flat_map(|latest| {
                    std::iter::from_fn(move || space.take(0, latest, taking)).take(20_000)
                })
                .flat_map(|place| covered(&place, taking))
                .collect::<Vec<_>>()
        };
        std::thread::scope(|scope| {
            let boards: Vec<_> = fleet
                .iter()
                .map(|taking| scope.spawn(move || take_all(*taking)))
                .collect();
            boards
                .into_iter()
                .flat_map(|board| board.join().unwrap())
                .collect()
        })
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

        #[test]
        fn a_mixed_fleet_never_searches_anything_twice(
            kinds in proptest::collection::vec((proptest::bool::ANY, proptest::bool::ANY), 1..6),
            versions in proptest::sample::select(vec![1_u64, 4, 64]),
            size in 0_usize..2,
            seconds in 0_u32..3,
        ) {
            let taking = |&(rolls, told): &(bool, bool)| Taking {
                versions,
                rolls,
                slice: told.then_some(1 << 30),
            };
            let fleet: Vec<Taking> = kinds.iter().map(taking).collect();
            let space = SearchSpace::new(size, 200, 0);
            let taken = taken_by(&fleet, &space, seconds);
            let different: HashSet<_> = taken.iter().collect();
            proptest::prop_assert_eq!(different.len(), taken.len());
            let nobody_rolls = versions == 1 || fleet.iter().all(|board| !board.rolls);
            let nobody_broaches = size == 1 || versions > 1 || fleet.iter().all(|board| board.slice.is_some());
            if seconds == 0 && nobody_rolls && nobody_broaches {
                let everything = (1 << (8 * size)) * versions * 4;
                proptest::prop_assert_eq!(taken.len() as u64, everything, "nothing is left");
            }
        }
    }
}
