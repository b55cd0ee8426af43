//! CryptoNight, the hash of CryptoNote coins: variants 0, 1 and 2.
//!
//! Keccak makes a state of 200 bytes; rounds of AES blow it up to 2 MiB; half a million steps walk through them; rounds of AES fold
//! them back; Keccak again, and one of four hashes. Sources: CryptoNote standard 008; for variants 1 and 2 the descriptions in
//! monero-project/monero `src/crypto/slow-hash.c` and pull request 4218; the project's sheet `pool-protocols.md`, section 6.
//!
//! AES runs in the CPU's own instruction where there is one, else by tables.
#![allow(
    clippy::inline_always,
    reason = "code that is not inlined into the function that turns the CPU's features on is of no use"
)]

mod aes;
#[cfg(target_arch = "x86_64")]
mod aesni;
mod blake256;
mod hasher;
mod one;
mod scratchpad;
mod state;
mod two;
mod walk;

pub use hasher::{CN_0, CN_1, CN_2, CryptoNight};
pub use scratchpad::Scratchpad;

use state::State;

/// Which CryptoNight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// cn/0: the original.
    Zero,
    /// cn/1: Monero's of spring 2018.
    One,
    /// cn/2: Monero's of autumn 2018.
    Two,
}

impl Variant {
    /// The shortest input that it hashes, in bytes: variant 1 takes bytes 35 to 42 of it.
    pub const fn shortest_input(self) -> usize {
        match self {
            Variant::One => one::TWEAK_AT + 8,
            Variant::Zero | Variant::Two => 0,
        }
    }
}

/// How rounds of AES are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounds {
    /// By tables; runs everywhere.
    Portable,
    /// By the CPU's own instruction.
    Instruction,
}

impl Rounds {
    /// The fastest that this CPU has.
    pub fn best() -> Self {
        if has_instruction() {
            Rounds::Instruction
        } else {
            Rounds::Portable
        }
    }
}

/// The hash of `input` with the fastest rounds that this CPU has. An input shorter than [`Variant::shortest_input`] is hashed as if
/// zeros were mixed in instead of what it lacks.
pub fn hash(variant: Variant, input: &[u8], pad: &mut Scratchpad) -> [u8; 32] {
    hash_with(Rounds::best(), variant, input, pad)
}

/// The hash of `input`, with `rounds`; by tables where the CPU has no instruction.
pub fn hash_with(rounds: Rounds, variant: Variant, input: &[u8], pad: &mut Scratchpad) -> [u8; 32] {
    let mut state = State::absorb(input);
    match rounds {
        #[cfg(target_arch = "x86_64")]
        Rounds::Instruction if has_instruction() => aesni::run(variant, &mut state, input, pad),
        _ => memory_hard::<aes::Tables>(variant, &mut state, input, pad),
    }
    state.finish()
}

#[cfg(target_arch = "x86_64")]
fn has_instruction() -> bool {
    aesni::is_supported()
}

#[cfg(not(target_arch = "x86_64"))]
fn has_instruction() -> bool {
    false
}

#[inline(always)]
fn memory_hard<A: aes::Aes>(
    variant: Variant,
    state: &mut State,
    input: &[u8],
    pad: &mut Scratchpad,
) {
    pad.fill::<A>(state);
    walk::walk::<A>(variant, state, input, pad);
    pad.fold::<A>(state);
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn vectors() -> Value {
        let text = include_str!("../../../tests/data/cryptonote.json");
        serde_json::from_str(text).unwrap()
    }

    fn variant(name: &str) -> Variant {
        match name {
            "cn/0" | "cn_0" => Variant::Zero,
            "cn/1" => Variant::One,
            "cn/2" | "cn_2" => Variant::Two,
            other => panic!("{other}"),
        }
    }

    fn assert_hash(variant: Variant, input: &[u8], expected: &Value) {
        let mut pad = Scratchpad::new();
        for rounds in [Rounds::best(), Rounds::Portable] {
            let hash = hash_with(rounds, variant, input, &mut pad);
            assert_eq!(hex::encode(hash), expected.as_str().unwrap(), "{rounds:?}");
        }
    }

    fn blob_with(vector: &Value, nonce: &Value) -> Vec<u8> {
        let mut blob = hex::decode(vector["seed_003_share"]["blob"].as_str().unwrap()).unwrap();
        hex::decode_to_slice(nonce.as_str().unwrap(), &mut blob[39..43]).unwrap();
        blob
    }

    #[test]
    fn the_published_hashes_come_out() {
        let vectors = vectors();
        let known = vectors["known_hashes"].as_array().unwrap();
        assert_eq!(known.len(), 4);
        for row in known {
            let input = match row["input_ascii"].as_str() {
                Some(text) => text.as_bytes().to_vec(),
                None => hex::decode(row["input_hex"].as_str().unwrap()).unwrap(),
            };
            assert_hash(
                variant(row["variant"].as_str().unwrap()),
                &input,
                &row["hash"],
            );
        }
    }

    #[test]
    fn the_documents_share_verifies() {
        let vectors = vectors();
        let share = &vectors["seed_003_share"];
        let blob = blob_with(&vectors, &share["nonce_hex_in_blob_order"]);
        assert_hash(Variant::One, &blob, &share["result"]);
        for name in ["cn_0", "cn_2"] {
            let expected = &vectors["same_blob_other_variants"][name];
            assert_hash(variant(name), &blob, expected);
        }
    }

    #[test]
    fn other_nonces_of_the_documents_job_verify() {
        let vectors = vectors();
        for row in vectors["job_blob_cn1"].as_array().unwrap() {
            let blob = blob_with(&vectors, &row["nonce_hex_in_blob_order"]);
            let hash = hash(Variant::One, &blob, &mut Scratchpad::new());
            assert_eq!(hex::encode(hash), row["hash"].as_str().unwrap());
        }
    }
}
