//! A job as the core gets it: the header's tail worked out of the words, and the search for what the mask lets pass.

use std::time::{Duration, Instant};

use crate::algorithm::sha256d::constants::{K, big_sigma0, big_sigma1, small_sigma0, small_sigma1};
use crate::algorithm::sha256d::{Midstate, Scanner};
use crate::units::Target;

/// What a search comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A nonce.
    Nonce { core: u8, word: u32 },
    /// The range is searched.
    End,
    /// Nothing by then.
    Nothing,
}

/// A job that is searched or waits.
pub(super) struct Search {
    id: u8,
    zero_bits: u8,
    first: u32,
    last: u32,
    /// `None`: the words contradict each other, and whatever the core computes passes no check.
    scanner: Option<Scanner>,
    cores: u8,
    slice_bits: u8,
    begun: Option<Instant>,
    seconds_per_nonce: f64,
    /// Nonces of each core's range that are scanned, and what was found among them and is not told yet: after how many nonces, by which
    /// core, which.
    scanned: u64,
    hits: Vec<(u64, u8, u32)>,
}

/// Nonces of a core that are scanned at once.
const STRETCH: u64 = 4096;

impl Search {
    /// The job told by 96 bytes of words.
    pub(super) fn new(id: u8, zero_bits: u8, words: &[u8], cores: u8, slice_bits: u8) -> Self {
        let w: Vec<u32> = words
            .chunks_exact(4)
            .map(|four| {
                four.iter()
                    .fold(0, |word, byte| word << 8 | u32::from(*byte))
            })
            .collect();
        Self {
            id,
            zero_bits,
            first: w[0],
            last: w[1],
            scanner: scanner(&w),
            cores,
            slice_bits,
            begun: None,
            seconds_per_nonce: 1.0,
            scanned: 0,
            hits: Vec::new(),
        }
    }

    pub(super) fn id(&self) -> u8 {
        self.id
    }

    pub(super) fn zero_bits(&self) -> u8 {
        self.zero_bits
    }

    /// The search begins, at one nonce a clock.
    pub(super) fn begin(&mut self, at: Instant, clock_hz: u32) {
        self.begun = Some(at);
        self.seconds_per_nonce = 1.0 / f64::from(clock_hz);
    }

    fn length(&self) -> u64 {
        u64::from(self.last.wrapping_sub(self.first)) + 1
    }

    fn when(&self, nonces: u64) -> Option<Instant> {
        Some(self.begun? + Duration::from_secs_f64(nonces as f64 * self.seconds_per_nonce))
    }

    /// Searches up to the next hit, the end, or `until`; the time of that.
    pub(super) fn run(&mut self, until: Instant) -> (Instant, Found) {
        let Some(begun) = self.begun else {
            return (until, Found::Nothing);
        };
        loop {
            if let Some((at, core, word)) = self.hits.first().copied() {
                return self.tell(at, until, Found::Nonce { core, word });
            }
            if self.scanned == self.length() {
                return self.tell(self.length(), until, Found::End);
            }
            let time = until.saturating_duration_since(begun).as_secs_f64();
            if self.scanned as f64 * self.seconds_per_nonce > time {
                return (until, Found::Nothing);
            }
            self.scan();
        }
    }

    /// What there is to tell after so many nonces, if that is before `until`.
    fn tell(&mut self, nonces: u64, until: Instant, found: Found) -> (Instant, Found) {
        match self.when(nonces) {
            Some(at) if at <= until => {
                if matches!(found, Found::Nonce { .. }) {
                    self.hits.remove(0);
                }
                (at, found)
            }
            _ => (until, Found::Nothing),
        }
    }

    /// Scans the next stretch of every core's range.
    fn scan(&mut self) {
        let end = self.length().min(self.scanned + STRETCH);
        for core in 0..self.cores {
            let offset = u64::from(core)
                .checked_shl(self.slice_bits.into())
                .unwrap_or(0);
            let from = u64::from(self.first) + offset;
            let mut words = from + self.scanned..(from + end).min(1 << 32);
            while let Some(word) = self.scanner.as_ref().and_then(|it| it.scan(&mut words)) {
                let at = u64::from(word) - from + 1;
                self.hits.push((at, core, word));
            }
        }
        self.hits.sort_unstable();
        self.scanned = end;
    }
}

/// The search for what passes the job's mask, if its words fit each other.
fn scanner(w: &[u32]) -> Option<Scanner> {
    let mid: [u32; 8] = w[3..11].try_into().ok()?;
    let message = message(&mid, w)?;
    let bits = w[2].leading_ones();
    let is_mask = w[2] == !u32::MAX.checked_shr(bits).unwrap_or(0);
    let tail: Vec<u8> = message.iter().flat_map(|word| word.to_be_bytes()).collect();
    is_mask.then(|| {
        Scanner::new(
            Midstate::from_words(mid),
            tail.try_into().unwrap_or_default(),
            Target::from_zero_bits(bits),
        )
    })
}

/// Message words 0 to 2, from what rounds 0 to 2 made of them; `None` unless all other words follow from them too.
fn message(mid: &[u32; 8], w: &[u32]) -> Option<[u32; 3]> {
    let [a0, a_1, a_2, a_3, e0, e_1, e_2, e_3] = *mid;
    let add = |terms: &[u32]| terms.iter().fold(0u32, |sum, term| sum.wrapping_add(*term));
    let ch = |e: u32, f: u32, g: u32| (e & f) | (!e & g);
    let maj = |a: u32, b: u32, c: u32| (a & b) | (a & c) | (b & c);
    let (e3, e2, e1) = (w[11], w[12], w[13]);
    let t1 = [
        e1.wrapping_sub(a_3),
        e2.wrapping_sub(a_2),
        e3.wrapping_sub(a_1),
    ];
    let word = |t1: u32, known: [u32; 4]| {
        let [h, sigma, chosen, k] = known;
        t1.wrapping_sub(add(&[h, sigma, chosen, k]))
    };
    let m = [
        word(t1[0], [e_3, big_sigma1(e0), ch(e0, e_1, e_2), K[0]]),
        word(t1[1], [e_2, big_sigma1(e1), ch(e1, e0, e_1), K[1]]),
        word(t1[2], [e_1, big_sigma1(e2), ch(e2, e1, e0), K[2]]),
    ];
    let a1 = add(&[t1[0], big_sigma0(a0), maj(a0, a_1, a_2)]);
    let w16 = small_sigma0(m[1]).wrapping_add(m[0]);
    let w17 = add(&[small_sigma1(0x280), small_sigma0(m[2]), m[1]]);
    let rest = [
        add(&[e0, a0, K[3], w[0]]),
        add(&[e1, K[4], 1 << 31]),
        t1[1],
        a1,
        w16,
        w17,
        small_sigma1(w16).wrapping_add(m[2]),
        add(&[small_sigma1(w17), small_sigma0(1 << 31), w[0]]),
        small_sigma0(w16).wrapping_add(0x280),
        small_sigma0(w17).wrapping_add(w16),
    ];
    (rest[..] == w[14..24]).then_some(m)
}
