//! The verdict on a block, in the words of Bitcoin Core: everything that can be checked without the coins themselves.

use super::NodeEmulator;
use super::block::{Block, Transaction, double, merkle_root};
use crate::pool::EmulatorEvent;
use crate::pool::http::{Asked, word_of};
use crate::units::{CompactTarget, Hash256, Target};
use crate::work::{Outcome, Reject};

/// What the script of an output begins with that commits to the witnesses (BIP141).
const MARK: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];

impl NodeEmulator {
    /// The word on a block; `None`: it is taken.
    pub(super) fn judge(&mut self, asked: &Asked, block: &Block) -> Option<&'static str> {
        let hash = Hash256::from_internal(block.hash());
        let just = self.word_on(block, &hash);
        let unjust = self.base.faults.unjust_verdict().map(word_of);
        let word = unjust.or(just);
        // What was refused may be handed in again.
        let known = word.is_none() && !self.chain.seen.is_new(*hash.as_internal());
        let word = word.or(known.then_some("duplicate"));
        let network = CompactTarget::from_consensus(block.number(72)).to_target();
        let is_block = word.is_none() && network.is_ok_and(|target| target.is_met_by(&hash));
        self.tell(asked, &hash, word, is_block);
        if is_block {
            self.new_block_on(Some(*hash.as_internal()));
        }
        word
    }

    fn word_on(&self, block: &Block, hash: &Hash256) -> Option<&'static str> {
        let word = self.check_header(block, hash);
        let word = word.or_else(|| check_roots(block));
        word.or_else(|| self.check_coinbase(block))
    }

    fn check_header(&self, block: &Block, hash: &Hash256) -> Option<&'static str> {
        let previous: &[u8] = &block.header[4..36];
        let (earliest, latest) = self.chain.times();
        let time = block.number(68);
        if !self.chain.target().is_met_by(hash) {
            return Some("high-hash");
        }
        if previous != self.chain.tip() {
            let known = <&[u8; 32]>::try_from(previous).is_ok_and(|hash| self.chain.was_tip(hash));
            return Some(if known {
                "inconclusive"
            } else {
                "prev-blk-not-found"
            });
        }
        if block.number(72) != self.chain.nbits() {
            return Some("bad-diffbits");
        }
        if time < earliest {
            return Some("time-too-old");
        }
        (time > latest).then_some("time-too-new")
    }

    fn check_coinbase(&self, block: &Block) -> Option<&'static str> {
        let (coinbase, others) = block.transactions.split_first()?;
        if !coinbase.is_coinbase() {
            return Some("bad-cb-missing");
        }
        if others.iter().any(Transaction::is_coinbase) {
            return Some("bad-cb-multiple");
        }
        let script = &coinbase.inputs[0].script;
        if !(2..=100).contains(&script.len()) {
            return Some("bad-cb-length");
        }
        if !script.starts_with(&height_script(self.chain.height())) {
            return Some("bad-cb-height");
        }
        let paid: u64 = coinbase.outputs.iter().map(|output| output.value).sum();
        match self.chain.reward(others.iter().map(|other| other.id)) {
            None => Some("bad-txns-inputs-missingorspent"),
            Some(reward) if paid > reward => Some("bad-cb-amount"),
            Some(_) => None,
        }
    }

    fn tell(&mut self, asked: &Asked, hash: &Hash256, word: Option<&str>, is_block: bool) {
        let outcome = match word {
            None => Outcome::Accepted,
            Some(word) => Outcome::Rejected(class_of(word), word.to_owned()),
        };
        self.base.events.push_back(EmulatorEvent::Share {
            client: asked.client,
            worker: asked.worker.clone(),
            job: format!("height {}", self.chain.height()),
            outcome,
            difficulty: Target::from_le_bytes(*hash.as_internal()).to_difficulty_lossy(),
            hash: *hash,
            is_block,
        });
    }
}

fn class_of(word: &str) -> Reject {
    match word {
        "inconclusive" | "prev-blk-not-found" | "stale-prevblk" => Reject::Stale,
        "duplicate" => Reject::Duplicate,
        "high-hash" => Reject::LowDifficulty,
        _ => Reject::Other,
    }
}

/// Merkle root and witness commitment against the transactions.
fn check_roots(block: &Block) -> Option<&'static str> {
    let ids: Vec<[u8; 32]> = block.transactions.iter().map(|one| one.id).collect();
    if merkle_root(&ids) != block.header[36..68] {
        return Some("bad-txnmrklroot");
    }
    let coinbase = &block.transactions[0];
    let scripts = coinbase.outputs.iter().map(|output| &output.script);
    let mut marked = scripts.filter(|script| script.len() >= 38 && script.starts_with(&MARK));
    let Some(commitment) = marked.next_back() else {
        let witness = block.transactions.iter().any(Transaction::has_witness);
        return witness.then_some("unexpected-witness");
    };
    let reserved = coinbase
        .inputs
        .first()
        .map_or(&[][..], |input| &input.witness);
    let [reserved] = reserved else {
        return Some("bad-witness-nonce-size");
    };
    if reserved.len() != 32 {
        return Some("bad-witness-nonce-size");
    }
    let mut ids: Vec<[u8; 32]> = block
        .transactions
        .iter()
        .map(|one| one.witness_id)
        .collect();
    ids[0] = [0; 32];
    let expected = double(&[&merkle_root(&ids)[..], reserved].concat());
    (commitment[6..38] != expected).then_some("bad-witness-merkle-match")
}

/// `CScript() << height`, as Bitcoin compares it with the script's beginning.
fn height_script(height: u32) -> Vec<u8> {
    match height {
        0 => vec![0x00],
        1..=16 => vec![0x50 + height as u8],
        0x11..=0x7f => vec![1, height as u8],
        0x80..=0x7fff => vec![2, height as u8, (height >> 8) as u8],
        0x8000..=0x7f_ffff => vec![3, height as u8, (height >> 8) as u8, (height >> 16) as u8],
        _ => vec![
            4,
            height as u8,
            (height >> 8) as u8,
            (height >> 16) as u8,
            (height >> 24) as u8,
        ],
    }
}
