//! The vectors of the project's sheet: an empty dataset, epoch 0 and an invented epoch.

use std::sync::Arc;

use serde_json::Value;
use sha3::{Digest, Sha3_256};

use super::*;

fn vectors() -> Value {
    let text = include_str!("../../../tests/data/truehash.json");
    serde_json::from_str(text).unwrap()
}

fn bytes<const N: usize>(value: &Value) -> [u8; N] {
    let mut bytes = [0; N];
    hex::decode_to_slice(value.as_str().unwrap(), &mut bytes).unwrap();
    bytes
}

/// The seeds that the vectors describe: the beginning of SHA3-256 of a text and a number.
fn invented_seeds() -> Vec<[u8; SEED_SIZE]> {
    let seed = |number: u32| {
        let input = [&b"truehash-seed-"[..], &number.to_be_bytes()].concat();
        Sha3_256::digest(input)[..SEED_SIZE].try_into().unwrap()
    };
    (0..SEEDS as u32).map(seed).collect()
}

fn epoch_0() -> Dataset {
    let text = vectors()["epoch0_table"]["base64"].take();
    let packed = from_base64(text.as_str().unwrap());
    assert_eq!(packed.len(), 20_480);
    Dataset::from_packed(&packed)
}

fn from_base64(text: &str) -> Vec<u8> {
    let digit = |c: u8| {
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        digits.iter().position(|digit| *digit == c)
    };
    let mut bytes = Vec::new();
    let (mut sum, mut bits) = (0_u32, 0);
    for value in text.bytes().map_while(digit) {
        sum = (sum << 6 | value as u32) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((sum >> bits) as u8);
        }
    }
    bytes
}

fn seedhash(dataset: Dataset) -> [u8; 32] {
    let mut check = SeedhashCheck::new(Arc::new(dataset));
    loop {
        if let Some(hash) = check.step(1 << 20) {
            return hash;
        }
    }
}

fn assert_digests(dataset: &Dataset, digests: &Value) {
    let masks = Masks::new(dataset);
    let digests = digests.as_array().unwrap();
    assert!(digests.len() >= 5);
    for row in digests {
        let nonce = row["nonce"].as_u64().unwrap();
        let hash = masks.hash(&bytes(&row["header_hash"]), nonce);
        assert_eq!(hash, bytes(&row["digest"]), "nonce {nonce}");
        assert_eq!(
            bit_by_bit(dataset, &bytes(&row["header_hash"]), nonce),
            hash
        );
    }
}

/// The hash as its description goes, a bit at a time.
fn bit_by_bit(dataset: &Dataset, header_hash: &[u8; 32], nonce: u64) -> [u8; 32] {
    use sha3::Sha3_512;
    let mut seed = [0; 64];
    seed[..4].copy_from_slice(&(nonce as u32).to_be_bytes());
    seed[4..8].copy_from_slice(&((nonce >> 32) as u32).to_be_bytes());
    seed[8..40].copy_from_slice(header_hash);
    let digest = Sha3_512::digest(seed);
    let mut state: Vec<bool> = (0..2048)
        .map(|bit| digest[63 - bit % 512 / 8] >> (bit % 8) & 1 == 1)
        .collect();
    for _ in 0..64 {
        let number = |bits: &[bool]| {
            bits.iter()
                .rev()
                .fold(0, |n, bit| n << 1 | usize::from(*bit))
        };
        let (turn, matrix) = (number(&state[..7]), number(&state[2044..]));
        let read = |at: &u16| state[usize::from(*at)];
        let mut next: Vec<bool> = (0..2048)
            .map(|x| {
                dataset
                    .positions(matrix, x)
                    .iter()
                    .map(read)
                    .fold(false, |a, b| a ^ b)
            })
            .collect();
        next.rotate_left(turn);
        state = next;
    }
    let byte = |at: usize| {
        (0..8).fold(0_u8, |byte, bit| {
            byte | u8::from(state[8 * at + bit]) << bit
        })
    };
    let swapped: Vec<u8> = (0..256).map(|at| byte(at ^ 3)).collect();
    Sha3_256::digest(swapped).into()
}

#[test]
fn an_empty_dataset_leaves_nothing() {
    let vector = &vectors()["all_zero_dataset"];
    let nonce = vector["nonce"].as_u64().unwrap();
    let hash = Masks::empty().hash(&bytes(&vector["header_hash"]), nonce);
    assert_eq!(hash, bytes(&vector["digest"]));
}

#[test]
fn epoch_0_has_its_seedhash_and_digests() {
    let vectors = vectors();
    let dataset = epoch_0();
    assert_digests(&dataset, &vectors["epoch0_digests"]);
    let share = &vectors["epoch0_share"];
    let nonce = share["nonce"].as_u64().unwrap();
    let hash = Masks::new(&dataset).hash(&bytes(&share["header_hash"]), nonce);
    assert_eq!(hash, bytes(&share["digest"]));
    let expected = &vectors["epoch0_table"]["seedhash"];
    assert_eq!(seedhash(dataset), bytes(expected));
}

#[test]
fn the_invented_epoch_has_its_seedhash_and_digests() {
    let epoch = &vectors()["synthetic_epoch"];
    let seeds = invented_seeds();
    assert_eq!(seeds[0], bytes(&epoch["first_seeds"][0]));
    assert_eq!(seeds[SEEDS - 1], bytes(&epoch["last_seed"]));
    let dataset = Dataset::from_seeds(&seeds).unwrap();
    assert_digests(&dataset, &epoch["digests"]);
    assert_eq!(seedhash(dataset), bytes(&epoch["seedhash"]));
}

#[test]
fn the_invented_epochs_shares_are_found() {
    let epoch = &vectors()["synthetic_epoch"];
    let masks = Masks::new(&Dataset::from_seeds(&invented_seeds()).unwrap());
    let target: [u8; 16] = bytes(&epoch["target"]);
    let header_hash = bytes(&epoch["shares_header_hash"]);
    let scanned = epoch["scanned_from"].as_u64().unwrap()..=epoch["scanned_to"].as_u64().unwrap();
    let found: Vec<(u64, [bool; 2])> = scanned
        .map(|nonce| (nonce, masks.hash(&header_hash, nonce)))
        .map(|(nonce, hash)| (nonce, [hash[..16] < target[..], hash[16..] < target[..]]))
        .filter(|(_, halves)| halves.contains(&true))
        .collect();
    let expected: Vec<(u64, [bool; 2])> = epoch["shares"]
        .as_array()
        .unwrap()
        .iter()
        .map(|share| {
            let half = |name: &str| share[name].as_bool().unwrap();
            let halves = [half("first_half_below"), half("second_half_below")];
            (share["nonce"].as_u64().unwrap(), halves)
        })
        .collect();
    assert_eq!(found, expected);
}
