//! The search written once over vectors of any width: each lane is a nonce. Kernels name the vector type and the CPU features.

use super::constants::K;
use super::prepared::Prepared;
use crate::algorithm::sha256d::INITIAL;

/// A vector of 32-bit lanes.
///
/// Its functions are inlined into a kernel's entry function, which is the one that turns the CPU's features on.
pub(super) trait Lanes: Copy {
    /// `word` in each lane.
    fn splat(word: u32) -> Self;
    /// `first`, `first + 1` and so on, wrapping.
    fn counting_from(first: u32) -> Self;
    /// Lane-wise sum modulo 2^32.
    fn add(self, other: Self) -> Self;
    /// Exclusive or of three.
    fn xor3(self, other: Self, third: Self) -> Self;
    /// Rotation to the right by `N`; `M` must be `32 - N`.
    fn rotate<const N: i32, const M: i32>(self) -> Self;
    /// Shift to the right.
    fn shift<const N: i32>(self) -> Self;
    /// `self ? yes : no`, bit by bit.
    fn choose(self, yes: Self, no: Self) -> Self;
    /// The bit that two of the three have.
    fn majority(self, other: Self, third: Self) -> Self;
    /// One bit a lane: whether `self` has none of the bits of `mask`.
    fn lanes_without(self, mask: Self) -> u32;
}

#[inline(always)]
fn big_sigma0<V: Lanes>(x: V) -> V {
    x.rotate::<2, 30>()
        .xor3(x.rotate::<13, 19>(), x.rotate::<22, 10>())
}

#[inline(always)]
fn big_sigma1<V: Lanes>(x: V) -> V {
    x.rotate::<6, 26>()
        .xor3(x.rotate::<11, 21>(), x.rotate::<25, 7>())
}

#[inline(always)]
fn small_sigma0<V: Lanes>(x: V) -> V {
    x.rotate::<7, 25>()
        .xor3(x.rotate::<18, 14>(), x.shift::<3>())
}

#[inline(always)]
fn small_sigma1<V: Lanes>(x: V) -> V {
    x.rotate::<17, 15>()
        .xor3(x.rotate::<19, 13>(), x.shift::<10>())
}

/// One round; `kw` is the sum of round constant and message word.
#[inline(always)]
fn round<V: Lanes>(state: &mut [V; 8], kw: V) {
    let [a, b, c, d, e, f, g, h] = *state;
    let t1 = h.add(kw).add(big_sigma1(e)).add(e.choose(f, g));
    let t2 = big_sigma0(a).add(a.majority(b, c));
    *state = [t1.add(t2), a, b, c, d.add(t1), e, f, g];
}

/// Whether each of the nonces `first..` may meet the limit: one bit a lane.
#[inline(always)]
pub(super) fn batch<V: Lanes>(work: &Prepared, first: u32) -> u32 {
    let digest = first_hash::<V>(work, V::counting_from(first));
    last_word(digest).lanes_without(V::splat(work.zero_bits))
}

/// The first hash, from round 4 on.
#[inline(always)]
fn first_hash<V: Lanes>(work: &Prepared, nonce: V) -> [V; 8] {
    let mut state = work.after_4.map(V::splat);
    state[0] = state[0].add(nonce);
    state[4] = state[4].add(nonce);
    for t in 4..18 {
        round(&mut state, V::splat(work.kw[t]));
    }
    let mut w = first_schedule(work, nonce);
    for (t, word) in w.iter().enumerate().skip(2) {
        round(&mut state, word.add(V::splat(K[16 + t])));
    }
    more_rounds::<V, 64>(&mut state, &mut w);
    let mut digest = state;
    for (word, start) in digest.iter_mut().zip(work.midstate) {
        *word = word.add(V::splat(start));
    }
    digest
}

/// Words 16 to 31 of the first hash; what is constant in them has been added up already.
#[inline(always)]
fn first_schedule<V: Lanes>(work: &Prepared, nonce: V) -> [V; 16] {
    let mut w = [V::splat(0); 16];
    w[0] = V::splat(work.w16);
    w[1] = V::splat(work.w17);
    w[2] = V::splat(work.w18).add(small_sigma0(nonce));
    w[3] = V::splat(work.w19).add(nonce);
    w[4] = V::splat(0x8000_0000).add(small_sigma1(w[2]));
    w[5] = small_sigma1(w[3]);
    w[6] = V::splat(640).add(small_sigma1(w[4]));
    for t in 7..14 {
        w[t] = w[t - 7].add(small_sigma1(w[t - 2]));
    }
    w[14] = w[7]
        .add(V::splat(super::constants::small_sigma0(640)))
        .add(small_sigma1(w[12]));
    w[15] = w[8].add(V::splat(work.w31)).add(small_sigma1(w[13]));
    w
}

/// Rounds 32 up to `END`, moving the window `w` of sixteen words along.
#[inline(always)]
fn more_rounds<V: Lanes, const END: usize>(state: &mut [V; 8], w: &mut [V; 16]) {
    for t in 32..END {
        let word = w[t % 16]
            .add(small_sigma0(w[(t + 1) % 16]))
            .add(w[(t + 9) % 16])
            .add(small_sigma1(w[(t + 14) % 16]));
        w[t % 16] = word;
        round(state, word.add(V::splat(K[t])));
    }
}

/// The last word of the second hash, which is register `e` after round 60 plus a constant; nothing after that round is needed.
#[inline(always)]
fn last_word<V: Lanes>(digest: [V; 8]) -> V {
    let mut state = INITIAL.map(V::splat);
    let mut w = [V::splat(0); 16];
    w[..8].copy_from_slice(&digest);
    for (t, word) in digest.iter().enumerate() {
        round(&mut state, word.add(V::splat(K[t])));
    }
    for (t, word) in SECOND_TAIL.iter().enumerate() {
        w[8 + t] = V::splat(*word);
        round(&mut state, V::splat(K[8 + t].wrapping_add(*word)));
    }
    second_schedule(&mut w);
    for (t, word) in w.iter().enumerate() {
        round(&mut state, word.add(V::splat(K[16 + t])));
    }
    more_rounds::<V, 61>(&mut state, &mut w);
    state[4].add(V::splat(INITIAL[7]))
}

/// Words 8 to 15 of the second hash: padding and the length of 256 bits.
const SECOND_TAIL: [u32; 8] = [0x8000_0000, 0, 0, 0, 0, 0, 0, 256];

/// Turns words 0 to 15 of the second hash into words 16 to 31. The compiler folds what is constant.
#[inline(always)]
fn second_schedule<V: Lanes>(w: &mut [V; 16]) {
    for t in 0..16 {
        w[t] = w[t]
            .add(small_sigma0(w[(t + 1) % 16]))
            .add(w[(t + 9) % 16])
            .add(small_sigma1(w[(t + 14) % 16]));
    }
}
