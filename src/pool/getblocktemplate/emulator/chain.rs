//! Invented blocks, and the invented transactions that wait for the next.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use serde_json::{Value, json};

use super::block::{double, merkle_root};
use crate::pool::EmulatorSettings;
use crate::pool::emulation::{Seen, nbits_for};
use crate::units::{CompactTarget, Target};

/// The block version without any bits (BIP9).
const VERSION: u32 = 0x2000_0000;
/// The height of the first block that is mined: the heights from here on have every form of BIP34 up to two bytes.
const FIRST_HEIGHT: u32 = 1;
/// How many old blocks are known.
const KEPT: usize = 64;
/// How many transactions wait for a block.
const WAITING: usize = 7;

/// A transaction that waits.
#[derive(Debug, Clone)]
struct Waiting {
    data: Vec<u8>,
    id: [u8; 32],
    witness_id: [u8; 32],
    fee: u64,
}

/// The chain, what waits, and the clock.
#[derive(Debug)]
pub(super) struct Chain {
    random: StdRng,
    tip: [u8; 32],
    height: u32,
    /// Blocks that were the newest once.
    old: VecDeque<[u8; 32]>,
    waiting: Vec<Waiting>,
    /// Fees of all transactions that were ever offered for the next block, by id.
    fees: HashMap<[u8; 32], u64>,
    changes: u64,
    nbits: u32,
    target: Target,
    earliest: u32,
    unix_time: u32,
    elapsed: Duration,
    pub(super) seen: Seen<[u8; 32]>,
    /// The name of the chain.
    name: &'static str,
}

impl Chain {
    pub(super) fn new(settings: &EmulatorSettings) -> Self {
        // Without shares every find is a block.
        let nbits = nbits_for(settings.difficulty, Target::DIFFICULTY_ONE);
        let network = CompactTarget::from_consensus(nbits).to_target();
        let target = if settings.http.shares {
            Target::from_difficulty(settings.difficulty)
        } else {
            network.unwrap_or(Target::MAX)
        };
        let mut chain = Self {
            random: StdRng::seed_from_u64(settings.seed),
            tip: [0; 32],
            height: FIRST_HEIGHT - 1,
            old: VecDeque::new(),
            waiting: Vec::new(),
            fees: HashMap::new(),
            changes: 0,
            nbits,
            target,
            earliest: settings.unix_time.saturating_sub(600),
            unix_time: settings.unix_time,
            elapsed: Duration::ZERO,
            seen: Seen::default(),
            name: settings.http.chain,
        };
        chain.next_block(None);
        chain
    }

    pub(super) fn set_time(&mut self, elapsed: Duration) {
        self.elapsed = elapsed;
    }

    /// The height of the block that is being mined.
    pub(super) fn height(&self) -> u32 {
        self.height
    }

    pub(super) fn nbits(&self) -> u32 {
        self.nbits
    }

    /// What a submission must meet.
    pub(super) fn target(&self) -> Target {
        self.target
    }

    pub(super) fn tip(&self) -> &[u8; 32] {
        &self.tip
    }

    /// Whether a block was the newest once.
    pub(super) fn was_tip(&self, hash: &[u8; 32]) -> bool {
        self.old.contains(hash)
    }

    /// The earliest and the latest time that a block may have now.
    pub(super) fn times(&self) -> (u32, u32) {
        (self.earliest, self.now().saturating_add(7200))
    }

    fn now(&self) -> u32 {
        let elapsed = u32::try_from(self.elapsed.as_secs()).unwrap_or(u32::MAX);
        self.unix_time.saturating_add(elapsed)
    }

    /// What a block of these transactions may pay out; `None`: it has one that nobody offered.
    pub(super) fn reward(&self, ids: impl IntoIterator<Item = [u8; 32]>) -> Option<u64> {
        let fees = ids.into_iter().map(|id| self.fees.get(&id).copied());
        let fees: Option<u64> = fees.sum();
        Some(self.subsidy() + fees?)
    }

    fn subsidy(&self) -> u64 {
        let interval = if self.name == "regtest" { 150 } else { 210_000 };
        5_000_000_000 >> (self.height / interval).min(63)
    }

