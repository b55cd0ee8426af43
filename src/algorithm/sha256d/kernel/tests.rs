//! Every kernel against `sha2` over the whole header. One that this CPU lacks is named and passed over.

use std::ops::Range;

use proptest::prelude::*;

use super::Kernel;
use crate::algorithm::sha256d::{Midstate, SHA256D, Scanner};
use crate::units::{Hash256, Target};

fn kernels() -> Vec<Kernel> {
    let (here, lacking): (Vec<_>, Vec<_>) = Kernel::all().partition(|kernel| kernel.is_supported());
    for kernel in lacking {
        eprintln!("skipped: kernel {kernel}, which this CPU cannot run");
    }
    here
}

fn header(seed: u8) -> [u8; 80] {
    std::array::from_fn(|i| (i as u8).wrapping_mul(seed | 1).wrapping_add(seed))
}

fn scanner(header: &[u8; 80], limit: Target) -> Scanner {
    let midstate = Midstate::of(header[..64].try_into().unwrap());
    Scanner::new(midstate, header[64..76].try_into().unwrap(), limit)
}

/// The hash of the whole header, by the path that shares nothing with the scanners.
fn hash(header: &[u8; 80], word: u32) -> Hash256 {
    let mut header = *header;
    header[76..].copy_from_slice(&word.to_be_bytes());
    SHA256D.hash(&header)
}

fn expected(header: &[u8; 80], words: &Range<u64>, limit: Target) -> Vec<u32> {
    let words = words.clone().map(|word| word as u32);
    words
        .filter(|word| limit.is_met_by(&hash(header, *word)))
        .collect()
}

/// All hits by `kernel`, whether or not it would be used for so easy a limit.
fn found(kernel: Kernel, header: &[u8; 80], words: &Range<u64>, limit: Target) -> Vec<u32> {
    let scanner = scanner(header, limit).with_kernel(kernel);
    let mut words = words.clone();
    let mut hits = Vec::new();
    while let Some(hit) = scanner.scan_with_kernel(&mut words) {
        assert_eq!(
            words.start,
            u64::from(hit) + 1,
            "{kernel}: the range begins past the hit"
        );
        hits.push(hit);
    }
    assert!(words.is_empty(), "{kernel}: {words:?} is left");
    hits
}

fn compare(header: &[u8; 80], words: &Range<u64>, limit: Target) {
    let expected = expected(header, words, limit);
    for kernel in kernels() {
        let found = found(kernel, header, words, limit);
        assert_eq!(found, expected, "{kernel}, words {words:?}, limit {limit}");
    }
}

#[test]
fn ranges_of_every_length_around_the_lanes() {
    for length in 0..=70 {
        compare(
            &header(3),
            &(1000..1000 + length),
            Target::from_zero_bits(2),
        );
    }
}

#[test]
fn the_first_and_the_last_nonce() {
    for words in [
        0..1,
        0..33,
        (1 << 32) - 1..1 << 32,
        (1 << 32) - 45..1 << 32,
        0x7fff_fff0..0x8000_0011,
    ] {
        compare(&header(5), &words, Target::MAX);
        compare(&header(5), &words, Target::from_zero_bits(3));
    }
}

#[test]
fn all_limits_from_none_to_every_hash() {
    let words = 77..77 + 500;
    for limit in [Target::MAX, Target::ZERO, Target::DIFFICULTY_ONE] {
        compare(&header(7), &words, limit);
    }
    for bits in 1..=16 {
        compare(&header(9), &words, Target::from_zero_bits(bits));
    }
}

#[test]
fn a_limit_that_is_the_hash_itself_is_met_and_one_below_is_not() {
    let header = header(11);
    let best = (0..2000)
        .min_by_key(|word| Target::from_le_bytes(*hash(&header, *word).as_internal()))
        .unwrap();
    let limit = Target::from_le_bytes(*hash(&header, best).as_internal());
    let mut below = limit.to_le_bytes();
    let lowest = below.iter().position(|byte| *byte != 0).unwrap();
    below[..lowest].fill(0xff);
    below[lowest] -= 1;
    for kernel in kernels() {
        assert_eq!(
            found(kernel, &header, &(0..2000), limit),
            [best],
            "{kernel}"
        );
        assert_eq!(
            found(kernel, &header, &(0..2000), Target::from_le_bytes(below)),
            [0; 0],
            "{kernel}"
        );
    }
}

#[test]
fn the_nonce_of_the_genesis_block_is_found() {
    let mut header = [0; 80];
    header[0] = 1;
    hex::decode_to_slice(
        "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c",
        &mut header[36..],
    )
    .unwrap();
    let nonce = 0x1dac_2b7c_u64;
    for kernel in kernels() {
        let words = nonce - 20_000..nonce + 20_000;
        assert_eq!(
            found(kernel, &header, &words, Target::DIFFICULTY_ONE),
            [nonce as u32],
            "{kernel}"
        );
    }
}

#[test]
fn names_are_unique() {
    for kernel in Kernel::all() {
        assert_eq!(
            Kernel::all().filter(|other| *other == kernel).count(),
            1,
            "{kernel}"
        );
        assert!(kernel.lanes() <= 64, "{kernel}: candidates are bits of 64");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_header_range_and_limit(
        header in any::<[u8; 80]>(),
        start in any::<u32>(),
        length in 0_u64..200,
        bits in 0_u32..9,
        low in any::<[u8; 31]>(),
    ) {
        let mut limit = Target::from_zero_bits(bits).to_le_bytes();
        limit[..31].copy_from_slice(&low);
        let words = u64::from(start)..(u64::from(start) + length).min(1 << 32);
        compare(&header, &words, Target::from_le_bytes(limit));
    }
}
