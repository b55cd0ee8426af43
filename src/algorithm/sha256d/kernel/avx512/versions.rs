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
    /// The first stream gets the first sixteen of `works`, the second the rest; of no more than sixteen both get the same. Lanes that are
    /// left get the last one again.
    fn new(works: &[Prepared]) -> Self {
        let of = |stream: usize, lane: usize| {
            let first = if works.len() > STREAM {
                STREAM * stream
            } else {
                0
            };
            &works[(first + lane).min(works.len() - 1)]
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
            zero_bits: works[0].zero_bits,
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

/// Searches `words` below each of `works`; see [`super::super::ScanVersions`].
pub(in super::super) fn scan(
    works: &[Prepared],
    words: Range<u64>,
    found: &mut dyn FnMut(usize, u32),
) {
    assert!(is_supported(), "the avx512 kernel needs AVX-512 F and BW");
    for (group, works) in works.chunks(LANES).enumerate() {
        scan_group(works, words.clone(), &mut |lane, word| {
            found(LANES * group + lane, word)
        });
    }
}

/// The same for up to thirty-two.
fn scan_group(works: &[Prepared], words: Range<u64>, found: &mut dyn FnMut(usize, u32)) {
    let midstates = Midstates::new(works);
    let mut table = Table::new(&works[0]);
    let mut scratch = Scratch::starting_at(0);
    let mut first = words.start;
    while first < words.end {
        // SAFETY: the caller has checked the CPU's features.
        unsafe { table.fill(&works[0], first as u32) };
        let block = first..words.end.min(first + STREAM as u64);
        first = block.end;
        scan_block(&midstates, &table, &mut scratch, works.len(), block, found);
    }
}

/// The same for up to sixteen nonces, those of `table`.
fn scan_block(
    midstates: &Midstates,
    table: &Table,
    scratch: &mut Scratch,
    works: usize,
    words: Range<u64>,
    found: &mut dyn FnMut(usize, u32),
) {
    // Up to sixteen midstates are searched with two nonces at a time.
    let together = if works > STREAM { 1 } else { 2 };
    let steps = (words.end - words.start).div_ceil(together);
    let mut done = 0;
    while done < steps {
        let column = (done * together) as usize;
        let first = &raw const table.0[0].0[column];
        let second = &raw const table.0[0].0[column + together as usize - 1];
        // SAFETY: the CPU's features are there; the columns from `first` and `second` on, `together` words apart, are in the table: there
        // are at most sixteen nonces, and an odd one has a column after it. See `super::scan` for the rest.
        let stop = unsafe {
            search(
                midstates,
                scratch,
                steps - done,
                first,
                second,
                4 * together,
            )
        };
        done = steps - stop.left;
        let word = words.start + (done - 1) * together;
        for lane in lanes_of(stop.candidates) {
            let (work, word) = if together == 1 {
                (lane, word)
            } else {
                (lane % STREAM, word + (lane / STREAM) as u64)
            };
            if work < works && word < words.end {
                found(work, word as u32);
            }
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