    /// The next block: on `tip`, or on an invented one whose upper end is zero.
    pub(super) fn next_block(&mut self, tip: Option<[u8; 32]>) {
        self.old.push_back(self.tip);
        if self.old.len() > KEPT {
            self.old.pop_front();
        }
        self.height += 1;
        self.tip = tip.unwrap_or_else(|| {
            let mut hash = [0; 32];
            self.random.fill_bytes(&mut hash[..24]);
            hash
        });
        self.fees.clear();
        self.waiting.clear();
        // The first blocks of a chain have no transactions but their coinbase.
        if self.height > 2 {
            self.new_transactions();
        }
    }

    /// Other transactions wait from now on; those before may be mined all the same.
    pub(super) fn new_transactions(&mut self) {
        self.changes += 1;
        let count = self.random.random_range(1..=WAITING);
        self.waiting = (0..count).map(|_| invented(&mut self.random)).collect();
        for waiting in &self.waiting {
            self.fees.insert(waiting.id, waiting.fee);
        }
    }

    pub(super) fn long_poll_id(&self) -> String {
        format!("{}{}", display(&self.tip), self.height)
    }

    /// The result of getblocktemplate, as Bitcoin Core 28 gives it.
    pub(super) fn template(&self) -> Value {
        let ids = self.waiting.iter().map(|one| one.id);
        let mut witness_ids = vec![[0; 32]];
        witness_ids.extend(self.waiting.iter().map(|one| one.witness_id));
        let commitment = double(&[merkle_root(&witness_ids), [0; 32]].concat());
        let transactions: Vec<Value> = self.waiting.iter().map(Waiting::json).collect();
        let mut template = json!({
            "capabilities": ["proposal"],
            "version": VERSION,
            "rules": ["csv", "!segwit", "taproot"],
            "vbavailable": {},
            "vbrequired": 0,
            "previousblockhash": display(&self.tip),
            "transactions": transactions,
            "coinbaseaux": {},
            "coinbasevalue": self.reward(ids),
            "longpollid": self.long_poll_id(),
            "target": hex::encode(self.target.to_be_bytes()),
            "mintime": self.earliest,
            "mutable": ["time", "transactions", "prevblock"],
            "noncerange": "00000000ffffffff",
            "sigoplimit": 80_000,
            "sizelimit": 4_000_000,
            "weightlimit": 4_000_000,
            "curtime": self.now(),
            "bits": format!("{:08x}", self.nbits),
            "height": self.height,
            "default_witness_commitment": format!("6a24aa21a9ed{}", hex::encode(commitment)),
        });
        if self.name == "signet" {
            template["rules"] = json!(["csv", "!segwit", "!signet", "taproot"]);
            template["signet_challenge"] = json!("51");
        }
        template
    }
}

impl Waiting {
    fn json(&self) -> Value {
        json!({
            "data": hex::encode(&self.data),
            "txid": display(&self.id),
            "hash": display(&self.witness_id),
            "depends": [],
            "fee": self.fee,
            "sigops": 1,
            "weight": self.data.len() * 4,
        })
    }
}

/// Display order.
fn display(hash: &[u8; 32]) -> String {
    let mut hash = *hash;
    hash.reverse();
    hex::encode(hash)
}

/// A transaction of one input and one output, every other one with a witness.
fn invented(random: &mut StdRng) -> Waiting {
    let segwit = random.random_bool(0.5);
    let outpoint = [&random.random::<[u8; 32]>()[..], &[1, 0, 0, 0]].concat();
    let script = if segwit {
        Vec::new()
    } else {
        vec![random.random::<u8>(); random.random_range(70..110)]
    };
    let output = [&[0, 20][..], &random.random::<[u8; 20]>()].concat();
    let body = [
        &[1][..],
        &outpoint,
        &[script.len() as u8],
        &script,
        &[0xfd, 0xff, 0xff, 0xff],
        &[1],
        &random.random_range(1_000..1_000_000_u64).to_le_bytes(),
        &[output.len() as u8],
        &output,
    ]
    .concat();
    let plain = [&[2, 0, 0, 0][..], &body, &[0; 4]].concat();
    let data = if segwit {
        let signature = [random.random::<u8>(); 71];
        let key = [random.random::<u8>(); 33];
        let witness = [&[2, 71][..], &signature, &[33], &key].concat();
        [&[2, 0, 0, 0, 0, 1][..], &body, &witness, &[0; 4]].concat()
    } else {
        plain.clone()
    };
    Waiting {
        id: double(&plain),
        witness_id: double(&data),
        data,
        fee: random.random_range(200..50_000),
    }
}
