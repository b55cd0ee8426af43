//! Variant 2 ("Monero v8"): the line around each access is shuffled, and each step divides and takes a square root.

use super::aes::Words;
use super::scratchpad::BLOCKS;
use super::state::State;
use super::walk::Twist;

pub(super) struct Two {
    /// The second register of the step before.
    older: Words,
    division: u64,
    root: u64,
}

impl Twist for Two {
    fn new(state: &State, _: &[u8]) -> Self {
        Self {
            older: state.pair(8, 10),
            division: state.word(12),
            root: state.word(13),
        }
    }

    #[inline(always)]
    fn stir(&self, pad: &mut [Words; BLOCKS], at: usize, a: Words, b: Words) {
        let [first, second, third] = [pad[at ^ 1], pad[at ^ 2], pad[at ^ 3]];
        pad[at ^ 1] = sum(third, self.older);
        pad[at ^ 2] = sum(first, b);
        pad[at ^ 3] = sum(second, a);
    }

    #[inline(always)]
    fn read(&mut self, read: Words, enciphered: Words) -> Words {
        let low = read[0] ^ self.division ^ self.root << 32;
        let divisor = (enciphered[0] as u32).wrapping_add((self.root << 1) as u32) | 0x8000_0001;
        let divisor = u64::from(divisor);
        let quotient = (enciphered[1] / divisor) as u32;
        self.division = u64::from(quotient).wrapping_add((enciphered[1] % divisor) << 32);
        self.root = root(enciphered[0].wrapping_add(self.division));
        [low, read[1]]
    }

    #[inline(always)]
    fn product(&self, pad: &mut [Words; BLOCKS], at: usize, product: Words) -> Words {
        pad[at ^ 1] = xor(pad[at ^ 1], product);
        xor(product, pad[at ^ 2])
    }

    #[inline(always)]
    fn end(&mut self, b: Words) {
        self.older = b;
    }
}

#[inline(always)]
fn sum(one: Words, other: Words) -> Words {
    [one[0].wrapping_add(other[0]), one[1].wrapping_add(other[1])]
}

#[inline(always)]
fn xor(one: Words, other: Words) -> Words {
    [one[0] ^ other[0], one[1] ^ other[1]]
}

/// `floor(2 * sqrt(2^64 + n)) - 2^33`, exactly. A double's root is at most one off; which way, integers tell.
#[inline(always)]
fn root(n: u64) -> u64 {
    let near = (n as f64 + 18_446_744_073_709_551_616.0).sqrt() * 2.0 - 8_589_934_592.0;
    let near = near as u64;
    if is_above(near, n) {
        near - 1
    } else if is_above(near + 1, n) {
        near
    } else {
        near + 1
    }
}

/// Whether `2 * sqrt(2^64 + n) < 2^33 + root`, which is `4n < root^2 + 2^34 * root`.
#[inline(always)]
fn is_above(root: u64, n: u64) -> bool {
    let wide = u128::from(root);
    u128::from(n) << 2 < wide * wide + (wide << 34)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by trying: the greatest root that is not above.
    fn root_by_halving(n: u64) -> u64 {
        let (mut low, mut high) = (0_u64, 1 << 33);
        while high - low > 1 {
            let middle = u64::midpoint(low, high);
            if is_above(middle, n) {
                high = middle;
            } else {
                low = middle;
            }
        }
        low
    }

    #[test]
    fn roots_are_exact_at_and_beside_every_edge() {
        assert_eq!(root(0), 0);
        assert_eq!(root(u64::MAX), 3_558_067_407);
        for edge in [1_u64, 2, 1000, 1 << 20, 1 << 31, 3_558_067_406] {
            let wide = u128::from(edge);
            let smallest = (wide * wide + (wide << 34)).div_ceil(4);
            for n in [smallest - 2, smallest - 1, smallest, smallest + 1] {
                let n = u64::try_from(n).unwrap();
                assert_eq!(root(n), root_by_halving(n), "{n}");
            }
            assert_eq!(root(u64::try_from(smallest).unwrap()), edge);
        }
    }
}
