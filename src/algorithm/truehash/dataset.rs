//! The dataset: sixteen matrices whose rows are an offset and a skip each, drawn from the seeds of an epoch.

use std::fmt;

use arrayvec::ArrayVec;

use super::TruehashError;

/// Number of matrices.
pub(super) const MATRICES: usize = 16;
/// Rows of a matrix, and bits of a row.
pub(super) const ROWS: usize = 2048;
/// Seeds of an epoch.
pub const SEEDS: usize = 10_240;
/// Bytes of a seed: the beginning of a header's hash.
pub const SEED_SIZE: usize = 16;

/// Seeds that the offsets come from; the others give the skips.
const OFFSET_SEEDS: usize = 8192;
/// Offsets that one seed gives.
const OFFSETS_A_SEED: usize = 4;

/// One row: up to four set bits, evenly spaced, near the diagonal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    /// Where the third bit stands, counted from the diagonal: -4 to 3.
    offset: i16,
    /// The distance between bits: 1 to 4.
    skip: i16,
}

impl Row {
    /// The set bits of row number `x`, below 2048: those of the four that lie within the matrix; when none does, the diagonal.
    pub(super) fn positions(self, x: usize) -> ArrayVec<u16, 4> {
        let diagonal = x as u16;
        let third = diagonal.cast_signed() + self.offset;
        let mut positions: ArrayVec<u16, 4> = (-2..=1)
            .filter_map(|step| u16::try_from(third + step * self.skip).ok())
            .filter(|position| usize::from(*position) < ROWS)
            .collect();
        if positions.is_empty() {
            positions.push(diagonal);
        }
        positions
    }
}

/// A dataset: 16 boolean matrices of 2048 x 2048, each row kept as offset and skip.
#[derive(Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Row `x` of matrix `m` is number `2048 * m + x`.
    rows: Vec<Row>,
}

impl Dataset {
    /// The dataset of an epoch (sheet `pool-protocols.md`, section 5.2).
    ///
    /// # Errors
    /// When there are not [`SEEDS`] of them.
    pub fn from_seeds(seeds: &[[u8; SEED_SIZE]]) -> Result<Self, TruehashError> {
        if seeds.len() != SEEDS {
            return Err(TruehashError::SeedCount(seeds.len()));
        }
        let row = |number: usize| Row {
            offset: offset(seeds, number),
            skip: skip(seeds, number),
        };
        Ok(Self {
            rows: (0..MATRICES * ROWS).map(row).collect(),
        })
    }

    /// The set bits of row `x` (0 to 2047) of matrix `matrix` (0 to 15), in ascending order.
    pub fn positions(&self, matrix: usize, x: usize) -> ArrayVec<u16, 4> {
        self.rows[ROWS * matrix + x].positions(x)
    }

    /// Every row with its matrix and its number in it.
    pub(super) fn rows(&self) -> impl Iterator<Item = (usize, usize, Row)> + '_ {
        let place = |(number, row): (usize, &Row)| (number / ROWS, number % ROWS, *row);
        self.rows.iter().enumerate().map(place)
    }

    #[cfg(test)]
    /// From 32768 values of five bits, `(offset + 4) << 2 | (skip - 1)`, most significant bit first: how the vectors write epoch 0.
    pub(super) fn from_packed(packed: &[u8]) -> Self {
        let bit = |at: usize| packed[at / 8] >> (7 - at % 8) & 1;
        let value = |n: usize| (0..5).fold(0_i16, |sum, i| sum << 1 | i16::from(bit(5 * n + i)));
        let row = |n: usize| Row {
            offset: (value(n) >> 2) - 4,
            skip: (value(n) & 3) + 1,
        };
        Self {
            rows: (0..MATRICES * ROWS).map(row).collect(),
        }
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dataset").finish_non_exhaustive()
    }
}

fn offset(seeds: &[[u8; SEED_SIZE]], number: usize) -> i16 {
    let byte = seeds[number / OFFSETS_A_SEED][number % OFFSETS_A_SEED];
    i16::from(byte & 7) - 4
}

fn skip(seeds: &[[u8; SEED_SIZE]], number: usize) -> i16 {
    let byte = seeds[OFFSET_SEEDS + number / SEED_SIZE][number % SEED_SIZE];
    i16::from(byte & 3) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_at_the_edges_and_never_empty() {
        let row = |offset, skip| Row { offset, skip };
        assert_eq!(row(0, 2).positions(100)[..], [96, 98, 100, 102]);
        assert_eq!(row(3, 4).positions(2047)[..], [2042, 2046]);
        assert_eq!(row(-4, 4).positions(0)[..], [0]);
        assert_eq!(row(-4, 1).positions(0)[..], [0], "the diagonal instead");
        assert_eq!(row(3, 1).positions(2047)[..], [2047], "2048.. are outside");
        assert_eq!(row(-4, 4).positions(3)[..], [3]);
    }

    #[test]
    fn a_wrong_number_of_seeds_is_refused() {
        let error = Dataset::from_seeds(&[[0; SEED_SIZE]; 10]).unwrap_err();
        assert_eq!(error, TruehashError::SeedCount(10));
    }
}
