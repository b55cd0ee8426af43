//! The kernels: how many hashes are mixed side by side, and with which vectors.

use std::sync::OnceLock;

use super::keys::{Keyed, contract, expand};
use super::mix::{Line, ROWS};
use super::portable;
#[cfg(target_arch = "x86_64")]
use super::x86;
use crate::units::Hash256;

/// Mixes some hashes, in lines and memory; see [`super::mix::mix`].
type Mix = fn(&mut [Line], &mut [Line]);

/// A way to hash several inputs at once.
#[derive(Debug, Clone, Copy)]
pub struct Kernel {
    name: &'static str,
    lanes: usize,
    mix: Mix,
    is_supported: fn() -> bool,
}

/// The most inputs that a kernel takes at once.
pub(super) const MOST_LANES: usize = 16;

const fn kernel(name: &'static str, lanes: usize, mix: Mix, is_supported: fn() -> bool) -> Kernel {
    Kernel {
        name,
        lanes,
        mix,
        is_supported,
    }
}

const fn everywhere() -> bool {
    true
}

/// The fastest first, as measured by `cargo bench --bench scrypt`.
const KERNELS: &[Kernel] = &[
    #[cfg(target_arch = "x86_64")]
    kernel("avx512", 12, x86::mix_avx512::<3>, x86::has_avx512),
    #[cfg(target_arch = "x86_64")]
    kernel("avx2", 6, x86::mix_avx2::<3>, x86::has_avx2),
    #[cfg(target_arch = "x86_64")]
    kernel("sse2", 3, x86::mix_sse2::<3>, everywhere),
    kernel("portable", 2, portable::mix::<2>, everywhere),
];

/// One hash at a time, for verification.
#[cfg(target_arch = "x86_64")]
const ONE: Kernel = kernel("sse2-one", 1, x86::mix_sse2::<1>, everywhere);
#[cfg(not(target_arch = "x86_64"))]
const ONE: Kernel = kernel("portable-one", 1, portable::mix::<1>, everywhere);

/// scrypt(1024, 1, 1) of the bytes 0 to 79, as another implementation has it (OpenSSL's).
const KNOWN: [u8; 32] = [
    0xbc, 0x54, 0x0a, 0x1a, 0x80, 0x1d, 0xf9, 0x6e, 0x49, 0x30, 0x05, 0xc7, 0x1e, 0x01, 0x0e, 0x2d,
    0x38, 0x76, 0x07, 0xfb, 0xf0, 0xfe, 0xc4, 0x16, 0xfd, 0x3c, 0x26, 0x45, 0xaa, 0x1b, 0xa9, 0xd2,
];

impl Kernel {
    /// Those that this CPU can run, fastest first.
    pub fn available() -> impl Iterator<Item = Self> {
        KERNELS
            .iter()
            .copied()
            .filter(|kernel| (kernel.is_supported)())
    }

    /// The fastest that this CPU can run and that passes its self-test; tried once.
    pub fn fastest() -> Self {
        static FASTEST: OnceLock<Kernel> = OnceLock::new();
        *FASTEST.get_or_init(|| {
            Self::available()
                .find(|kernel| kernel.passes_self_test())
                .unwrap_or(ONE)
        })
    }

    /// Whether every lane comes to the known digest of the bytes 0 to 79.
    pub fn passes_self_test(self) -> bool {
        let input: [u8; 80] = std::array::from_fn(|index| index as u8);
        let mut digests = [Hash256::ZERO; MOST_LANES];
        let inputs = [input.as_slice(); MOST_LANES];
        self.hash(&inputs[..self.lanes], &mut Vec::new(), &mut digests);
        let right = Hash256::from_internal(KNOWN);
        digests[..self.lanes].iter().all(|digest| *digest == right)
    }

    /// One that mixes nothing.
    #[cfg(test)]
    pub(super) const fn broken() -> Self {
        kernel("broken", 2, |_, _| (), everywhere)
    }

    /// The one that hashes a single input.
    pub const fn one() -> Self {
        ONE
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// How many inputs it hashes at once.
    pub const fn lanes(self) -> usize {
        self.lanes
    }

    /// Hashes `inputs`, at most [`lanes`](Self::lanes), into `digests`. `memory` is made as large as is needed, once.
    pub(super) fn hash(self, inputs: &[&[u8]], memory: &mut Vec<Line>, digests: &mut [Hash256]) {
        let mut lines = [Line::ZERO; 2 * MOST_LANES];
        let lines = &mut lines[..2 * self.lanes];
        memory.resize(2 * ROWS * self.lanes, Line::ZERO);
        for (input, pair) in inputs.iter().zip(lines.chunks_exact_mut(2)) {
            let [first, second] = expand(&Keyed::new(input), input);
            pair.copy_from_slice(&[Line(first), Line(second)]);
        }
        (self.mix)(lines, memory);
        let pairs = lines.chunks_exact(2);
        for ((input, pair), digest) in inputs.iter().zip(pairs).zip(digests) {
            let mixed = [pair[0].0, pair[1].0];
            *digest = Hash256::from_internal(contract(&Keyed::new(input), &mixed));
        }
    }
}
