//! The matrices turned round: not which bits a row reads, but which rows read the bit so many places away.
//!
//! A row's bits lie within 12 places below and 7 above the diagonal, so a matrix is twenty masks of 2048 bits, and its product with the
//! state is the sum of twenty shifted and masked copies of the state: whole words instead of single bits, and no branches.

use sha3::{Digest, Sha3_256, Sha3_512};

use super::dataset::{Dataset, MATRICES, ROWS};
use super::rounds::rounds;

/// Words of the state.
pub(super) const WORDS: usize = ROWS / 64;
/// How far below its row the lowest bit is that it reads.
const LOWEST: usize = 12;
/// Distances between a row and a bit that it reads: -12 to 7.
const DISTANCES: usize = 20;

/// The state: 2048 bits, least significant word first.
pub(super) type State = [u64; WORDS];
/// For each distance, the rows that read the bit so far away.
pub(super) type Matrix = [State; DISTANCES];

/// A dataset ready to be hashed with: 80 KiB.
pub struct Masks {
    pub(super) matrices: Box<[Matrix]>,
}

impl Masks {
    /// Of a dataset; takes about a millisecond.
    pub fn new(dataset: &Dataset) -> Self {
        let mut masks = Self::empty();
        for (matrix, x, row) in dataset.rows() {
            for position in row.positions(x) {
                let distance = usize::from(position) + LOWEST - x;
                let mask = &mut masks.matrices[matrix][distance];
                mask[x / 64] |= 1 << (x % 64);
            }
        }
        masks
    }

    /// Matrices without a set bit.
    pub(super) fn empty() -> Self {
        let matrices = vec![[[0; WORDS]; DISTANCES]; MATRICES];
        Self {
            matrices: matrices.into_boxed_slice(),
        }
    }

    /// The digest (the chain's "mixhash") of a header's hash with a nonce.
    pub fn hash(&self, header_hash: &[u8; 32], nonce: u64) -> [u8; 32] {
        let mut state = first_state(header_hash, nonce);
        rounds(self, &mut state);
        digest(&state)
    }
}

impl std::fmt::Debug for Masks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Masks").finish_non_exhaustive()
    }
}

/// SHA3-512 of nonce and header hash, read as a big-endian number, four times.
pub(super) fn first_state(header_hash: &[u8; 32], nonce: u64) -> State {
    let mut seed = [0; 64];
    seed[..4].copy_from_slice(&(nonce as u32).to_be_bytes());
    seed[4..8].copy_from_slice(&((nonce >> 32) as u32).to_be_bytes());
    seed[8..40].copy_from_slice(header_hash);
    let digest: [u8; 64] = Sha3_512::digest(seed).into();
    let (words, _) = digest.as_chunks::<8>();
    std::array::from_fn(|at| u64::from_be_bytes(words[7 - at % 8]))
}

/// SHA3-256 of the state's little-endian words with every four bytes reversed.
fn digest(state: &State) -> [u8; 32] {
    let mut bytes = [0; ROWS / 8];
    let (chunks, _) = bytes.as_chunks_mut::<8>();
    for (chunk, word) in chunks.iter_mut().zip(state) {
        *chunk = word.rotate_left(32).to_be_bytes();
    }
    Sha3_256::digest(bytes).into()
}
