//! The seedhash, which names a dataset and checks it: SHA3-256 of 32 MiB, in steps.

use std::fmt;
use std::sync::Arc;

use sha3::{Digest, Sha3_256};

use super::dataset::{Dataset, MATRICES, ROWS};

/// Bytes of a row when its bits are written out.
const ROW_SIZE: usize = ROWS / 8;
/// Bytes that are hashed: the rows fill the first quarter, the rest is zero. (The chain's node reserves four times what it fills
/// and hashes all of it.)
const TOTAL: usize = 4 * MATRICES * ROWS * ROW_SIZE;
/// Rows that are written out at a time.
const ROWS_A_CHUNK: usize = 32;
/// Bytes that are hashed at a time.
const CHUNK: usize = ROWS_A_CHUNK * ROW_SIZE;

/// A seedhash in the making. All of it takes about a tenth of a second, so it is done in steps by those who must not block.
#[derive(Clone)]
pub struct SeedhashCheck {
    dataset: Arc<Dataset>,
    hasher: Sha3_256,
    hashed: usize,
}

impl SeedhashCheck {
    /// Nothing is hashed yet.
    pub fn new(dataset: Arc<Dataset>) -> Self {
        Self {
            dataset,
            hasher: Sha3_256::new(),
            hashed: 0,
        }
    }

    /// The dataset whose hash is made.
    pub fn dataset(&self) -> &Arc<Dataset> {
        &self.dataset
    }

    /// Hashes about `bytes` more (at least 8 KiB); the seedhash, once all is hashed.
    pub fn step(&mut self, bytes: usize) -> Option<[u8; 32]> {
        let until = self.hashed.saturating_add(bytes.max(1)).min(TOTAL);
        while self.hashed < until {
            let chunk = self.chunk();
            self.hasher.update(chunk);
            self.hashed += CHUNK;
        }
        (self.hashed == TOTAL).then(|| self.hasher.clone().finalize().into())
    }

    /// The next bytes: bit `p` of a row is bit `p % 64` of its little-endian word `p / 64`.
    fn chunk(&self) -> [u8; CHUNK] {
        let mut chunk = [0; CHUNK];
        let first = self.hashed / ROW_SIZE;
        for (row, bytes) in chunk.chunks_exact_mut(ROW_SIZE).enumerate() {
            let (matrix, x) = ((first + row) / ROWS, (first + row) % ROWS);
            if matrix < MATRICES {
                for position in self.dataset.positions(matrix, x) {
                    bytes[usize::from(position / 8)] |= 1 << (position % 8);
                }
            }
        }
        chunk
    }
}

impl fmt::Debug for SeedhashCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeedhashCheck")
            .field("hashed", &self.hashed)
            .finish_non_exhaustive()
    }
}
