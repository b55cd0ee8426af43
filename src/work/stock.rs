//! Headers whose merkle roots are given, handed out one by one: what a getwork pool's answers become.
//!
//! Such a header is worth one nonce range, and one more for every second that its time may be rolled. A stock is filled by its
//! session while boards draw from it, so that several boards live on one job and none waits for an answer of the pool. Nothing here
//! locks: a place is taken with one atomic step.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Instant;

use super::HeaderTemplate;

/// A header in a stock, and how far it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockedHeader {
    /// The header.
    pub header: HeaderTemplate,
    /// How many seconds its time may be rolled; 0: not at all.
    pub rolls: u32,
    /// From when on nothing more is made of it.
    pub until: Instant,
}

/// A header in its place, and how many nonce ranges of it are taken.
#[derive(Debug)]
struct Slot {
    stocked: StockedHeader,
    taken: AtomicU32,
}

/// Headers of one previous block and one target.
#[derive(Debug)]
pub struct HeaderStock {
    first: HeaderTemplate,
    slots: [OnceLock<Slot>; HeaderStock::ROOM],
    filled: AtomicUsize,
    /// The slots before this one are used up or too old.
    begin: AtomicUsize,
}

/// One nonce range of a stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Which header of the stock.
    pub index: u32,
    /// It, before its time is rolled.
    pub header: HeaderTemplate,
    /// The time to hash it with, Unix seconds.
    pub ntime: u32,
}

impl HeaderStock {
    /// How many headers a stock has room for.
    pub const ROOM: usize = 128;

    /// A stock with one header in it.
    pub fn new(first: StockedHeader) -> Self {
        let stock = Self {
            first: first.header,
            slots: [const { OnceLock::new() }; Self::ROOM],
            filled: AtomicUsize::new(0),
            begin: AtomicUsize::new(0),
        };
        stock.add(first);
        stock
    }

    /// The first header: version, previous block and network target hold for all.
    pub fn first(&self) -> &HeaderTemplate {
        &self.first
    }

    /// Puts a header in; `false`: there is no room. Only its session adds to a stock.
    pub fn add(&self, stocked: StockedHeader) -> bool {
        let at = self.filled.load(Ordering::Relaxed);
        let slot = Slot {
            stocked,
            taken: AtomicU32::new(0),
        };
        let added = self
            .slots
            .get(at)
            .is_some_and(|room| room.set(slot).is_ok());
        if added {
            self.filled.store(at + 1, Ordering::Release);
        }
        added
    }

    /// Takes the next nonce range: fresh headers and rolled ones in the order in which they came.
    pub fn take(&self, now: Instant) -> Option<Taken> {
        let filled = self.filled.load(Ordering::Acquire);
        let mut at = self.begin.load(Ordering::Relaxed);
        while at < filled {
            let slot = self.slots[at].get()?;
            if let Some(roll) = slot.take(now) {
                return Some(Taken {
                    index: at as u32,
                    header: slot.stocked.header,
                    ntime: slot.stocked.header.ntime.saturating_add(roll),
                });
            }
            at += 1;
            self.begin.fetch_max(at, Ordering::Relaxed);
        }
        None
    }

    /// The header at `index`.
    pub fn header(&self, index: usize) -> Option<&HeaderTemplate> {
        Some(&self.slots.get(index)?.get()?.stocked.header)
    }

    /// How many nonce ranges are left at `now`.
    pub fn left(&self, now: Instant) -> u64 {
        let begin = self.begin.load(Ordering::Relaxed);
        let slots = self.slots[begin..].iter().map_while(OnceLock::get);
        slots.map(|slot| u64::from(slot.left(now))).sum()
    }

    /// How many nonce ranges were taken.
    pub fn taken(&self) -> u64 {
        let slots = self.slots.iter().map_while(OnceLock::get);
        slots.map(|slot| u64::from(slot.used())).sum()
    }

