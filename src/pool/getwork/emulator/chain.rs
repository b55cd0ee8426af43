//! Invented blocks, and the headers that were handed out for the newest.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::algorithm::sha256d::Midstate;
use crate::pool::EmulatorSettings;
use crate::pool::emulation::{Seen, nbits_for};
use crate::units::{CompactTarget, Difficulty, Target};

/// The block version without rolled bits (BIP9).
const VERSION: u32 = 0x2000_0000;
/// How many headers can be handed in; the oldest are forgotten first.
const KEPT: usize = 65_536;
/// What stands in the nonce field: pool text, as eloipool has it, and no nonce to begin with.
const NONCE_TEXT: [u8; 4] = *b"Eloi";

/// Version, previous block and merkle root: what names a header that was handed out.
pub(super) type Name = [u8; 68];

/// A header that was handed out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Issued {
    pub(super) ntime: u32,
    pub(super) nbits: u32,
    pub(super) target: Target,
    /// The block that it is for is the newest.
    pub(super) block: u64,
}

/// The chain, and its clock.
#[derive(Debug)]
pub(super) struct Chain {
    random: StdRng,
    previous: [u8; 32],
    nbits: u32,
    block: u64,
    unix_time: u32,
    elapsed: Duration,
    issued: HashMap<Name, Issued>,
    by_age: VecDeque<Name>,
    /// Submissions that were accepted.
    pub(super) seen: Seen<[u8; 80]>,
}

impl Chain {
    pub(super) fn new(settings: &EmulatorSettings) -> Self {
        let mut chain = Self {
            random: StdRng::seed_from_u64(settings.seed),
            previous: [0; 32],
            nbits: nbits_for(settings.difficulty, Target::DIFFICULTY_ONE),
            block: 0,
            unix_time: settings.unix_time,
            elapsed: Duration::ZERO,
            issued: HashMap::new(),
            by_age: VecDeque::new(),
            seen: Seen::default(),
        };
        chain.next_block(None);
        chain
    }

    pub(super) fn set_time(&mut self, elapsed: Duration) {
        self.elapsed = elapsed;
    }

    /// The hardest difficulty that a worker can be given.
    pub(super) fn network_difficulty(&self) -> Difficulty {
        CompactTarget::from_consensus(self.nbits)
            .to_target()
            .unwrap_or(Target::DIFFICULTY_ONE)
            .to_difficulty_lossy()
    }

    pub(super) fn block(&self) -> u64 {
        self.block
    }

    /// A new block on `previous` (internal order), or on an invented one whose upper end is zero.
    pub(super) fn next_block(&mut self, previous: Option<[u8; 32]>) {
        self.block += 1;
        self.previous = previous.unwrap_or_else(|| {
            let mut hash = [0; 32];
            self.random.fill_bytes(&mut hash[..24]);
            hash
        });
    }

    /// Hands out a new header, whose shares must meet `target`: the result of a getwork.
    pub(super) fn issue(&mut self, target: Target) -> Value {
        let elapsed = u32::try_from(self.elapsed.as_secs()).unwrap_or(u32::MAX);
        let ntime = self.unix_time.saturating_add(elapsed);
        let mut header = [0; 80];
        header[..4].copy_from_slice(&VERSION.to_le_bytes());
        header[4..36].copy_from_slice(&self.previous);
        header[36..68].copy_from_slice(&self.random.random::<[u8; 32]>());
        header[68..72].copy_from_slice(&ntime.to_le_bytes());
        header[72..76].copy_from_slice(&self.nbits.to_le_bytes());
        header[76..].copy_from_slice(&NONCE_TEXT);
        self.note(&header, target);
        result(&header, target)
    }

    /// Takes a given result for one of its own, if it can be read.
    pub(super) fn issue_fixed(&mut self, result: &Value) {
        let text = |key: &str| result[key].as_str().unwrap_or_default().to_owned();
        let mut target = [0; 32];
        let readable = hex::decode_to_slice(text("target"), &mut target).is_ok();
        if let Some(header) = header_of(&text("data"))
            && readable
        {
            self.note(&header, Target::from_le_bytes(target));
        }
    }

    fn note(&mut self, header: &[u8; 80], target: Target) {
        let name = name_of(header);
        let word = |at: usize| {
            u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let issued = Issued {
            ntime: word(68),
            nbits: word(72),
            target,
            block: self.block,
        };
        if self.issued.insert(name, issued).is_none() {
            self.by_age.push_back(name);
        }
        if self.by_age.len() > KEPT
            && let Some(oldest) = self.by_age.pop_front()
        {
            self.issued.remove(&oldest);
        }
    }

    /// What is known of a header that was handed out.
    pub(super) fn find(&self, header: &[u8; 80]) -> Option<Issued> {
        self.issued.get(&name_of(header)).copied()
    }
}

fn result(header: &[u8; 80], target: Target) -> Value {
    let mut first = [0; 64];
    first.copy_from_slice(&header[..64]);
    let mut hash1 = [0; 64];
    hash1[35] = 0x80;
    hash1[61] = 1;
    json!({
        "data": data_of(header),
        "midstate": hex::encode(Midstate::of(&first).to_le_bytes()),
        "hash1": hex::encode(hash1),
        "target": hex::encode(target.to_le_bytes()),
    })
}

fn name_of(header: &[u8; 80]) -> Name {
    let mut name = [0; 68];
    name.copy_from_slice(&header[..68]);
    name
}

/// The 128 bytes of `data`: header and padding as 32-bit words, each written big-endian of what SHA-256 reads little-endian.
fn data_of(header: &[u8; 80]) -> String {
    let mut padded = header.to_vec();
    padded.push(0x80);
    padded.resize(120, 0);
    padded.extend((8 * 80_u64).to_be_bytes());
    let words = padded.chunks(4).map(|word| {
        let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        format!("{word:08x}")
    });
    words.collect()
}

/// The header in 128 bytes of `data`; `None` when it is not exactly that.
pub(super) fn header_of(data: &str) -> Option<[u8; 80]> {
    if data.len() != 256 || !data.is_ascii() {
        return None;
    }
    let mut bytes = Vec::with_capacity(128);
    for at in (0..256).step_by(8) {
        let word = u32::from_str_radix(&data[at..at + 8], 16).ok()?;
        bytes.extend(word.to_le_bytes());
    }
    let header: [u8; 80] = bytes[..80].try_into().ok()?;
    (data_of(&header) == data.to_ascii_lowercase()).then_some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_that_of_real_blocks() {
        let vectors = include_str!("../../../../tests/data/http-pools.json");
        let vectors: Value = serde_json::from_str(vectors).unwrap();
        let sample = &vectors["getwork"]["seed_000_sample"];
        let data = sample["data"].as_str().unwrap();
        let header = header_of(data).unwrap();
        assert_eq!(
            hex::encode(header),
            sample["header_80_bytes"].as_str().unwrap()
        );
        assert_eq!(data_of(&header), data);
        let mut chain = Chain::new(&EmulatorSettings::default());
        let issued = chain.issue(Target::DIFFICULTY_ONE);
        assert_eq!(issued["hash1"], sample["hash1"]);
        let result = result(&header, Target::DIFFICULTY_ONE);
        assert_eq!(result["midstate"], sample["midstate"]);
    }
}
