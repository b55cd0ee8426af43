//! The hashing cores: slices of the nonce range that advance with time and really hash.

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;

use super::link::Job;
use super::setup::Setup;
use crate::algorithm::sha256d::Scanner;
use crate::board::icarus::params::{AfterFind, Member, RangeEnd};
use crate::units::Target;

/// Hashes that a slice does before the others are looked at.
const CHUNK: u64 = 16_384;
/// Zero bits of what a probe's job finds, however low the floor for mining: a host must see nothing but the answer that it knows.
const PROBE_ZERO_BITS: u32 = 32;
/// Hashes that a superseded job may still do to find a straggler.
const STRAGGLER: u64 = 1 << 22;
/// The Nano gives a job up after so long without a nonce (2000 units of its firmware, taken as milliseconds).
const NANO_GIVES_UP: Duration = Duration::from_secs(2);
/// Where the Nano starts the golden job: just below its answer.
const GOLDEN_SHORTCUT: u64 = 0x0001_8700;

/// What happens in a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Milestone {
    /// A nonce, as message word.
    Found(u32),
    /// The range is searched.
    Exhausted,
}

/// The hashing part of a device.
pub(super) struct Core {
    member: &'static Member,
    after_find: AfterFind,
    slices: u32,
    range: u64,
    start: Option<u32>,
    limit: Target,
    rate: f64,
    search: Option<Search>,
    /// A free-running counter: when it stood where.
    counter: Option<(Instant, u64)>,
}

struct Search {
    scanner: Scanner,
    begun: Instant,
    slices: ArrayVec<Slice, 8>,
    /// Hashes a second of one slice.
    rate: f64,
    exhausted: bool,
}

/// One part of the range.
#[derive(Debug, Clone, Copy)]
struct Slice {
    /// The word that it began with.
    first: u64,
    /// How many words it has tried.
    tried: u64,
    /// How many it tries in all.
    length: u64,
    /// Which of them is a nonce that was not reported yet.
    found: Option<u64>,
    stopped: bool,
}

impl Slice {
    /// Tries words until `until` of them are done or one is a nonce.
    fn scan(&mut self, scanner: &Scanner, until: u64) {
        let until = until.min(self.length);
        while !self.stopped && self.found.is_none() && self.tried < until {
            let word = (self.first + self.tried) & 0xffff_ffff;
            let count = (until - self.tried).min((1 << 32) - word);
            let mut words = word..word + count;
            self.found = scanner
                .scan(&mut words)
                .map(|nonce| self.tried + u64::from(nonce) - word);
            self.tried = self.found.map_or(self.tried + count, |found| found + 1);
        }
    }

    fn is_done(&self) -> bool {
        self.stopped || (self.found.is_none() && self.tried >= self.length)
    }

    fn word(&self, at: u64) -> u32 {
        (self.first + at) as u32
    }
}

impl Core {
    pub(super) fn new(member: &'static Member, setup: &Setup) -> Self {
        Self {
            member,
            after_find: setup.after_find,
            slices: setup.slices,
            range: 1 << setup.range_bits,
            start: setup.start,
            limit: Target::from_zero_bits(setup.zero_bits),
            rate: setup.rate,
            search: None,
            counter: None,
        }
    }

