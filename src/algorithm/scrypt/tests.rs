//! Every kernel beside the `scrypt` crate.

use super::kernel::MOST_LANES;
use super::*;
use crate::algorithm::{NonceField, searcher_of};

/// What the `scrypt` crate says.
fn by_crate(input: &[u8]) -> Hash256 {
    let params = scrypt::Params::new(10, 1, 1).unwrap();
    let mut digest = [0; 32];
    scrypt::scrypt(input, input, &params, &mut digest).unwrap();
    Hash256::from_internal(digest)
}

fn input(seed: u8, length: usize) -> Vec<u8> {
    (0..length)
        .map(|i| (i as u8).wrapping_mul(31) ^ seed)
        .collect()
}

#[test]
fn inputs_of_every_length_are_hashed_as_the_crate_does() {
    for length in [0, 1, 55, 60, 63, 64, 65, 76, 80, 119, 123, 124, 128, 200] {
        let input = input(7, length);
        assert_eq!(SCRYPT.hash(&input), by_crate(&input), "{length} bytes");
    }
}

#[test]
fn every_lane_of_every_kernel_hashes_its_own_input() {
    for kernel in Kernel::available() {
        let inputs: Vec<Vec<u8>> = (0..kernel.lanes())
            .map(|lane| input(lane as u8, 80))
            .collect();
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let mut digests = [Hash256::ZERO; MOST_LANES];
        let mut memory = Vec::new();
        for used in [kernel.lanes(), 1] {
            kernel.hash(&inputs[..used], &mut memory, &mut digests);
            for (input, digest) in inputs[..used].iter().zip(&digests) {
                assert_eq!(*digest, by_crate(input), "{}", kernel.name());
            }
        }
    }
}

#[test]
fn the_search_finds_what_hash_after_hash_finds() {
    let target = Target::from_zero_bits(3);
    let header = input(9, 80);
    let hasher = SCRYPT.hasher(None).unwrap();
    let expected: Vec<u64> = (100..147)
        .filter(|count| {
            let mut header = header.clone();
            NonceField::HEADER.count_to(&mut header, *count);
            target.is_met_by(&by_crate(&header))
        })
        .collect();
    assert!(!expected.is_empty());
    for kernel in Kernel::available() {
        let mut found = Vec::new();
        let mut searcher = ScryptSearcher::new(kernel);
        let mut header = header.clone();
        searcher.search(
            &mut header,
            NonceField::HEADER,
            100..147,
            &target,
            &mut |count| found.push(count),
        );
        assert_eq!(found, expected, "{}", kernel.name());
    }
    assert!(searcher_of(&hasher).lanes() >= 1);
}

#[test]
fn a_seed_is_refused() {
    assert!(SCRYPT.hasher(Some(&[1])).is_err());
}

#[test]
fn difficulty_1_is_65536_times_easier_than_bitcoins() {
    let hashes = SCRYPT.difficulty_one().expected_hashes();
    assert!((hashes / 65_537.0 - 1.0).abs() < 1e-4, "{hashes}");
}

#[test]
fn every_kernel_passes_its_self_test_and_a_broken_one_does_not() {
    for kernel in Kernel::available() {
        assert!(kernel.passes_self_test(), "{}", kernel.name());
    }
    assert!(!Kernel::broken().passes_self_test());
}
