//! Midstates as lanes: version rolling gives several midstates with one tail, and so with one schedule of the first hash.

use std::arch::naked_asm;
use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_load_si512, _mm512_ror_epi32, _mm512_set1_epi32,
    _mm512_srli_epi32, _mm512_store_si512, _mm512_ternarylogic_epi32,
};
use std::ops::Range;

use super::super::constants::K;
use super::{Prepared, Scratch, Stop, Vector, is_supported};

/// Lanes of one stream.
const STREAM: usize = 16;
/// Lanes of both streams.
const LANES: usize = 2 * STREAM;

/// What is the same for all nonces of thirty-two midstates; laid out as `build/avx512/memory.rs` says.
#[repr(C)]
struct Midstates {
    after_3: [[Vector; 8]; 2],
    midstate: [[Vector; 8]; 2],
    zero_bits: u32,
}

impl Midstates {
    /// The first stream gets the first sixteen of `prepared`, the second the rest; of no more than sixteen both get the same. Lanes that are
    /// left get the last one again.
    fn new(prepared: &[Prepared]) -> Self {
        let of = |stream: usize, lane: usize| {
            let first = if prepared.len() > STREAM {
                STREAM * stream
            } else {
                0
            };
            &prepared[(first + lane).min(prepared.len() - 1)]
        };
        let vectors = |words: fn(&Prepared) -> &[u32; 8]| {
            std::array::from_fn(|stream| {
                std::array::from_fn(|i| {
                    Vector(std::array::from_fn(|lane| words(of(stream, lane))[i]))
                })
            })
        };
        Self {
            after_3: vectors(|work| &work.after_3),
            midstate: vectors(|work| &work.midstate),
            zero_bits: prepared[0].zero_bits,
        }
    }
}

/// Constant and word of each round of the first hash for sixteen nonces; aligned so that the assembly sees the end by the address.
#[repr(C, align(4096))]
struct Table([Vector; 64]);

impl Table {
    /// With the rows that do not depend on the nonce.
    fn new(work: &Prepared) -> Self {
        let mut rows = [Vector([0; STREAM]); 64];
        for (row, kw) in rows.iter_mut().zip(work.kw) {
            *row = Vector([kw; STREAM]);
        }
        Self(rows)
    }

    /// Fills the other rows for the nonces `first..`.
    #[target_feature(enable = "avx512f")]
    fn fill(&mut self, work: &Prepared, first: u32) {
        let mut w: [__m512i; 16] = std::array::from_fn(|t| splat(work.kw[t].wrapping_sub(K[t])));
        w[3] = _mm512_add_epi32(splat(first), COUNT.load());
        self.0[3].store(_mm512_add_epi32(w[3], splat(K[3])));
        for t in 16..64 {
            let older = _mm512_add_epi32(w[t % 16], small_sigma0(w[(t + 1) % 16]));
            let newer = _mm512_add_epi32(w[(t + 9) % 16], small_sigma1(w[(t + 14) % 16]));
            w[t % 16] = _mm512_add_epi32(older, newer);
            self.0[t].store(_mm512_add_epi32(w[t % 16], splat(K[t])));
        }
    }
}