    /// Whether there is room for more headers.
    pub fn has_room(&self) -> bool {
        self.filled.load(Ordering::Relaxed) < Self::ROOM
    }
}

impl Slot {
    /// Takes a second of its time, if there is one left.
    fn take(&self, now: Instant) -> Option<u32> {
        if now >= self.stocked.until {
            return None;
        }
        let roll = self.taken.fetch_add(1, Ordering::Relaxed);
        (roll <= self.stocked.rolls).then_some(roll)
    }

    fn used(&self) -> u32 {
        let ranges = self.stocked.rolls.saturating_add(1);
        self.taken.load(Ordering::Relaxed).min(ranges)
    }

    fn left(&self, now: Instant) -> u32 {
        if now >= self.stocked.until {
            return 0;
        }
        self.stocked.rolls.saturating_add(1) - self.used()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::units::Hash256;

    fn stocked(root: u8, rolls: u32, until: Instant) -> StockedHeader {
        StockedHeader {
            header: HeaderTemplate {
                version: 1,
                previous: Hash256::ZERO,
                merkle_root: Hash256::from_internal([root; 32]),
                ntime: 1000,
                nbits: 0x1d00_ffff,
            },
            rolls,
            until,
        }
    }

    #[test]
    fn each_header_gives_one_range_and_one_more_a_second_of_rolling() {
        let now = Instant::now();
        let stock = HeaderStock::new(stocked(1, 2, now + Duration::from_secs(10)));
        assert!(stock.add(stocked(2, 0, now + Duration::from_secs(10))));
        assert_eq!((stock.left(now), stock.taken()), (4, 0));
        let taken: Vec<_> = std::iter::from_fn(|| stock.take(now))
            .map(|taken| (taken.index, taken.ntime))
            .collect();
        assert_eq!(taken, [(0, 1000), (0, 1001), (0, 1002), (1, 1000)]);
        assert_eq!((stock.left(now), stock.taken()), (0, 4));
        assert!(stock.add(stocked(3, 0, now + Duration::from_secs(10))));
        assert_eq!(stock.take(now).unwrap().index, 2);
        assert_eq!(
            stock.header(2).unwrap().merkle_root,
            Hash256::from_internal([3; 32])
        );
    }

    #[test]
    fn nothing_is_made_of_what_is_too_old() {
        let now = Instant::now();
        let stock = HeaderStock::new(stocked(1, 50, now + Duration::from_secs(10)));
        assert!(stock.take(now).is_some());
        let later = now + Duration::from_secs(10);
        assert_eq!(stock.left(later), 0);
        assert_eq!(stock.take(later), None);
    }

    #[test]
    fn a_full_stock_says_so() {
        let now = Instant::now();
        let stock = HeaderStock::new(stocked(0, 0, now));
        for _ in 1..HeaderStock::ROOM {
            assert!(stock.has_room());
            assert!(stock.add(stocked(1, 0, now)));
        }
        assert!(!stock.has_room());
        assert!(!stock.add(stocked(1, 0, now)));
        assert!(stock.header(HeaderStock::ROOM).is_none());
    }

    #[test]
    fn threads_never_share_a_range() {
        let now = Instant::now();
        let until = now + Duration::from_secs(10);
        let stock = Arc::new(HeaderStock::new(stocked(0, 99, until)));
        for root in 1..100 {
            stock.add(stocked(root, 99, until));
        }
        let takers: Vec<_> = (0..4)
            .map(|_| {
                let stock = Arc::clone(&stock);
                std::thread::spawn(move || {
                    std::iter::from_fn(|| stock.take(now)).collect::<Vec<_>>()
                })
            })
            .collect();
        let all: Vec<_> = takers
            .into_iter()
            .flat_map(|taker| taker.join().unwrap())
            .map(|taken| (taken.index, taken.ntime))
            .collect();
        assert_eq!(all.len(), 10_000);
        assert_eq!(all.into_iter().collect::<HashSet<_>>().len(), 10_000);
    }
}
