//! Bytes with a hole for a nonce: what protocols hand out whose headers we need not understand.

use std::ops::Range;

use super::{HashInput, WorkError};
use crate::algorithm::NonceField;
use crate::units::Hash256;

/// Bytes to hash with a hole for a nonce, and the nonces that are ours.
///
/// Bytes of the nonce that a pool keeps for itself are bounds of its range: a proxy's fixed top byte `f` of a 4-byte nonce
/// (CryptoNote's "nicehash" mode) makes `f << 24..(f + 1) << 24`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    input: HashInput,
    nonces: Range<u64>,
}

impl Blob {
    /// `bytes` with a nonce in `field`, of which `nonces` are ours; nonces that do not fit the field are left out.
    ///
    /// # Errors
    /// [`WorkError::Blob`] when the bytes are more than [`HashInput::MAX`] or the field is not within them.
    pub fn new(bytes: &[u8], field: NonceField, nonces: Range<u64>) -> Result<Self, WorkError> {
        let input = HashInput::new(bytes, field).ok_or(WorkError::Blob {
            size: bytes.len(),
            nonce_at: field.at().into(),
            nonce_len: field.len().into(),
        })?;
        let nonces = nonces.start..nonces.end.min(field.end());
        Ok(Self { input, nonces })
    }

    /// A header's hash and a nonce of 64 bits after it (TrueStratum): 40 bytes.
    pub fn digest(header_hash: &Hash256, nonces: Range<u64>) -> Self {
        let mut bytes = [0; 40];
        bytes[..32].copy_from_slice(header_hash.as_internal());
        Self {
            input: HashInput::of_digest(&bytes),
            nonces,
        }
    }

    /// The bytes, with whatever stood in the nonce's place.
    pub fn input(&self) -> &HashInput {
        &self.input
    }

    /// The nonces that are ours: the job's [`SearchSpace::of_nonces`](super::SearchSpace::of_nonces) is made of them.
    pub fn nonces(&self) -> Range<u64> {
        self.nonces.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Nonce;

    #[test]
    fn the_nonce_goes_into_its_hole() {
        let field = NonceField::new(39, 4);
        let blob = Blob::new(&[0x11; 76], field, 0..u64::MAX).unwrap();
        assert_eq!(blob.nonces(), 0..1 << 32);
        let input = blob.input().with_nonce(Nonce::from_u64(0x4003_00d0));
        assert_eq!(
            input.as_bytes()[38..44],
            [0x11, 0xd0, 0x00, 0x03, 0x40, 0x11]
        );
        assert_eq!(input.as_bytes().len(), 76);
        assert_eq!(input.to_header(), None);
    }

    #[test]
    fn a_digest_has_a_nonce_of_64_bits() {
        let blob = Blob::digest(&Hash256::from_internal([5; 32]), 7 << 56..8 << 56);
        let input = blob.input().with_nonce(Nonce::from_u64(7 << 56 | 0x0102));
        assert_eq!(input.as_bytes()[30..], [5, 5, 2, 1, 0, 0, 0, 0, 0, 7]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let new = |size: usize, at, len| Blob::new(&vec![0; size], NonceField::new(at, len), 0..1);
        assert!(new(128, 120, 8).is_ok());
        for (size, at, len) in [
            (129, 39, 4),
            (42, 39, 4),
            (76, 39, 9),
            (76, 39, 0),
            (0, 0, 0),
        ] {
            let error = new(size, at, len).unwrap_err();
            assert!(
                error
                    .to_string()
                    .starts_with(&format!("a blob of {size} bytes"))
            );
        }
    }
}