    /// Another clock: what is searched is lost.
    pub(super) fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
        self.search = None;
    }

    /// Stops.
    pub(super) fn halt(&mut self) {
        self.search = None;
    }

    /// Starts on `job`, whatever was searched before.
    pub(super) fn begin(&mut self, job: Job, at: Instant) {
        let length = match self.member.range_end {
            RangeEnd::Wraps => u64::MAX >> 1,
            _ => self.range / u64::from(self.slices),
        };
        let stride = (1u64 << 32) / u64::from(self.slices);
        let offset = self.first_word(&job, at) % stride;
        let slice = |number: u64| Slice {
            first: number * stride + offset,
            tried: 0,
            length,
            found: None,
            stopped: false,
        };
        let limit = if job.is_probe() {
            self.limit.min(Target::from_zero_bits(PROBE_ZERO_BITS))
        } else {
            self.limit
        };
        self.search = Some(Search {
            scanner: Scanner::new(job.midstate, job.tail, limit),
            begun: at,
            slices: (0..u64::from(self.slices)).map(slice).collect(),
            rate: self.rate / f64::from(self.slices),
            exhausted: false,
        });
    }

    fn first_word(&mut self, job: &Job, at: Instant) -> u64 {
        match self.start {
            Some(start) if !job.is_golden() => u64::from(start),
            _ if self.member.golden_shortcut && job.is_golden() => GOLDEN_SHORTCUT,
            _ if self.member.free_running => self.counter_at(at),
            _ => 0,
        }
    }

    /// Where the counter stands: it runs from the first job on, whatever it counts for.
    fn counter_at(&mut self, at: Instant) -> u64 {
        let (then, count) = *self.counter.get_or_insert((at, 0));
        let passed = at.saturating_duration_since(then).as_secs_f64() * self.rate;
        let now = (count + passed as u64) & 0xffff_ffff;
        self.counter = Some((at, now));
        now
    }

    /// Searches up to `until`, or to the first milestone if that is earlier; when that was.
    pub(super) fn run(&mut self, until: Instant) -> Option<(Instant, Milestone)> {
        let search = self.search.as_mut()?;
        let mut until = until;
        if self.after_find == AfterFind::DeviceStops {
            until = until.min(search.begun + NANO_GIVES_UP);
        }
        if let Some((at, word)) = search.next_find(until, self.after_find) {
            if self.after_find == AfterFind::DeviceStops {
                self.search = None;
            }
            return Some((at, Milestone::Found(word)));
        }
        let over = search.slices.iter().all(Slice::is_done) && !search.exhausted;
        (over && self.member.range_end == RangeEnd::Reports).then(|| {
            search.exhausted = true;
            (
                search.time_of(search.length()).min(until),
                Milestone::Exhausted,
            )
        })
    }

    /// The next nonce of the job that is about to be replaced, if it comes soon.
    pub(super) fn straggler(&mut self) -> Option<u32> {
        let search = self.search.as_mut()?;
        let slice = search.slices.iter_mut().find(|slice| !slice.is_done())?;
        slice.scan(&search.scanner, slice.tried.saturating_add(STRAGGLER));
        slice.found.map(|found| slice.word(found))
    }
}

impl Search {
    /// How many words a slice has done at `time`.
    fn progress(&self, time: Instant) -> u64 {
        let seconds = time.saturating_duration_since(self.begun).as_secs_f64();
        (seconds * self.rate) as u64
    }

    /// When a slice has done `words` words.
    fn time_of(&self, words: u64) -> Instant {
        let time = Duration::try_from_secs_f64(words as f64 / self.rate);
        self.begun + time.unwrap_or(Duration::from_secs(1 << 30))
    }

    fn length(&self) -> u64 {
        self.slices
            .iter()
            .map(|slice| slice.length)
            .max()
            .unwrap_or(0)
    }

    /// All slices in step, so that the find that is first in time is the first reported.
    fn next_find(&mut self, until: Instant, after_find: AfterFind) -> Option<(Instant, u32)> {
        let goal = self.progress(until);
        let least = |slice: &Slice| {
            if slice.is_done() {
                u64::MAX
            } else {
                slice.tried
            }
        };
        loop {
            let step = self
                .slices
                .iter()
                .map(least)
                .min()?
                .saturating_add(CHUNK)
                .min(goal);
            for slice in &mut self.slices {
                slice.scan(&self.scanner, step);
            }
            let first = self
                .slices
                .iter_mut()
                .filter(|slice| slice.found.is_some_and(|found| found < step))
                .min_by_key(|slice| slice.found);
            if let Some(slice) = first {
                let found = slice.found.take().unwrap_or_default();
                slice.stopped = after_find == AfterFind::SliceStops;
                let word = slice.word(found);
                return Some((self.time_of(found + 1).min(until), word));
            }
            if step >= goal {
                return None;
            }
        }
    }
}
