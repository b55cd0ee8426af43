//! The walk through the scratchpad: half a million steps, each of two reads and two writes where the last one's result says.

use super::Variant;
use super::aes::{Aes, Words};
use super::scratchpad::{BLOCKS, Scratchpad};
use super::state::State;

/// Steps of a walk.
const STEPS: usize = 1 << 19;

/// What a variant does beside the plain walk; all of it is gone from the code of the plain one.
pub(super) trait Twist: Sized {
    /// From the state and the input.
    fn new(state: &State, input: &[u8]) -> Self;
    /// Before each of a step's two writes: the other three blocks of the line that `at` is in.
    #[inline(always)]
    fn stir(&self, pad: &mut [Words; BLOCKS], at: usize, a: Words, b: Words) {
        let _ = (pad, at, a, b);
    }
    /// What the first write of a step writes.
    #[inline(always)]
    fn first(&self, words: Words) -> Words {
        words
    }
    /// What the second write of a step writes.
    #[inline(always)]
    fn second(&self, words: Words) -> Words {
        words
    }
    /// The second block that a step read, before it is multiplied.
    #[inline(always)]
    fn read(&mut self, read: Words, enciphered: Words) -> Words {
        let _ = enciphered;
        read
    }
    /// The product, high word first.
    #[inline(always)]
    fn product(&self, pad: &mut [Words; BLOCKS], at: usize, product: Words) -> Words {
        let _ = (pad, at);
        product
    }
    /// The step is over; `b` was its second register.
    #[inline(always)]
    fn end(&mut self, b: Words) {
        let _ = b;
    }
}

/// Walks as `variant` does.
#[inline(always)]
pub(super) fn walk<A: Aes>(variant: Variant, state: &State, input: &[u8], pad: &mut Scratchpad) {
    match variant {
        Variant::Zero => walk_with::<A, Plain>(state, input, pad),
        Variant::One => walk_with::<A, super::one::One>(state, input, pad),
        Variant::Two => walk_with::<A, super::two::Two>(state, input, pad),
    }
}

#[inline(always)]
fn walk_with<A: Aes, T: Twist>(state: &State, input: &[u8], pad: &mut Scratchpad) {
    let mut twist = T::new(state, input);
    let pad = pad.blocks_mut();
    let mut a = state.pair(0, 4);
    let mut b = state.pair(2, 6);
    for _ in 0..STEPS {
        let at = place(a);
        let enciphered = A::store(A::round(A::load(pad[at]), A::load(a)));
        twist.stir(pad, at, a, b);
        pad[at] = twist.first([b[0] ^ enciphered[0], b[1] ^ enciphered[1]]);

        let at = place(enciphered);
        let read = twist.read(pad[at], enciphered);
        let wide = u128::from(enciphered[0]) * u128::from(read[0]);
        let product = twist.product(pad, at, [(wide >> 64) as u64, wide as u64]);
        twist.stir(pad, at, a, b);
        a = [a[0].wrapping_add(product[0]), a[1].wrapping_add(product[1])];
        pad[at] = twist.second(a);
        a = [a[0] ^ read[0], a[1] ^ read[1]];
        twist.end(b);
        b = enciphered;
    }
}

/// Which block a register points to.
#[inline(always)]
fn place(words: Words) -> usize {
    (words[0] >> 4) as usize % BLOCKS
}

/// Variant 0.
struct Plain;

impl Twist for Plain {
    fn new(_: &State, _: &[u8]) -> Self {
        Self
    }
}
