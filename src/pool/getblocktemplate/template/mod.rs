//! A block template, read and checked, and what is hashed of it.

use std::collections::HashMap;
use std::str::FromStr;

use bytes::Bytes;
use serde::Deserialize;

use super::coinbase::{COMMITMENT_HEAD, Cut, EXTRANONCE2_SIZE, Parts, cut_given, with_witness};
use super::merkle;
use crate::pool::{Payout, SessionError};
use crate::units::{CompactTarget, Hash256, Target, printable};
use crate::work::{CoinbaseTemplate, HeaderTemplate, Share};

/// Which message errors are about.
const STEP: &str = "getblocktemplate";
/// The rules that we know; of others only those without `!` may be ignored (BIP9's text on getblocktemplate).
const RULES: [&str; 5] = ["csv", "segwit", "taproot", "signet", "testdummy"];
/// A signet's challenge that anybody meets: OP_TRUE. Every other one wants blocks signed.
const OPEN_SIGNET: &str = "51";
/// The most bytes that a block can have: four million weight units (BIP141), of which each byte has one at least.
const MAX_BLOCK: usize = 4_000_000;
/// How far ntime may run ahead of the template's, in seconds.
const MAX_NTIME_ROLL: u64 = 600;

#[derive(Deserialize)]
#[serde(expecting = "a template")]
pub(super) struct RawTemplate {
    version: i64,
    previousblockhash: String,
    bits: String,
    target: Option<String>,
    curtime: u32,
    maxtime: Option<u32>,
    height: u32,
    coinbasevalue: Option<u64>,
    coinbasetxn: Option<RawTransaction>,
    coinbaseaux: Option<HashMap<String, String>>,
    #[serde(default)]
    transactions: Vec<RawTransaction>,
    #[serde(default)]
    rules: Vec<String>,
    #[serde(default)]
    mutable: Vec<String>,
    #[serde(default)]
    vbrequired: u32,
    longpollid: Option<String>,
    longpolluri: Option<String>,
    workid: Option<String>,
    submitold: Option<bool>,
    expires: Option<u64>,
    default_witness_commitment: Option<String>,
    signet_challenge: Option<String>,
    noncerange: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "a transaction")]
struct RawTransaction {
    data: String,
    txid: Option<String>,
    hash: Option<String>,
}

/// Transactions by their witness id, so that templates that share them share their bytes.
pub(super) type Known = HashMap<[u8; 32], Bytes>;

/// What a coinbase of ours needs.
#[derive(Debug)]
pub(super) struct Wishes<'a> {
    pub(super) payout: Option<&'a Payout>,
    pub(super) text: &'a str,
    /// The chain, where the node has told it.
    pub(super) chain: Option<&'a str>,
}

/// A template, ready to be hashed.
#[derive(Debug)]
pub(super) struct BlockTemplate {
    pub(super) header: HeaderTemplate,
    pub(super) coinbase: CoinbaseTemplate,
    branch: Vec<[u8; 32]>,
    /// Raw transactions after the coinbase, with their witness ids.
    transactions: Vec<([u8; 32], Bytes)>,
    /// Whether the coinbase carries a commitment, and with it a witness.
    commits: bool,
    pub(super) height: u32,
    pub(super) target: Target,
    pub(super) network_target: Target,
    pub(super) max_ntime_roll: u32,
    pub(super) nonces: std::ops::Range<u64>,
    pub(super) long_poll: Option<(String, String)>,
    pub(super) work_id: Option<String>,
    pub(super) submit_old: bool,
    /// Seconds until a new one must be asked for.
    pub(super) expires: Option<u64>,
}

/// An error about the template.
pub(super) fn wrong(problem: impl Into<String>) -> SessionError {
    SessionError {
        step: STEP,
        problem: problem.into(),
        fatal: false,
    }
}

impl BlockTemplate {
    /// Checks the `result` of a getblocktemplate.
    ///
    /// # Errors
    /// What is wrong with it or cannot be done with it.
    pub(super) fn of(
        raw: RawTemplate,
        wishes: &Wishes<'_>,
        known: &Known,
    ) -> Result<Self, SessionError> {
        raw.check_rules()?;
        let transactions = raw.transactions(known)?;
        let commitment = raw.commitment(&transactions)?;
        let cut = raw.coinbase(wishes, commitment.as_deref())?;
        let ids: Vec<[u8; 32]> = transactions.iter().map(|one| one.id).collect();
        let branch = merkle::branch(&ids);
        let coinbase = CoinbaseTemplate::new(
            &cut.prefix,
            &[],
            EXTRANONCE2_SIZE,
            &cut.suffix,
            branch.clone(),
        )
        .map_err(|error| wrong(error.to_string()))?;
        let (header, network_target) = raw.header()?;
        Ok(Self {
            header,
            coinbase,
            branch,
            transactions: transactions
                .into_iter()
                .map(|one| (one.witness_id, one.data))
                .collect(),
            commits: commitment.is_some(),
            height: raw.height,
            target: raw.target(network_target)?,
            network_target,
            max_ntime_roll: raw.max_ntime_roll(wishes.chain),
            nonces: raw.nonces()?,
            submit_old: raw.submitold.unwrap_or(true),
            expires: raw.expires,
            long_poll: raw
                .longpollid
                .map(|id| (id, raw.longpolluri.unwrap_or_default())),
            work_id: raw.workid,
        })
    }