const COUNT: Vector = Vector([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);

impl Vector {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn load(&self) -> __m512i {
        // SAFETY: the vector is 64 bytes and aligned.
        unsafe { _mm512_load_si512((&raw const self.0).cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn store(&mut self, words: __m512i) {
        // SAFETY: the vector is 64 bytes and aligned.
        unsafe { _mm512_store_si512((&raw mut self.0).cast(), words) }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(word: u32) -> __m512i {
    _mm512_set1_epi32(word.cast_signed())
}

/// The truth table of an exclusive or of three.
const XOR3: i32 = 0x96;

#[inline]
#[target_feature(enable = "avx512f")]
fn small_sigma0(x: __m512i) -> __m512i {
    let (p, q) = (_mm512_ror_epi32::<7>(x), _mm512_ror_epi32::<18>(x));
    _mm512_ternarylogic_epi32::<XOR3>(p, q, _mm512_srli_epi32::<3>(x))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn small_sigma1(x: __m512i) -> __m512i {
    let (p, q) = (_mm512_ror_epi32::<17>(x), _mm512_ror_epi32::<19>(x));
    _mm512_ternarylogic_epi32::<XOR3>(p, q, _mm512_srli_epi32::<10>(x))
}

/// Hashes up to `nonces` (at least one) below the midstates and stops after one with a candidate. `first` and `second` are the columns of a
/// [`Table`] for each stream, `step` the bytes to the next nonce's.
#[unsafe(naked)]
unsafe extern "sysv64" fn search(
    midstates: &Midstates,
    scratch: &mut Scratch,
    nonces: u64,
    first: *const u32,
    second: *const u32,
    step: u64,
) -> Stop {
    naked_asm!(
        include_str!(concat!(env!("OUT_DIR"), "/avx512_versions.s")),
        options(raw)
    )
}

/// Searches `words` below each of `prepared`; see [`super::super::ScanVersions`].
pub(in super::super) fn scan(
    prepared: &[Prepared],
    words: Range<u64>,
    found: &mut dyn FnMut(usize, u32),
) {
    assert!(is_supported(), "the avx512 kernel needs AVX-512 F and BW");
    for (group, prepared) in prepared.chunks(LANES).enumerate() {
        let mut found = |place: usize, word: u32| found(LANES * group + place, word);
        Group::new(prepared).scan(words.clone(), &mut found);
    }
}

/// Up to thirty-two midstates; made only where the CPU's features have been checked.
struct Group<'a> {
    prepared: &'a [Prepared],
    midstates: Midstates,
    table: Table,
    scratch: Scratch,
    /// Nonces at a time: up to sixteen midstates fill one stream only, and each stream has a nonce of its own.
    together: u64,
}

impl<'a> Group<'a> {
    fn new(prepared: &'a [Prepared]) -> Self {
        Self {
            prepared,
            midstates: Midstates::new(prepared),
            table: Table::new(&prepared[0]),
            scratch: Scratch::starting_at(0),
            together: if prepared.len() > STREAM { 1 } else { 2 },
        }
    }

    fn scan(&mut self, mut words: Range<u64>, found: &mut dyn FnMut(usize, u32)) {
        while !words.is_empty() {
            // SAFETY: the CPU's features are there.
            unsafe { self.table.fill(&self.prepared[0], words.start as u32) };
            let end = words.end.min(words.start + STREAM as u64);
            self.scan_table(words.start..end, found);
            words.start = end;
        }
    }

    /// Searches `words`, up to sixteen, for which the table has been filled.
    fn scan_table(&mut self, words: Range<u64>, found: &mut dyn FnMut(usize, u32)) {
        let steps = (words.end - words.start).div_ceil(self.together);
        let mut done = 0;
        while done < steps {
            let stop = self.search(done, steps);
            done = steps - stop.left;
            let first = words.start + (done - 1) * self.together;
            for lane in lanes_of(stop.candidates) {
                let (place, word) = self.place_and_word(lane, first);
                if place < self.prepared.len() && word < words.end {
                    found(place, word as u32);
                }
            }
        }
    }

    /// Searches from step `done` up to step `steps` of the table.
    fn search(&mut self, done: u64, steps: u64) -> Stop {
        let column = (done * self.together) as usize;
        let first = &raw const self.table.0[0].0[column];
        let second = &raw const self.table.0[0].0[column + self.together as usize - 1];
        let (left, step) = (steps - done, 4 * self.together);
        // SAFETY: the CPU's features are there; the columns from `first` and `second` on, `together` words apart, are in the table: there
        // are at most sixteen nonces, and an odd one has a column after it. See `super::scan` for the rest.
        unsafe {
            search(
                &self.midstates,
                &mut self.scratch,
                left,
                first,
                second,
                step,
            )
        }
    }

    fn place_and_word(&self, lane: usize, first: u64) -> (usize, u64) {
        match self.together {
            1 => (lane, first),
            _ => (lane % STREAM, first + (lane / STREAM) as u64),
        }
    }
}

/// The places of the bits that are set.
fn lanes_of(mut candidates: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = candidates.trailing_zeros() as usize;
        candidates &= candidates.wrapping_sub(1);
        (lane < 64).then_some(lane)
    })
}