    /// What a block has of `share`, in hex: header, number of transactions, coinbase with its witness. [`rest`](Self::rest) follows it.
    pub(super) fn start_of(&self, share: &Share) -> String {
        let rolled = share.rolled();
        let coinbase = self.coinbase.transaction(rolled.extranonce2.as_bytes());
        let root = merkle::root(merkle::id_of(&coinbase), &self.branch);
        let header = HeaderTemplate {
            merkle_root: Hash256::from_internal(root),
            ..self.header
        };
        let header = header
            .header(rolled.version, rolled.ntime)
            .with_nonce(share.nonce());
        let coinbase = if self.commits {
            with_witness(&coinbase)
        } else {
            coinbase
        };
        let count = super::coinbase::compact_size(1 + self.transactions.len());
        hex::encode([header.as_bytes(), &count[..], &coinbase].concat())
    }

    /// What every block of this template ends with, in hex: all transactions but the coinbase.
    pub(super) fn rest(&self) -> impl Iterator<Item = String> {
        self.transactions.iter().map(|(_, data)| hex::encode(data))
    }

    /// Its transactions, for the template after it.
    pub(super) fn known(&self) -> Known {
        self.transactions.iter().cloned().collect()
    }
}

/// A transaction after the coinbase.
struct Transaction {
    id: [u8; 32],
    witness_id: [u8; 32],
    data: Bytes,
}

impl RawTemplate {
    fn check_rules(&self) -> Result<(), SessionError> {
        let required = self.rules.iter().filter_map(|rule| rule.strip_prefix('!'));
        for rule in required {
            if !RULES.contains(&rule) {
                let rule = printable(rule, 40);
                return Err(wrong(format!(
                    "the node wants rule {rule:?} understood, which this version does not"
                )));
            }
        }
        match self.signet_challenge.as_deref() {
            None | Some(OPEN_SIGNET) => Ok(()),
            Some(challenge) => Err(wrong(format!(
                "this signet's blocks must be signed (challenge {}); only its own miners can do that",
                printable(challenge, 80)
            ))),
        }
    }

    fn header(&self) -> Result<(HeaderTemplate, Target), SessionError> {
        let bits = u32::from_str_radix(&self.bits, 16).map_err(|_| {
            wrong(format!(
                "bits must be 8 hex digits, got {:?}",
                printable(&self.bits, 40)
            ))
        })?;
        let network_target = CompactTarget::from_consensus(bits)
            .to_target()
            .map_err(|error| wrong(error.to_string()))?;
        let previous =
            Hash256::from_str(&self.previousblockhash).map_err(|error| wrong(error.to_string()))?;
        let header = HeaderTemplate {
            version: self.version as u32 | self.vbrequired,
            previous,
            merkle_root: Hash256::ZERO,
            ntime: self.curtime,
            nbits: bits,
        };
        Ok((header, network_target))
    }

    /// What a submission must meet: a pool's own target, else the network's.
    fn target(&self, network_target: Target) -> Result<Target, SessionError> {
        let Some(text) = &self.target else {
            return Ok(network_target);
        };
        let target = Target::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if target.to_le_bytes() == [0; 32] {
            return Err(wrong("a target of zero, which no hash meets"));
        }
        Ok(target)
    }

    /// On test chains the bits depend on the time: there the template's own is kept.
    fn max_ntime_roll(&self, chain: Option<&str>) -> u32 {
        if chain.is_some_and(|chain| chain.starts_with("test")) {
            return 0;
        }
        let latest = self
            .maxtime
            .map(|latest| latest.saturating_sub(self.curtime));
        latest.unwrap_or(u32::MAX).min(MAX_NTIME_ROLL as u32)
    }

    fn nonces(&self) -> Result<std::ops::Range<u64>, SessionError> {
        let Some(text) = &self.noncerange else {
            return Ok(0..1 << 32);
        };
        let unusable = || {
            wrong(format!(
                "noncerange must be 16 hex digits that rise, got {:?}",
                printable(text, 40)
            ))
        };
        let range = u64::from_str_radix(text, 16).map_err(|_| unusable())?;
        let (first, last) = (range >> 32, range & 0xffff_ffff);
        if text.len() != 16 || first > last {
            return Err(unusable());
        }
        Ok(first..last + 1)
    }

    fn transactions(&self, known: &Known) -> Result<Vec<Transaction>, SessionError> {
        let read = self.transactions.iter().enumerate();
        let read = read.map(|(at, raw)| {
            raw.read(known)
                .map_err(|problem| wrong(format!("transaction {}: {problem}", at + 1)))
        });
        let transactions = read.collect::<Result<Vec<_>, _>>()?;
        let size: usize = transactions.iter().map(|one| one.data.len()).sum();
        if size > MAX_BLOCK {
            return Err(wrong(format!(
                "its transactions have {size} bytes, and a block has at most {MAX_BLOCK}"
            )));
        }
        Ok(transactions)
    }

    /// The witness commitment's output script: computed, and compared with the node's.
    fn commitment(&self, transactions: &[Transaction]) -> Result<Option<Vec<u8>>, SessionError> {
        let segwit = self
            .rules
            .iter()
            .any(|rule| rule.trim_start_matches('!') == "segwit");
        let given = self.default_witness_commitment.as_deref();
        let has_witness = transactions.iter().any(|one| one.id != one.witness_id);
        if !segwit && given.is_none() && !has_witness {
            return Ok(None);
        }
        let ids: Vec<[u8; 32]> = transactions.iter().map(|one| one.witness_id).collect();
        let ours = [&COMMITMENT_HEAD[..], &merkle::commitment(&ids)].concat();
        match given {
            Some(given) if !given.eq_ignore_ascii_case(&hex::encode(&ours)) => Err(wrong(format!(
                "the witness commitment {} is not that of the template's transactions, {}",
                printable(given, 80),
                hex::encode(&ours)
            ))),
            _ => Ok(Some(ours)),
        }
    }

    fn coinbase(
        &self,
        wishes: &Wishes<'_>,
        commitment: Option<&[u8]>,
    ) -> Result<Cut, SessionError> {
        match (self.coinbasevalue, wishes.payout, &self.coinbasetxn) {
            (Some(value), Some(payout), _) => {
                let parts = Parts {
                    height: self.height,
                    aux: &self.aux()?,
                    text: wishes.text,
                    value,
                    payout: payout.script(),
                    commitment,
                };
                parts.cut().map_err(wrong)
            }
            (_, _, Some(given)) => self.given_coinbase(given, wishes.text),
            (_, None, None) => Err(wrong(
                "there is nobody to pay: name your address with --payout ADDRESS",
            )),
            (None, Some(_), None) => Err(wrong("neither coinbasevalue nor coinbasetxn")),
        }
    }

    fn given_coinbase(&self, given: &RawTransaction, text: &str) -> Result<Cut, SessionError> {
        let may_append = ["coinbase", "coinbase/append"];
        if !self
            .mutable
            .iter()
            .any(|what| may_append.contains(&what.as_str()))
        {
            return Err(wrong(
                "coinbasetxn must be taken as it is: nothing is left to roll",
            ));
        }
        let data = hex::decode(&given.data).map_err(|_| wrong("coinbasetxn: data is no hex"))?;
        cut_given(&data, text).map_err(wrong)
    }

    /// What the node wants in the script, in the order of its names.
    fn aux(&self) -> Result<Vec<u8>, SessionError> {
        let mut values: Vec<(&String, &String)> = self.coinbaseaux.iter().flatten().collect();
        values.sort();
        let mut aux = Vec::new();
        for (name, value) in values {
            let bytes = hex::decode(value)
                .map_err(|_| wrong(format!("coinbaseaux {:?} is no hex", printable(name, 40))))?;
            aux.extend(bytes);
        }
        Ok(aux)
    }
}

impl RawTransaction {
    fn read(&self, known: &Known) -> Result<Transaction, String> {
        let hash = |what: &str, text: &str| {
            let hash = Hash256::from_str(text).map_err(|error| format!("{what}: {error}"))?;
            Ok::<[u8; 32], String>(*hash.as_internal())
        };
        // Before BIP145 `hash` was the id.
        let id = match (&self.txid, &self.hash) {
            (Some(id), _) | (None, Some(id)) => hash("txid", id)?,
            (None, None) => return Err("neither txid nor hash".to_owned()),
        };
        let witness_id = match &self.hash {
            Some(text) => hash("hash", text)?,
            None => id,
        };
        let data = match known.get(&witness_id) {
            Some(data) => data.clone(),
            None => Bytes::from(hex::decode(&self.data).map_err(|_| "data is no hex".to_owned())?),
        };
        if data.is_empty() {
            return Err("no data".to_owned());
        }
        Ok(Transaction {
            id,
            witness_id,
            data,
        })
    }
}

#[cfg(test)]
mod tests;
