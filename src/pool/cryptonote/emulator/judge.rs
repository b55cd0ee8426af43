//! The verdict on a share: everything is checked, from the words of the submit to the hash, which is computed anew.

use std::time::Instant;

use serde_json::json;

use super::CryptoNoteEmulator;
use super::chain::{Coin, Tip};
use super::client::Client;
use super::requests::text;
use crate::algorithm::cryptonight::{Rounds, Scratchpad, hash_with};
use crate::pool::cryptonote::messages::Request;
use crate::pool::emulation::Serving as _;
use crate::pool::{ClientId, EmulatorEvent, FaultKind};
use crate::units::{Difficulty, Hash256, printable};
use crate::work::{Outcome, Reject};

/// One block is worth this many shares.
const SHARES_A_BLOCK: u64 = 1024;

/// What came out of a share.
struct Judgement {
    hash: [u8; 32],
    is_block: bool,
    verdict: Result<(), Refusal>,
}

/// Words of a refusal, and what they mean.
#[derive(Debug, Clone, Copy)]
struct Refusal(Reject, &'static str);

impl Refusal {
    /// What is said of a good share.
    fn unjust(class: Reject) -> Self {
        let words = match class {
            Reject::Stale => "Stale",
            Reject::Duplicate => "Duplicate share",
            Reject::LowDifficulty => "Low difficulty share",
            Reject::Unauthorised => "Unauthenticated",
            Reject::Other => "Bad hash",
        };
        Self(class, words)
    }
}

impl CryptoNoteEmulator {
    pub(super) fn judge(&mut self, id: ClientId, request: &Request, now: Instant) {
        let Some(client) = self.base.clients.get_mut(&id) else {
            return;
        };
        let judged = judged(client, &self.tip, request, now).unwrap_or_else(|refusal| Judgement {
            hash: [0xff; 32],
            is_block: false,
            verdict: Err(refusal),
        });
        let unjust = self.base.faults.unjust_verdict().map(Refusal::unjust);
        let refusal = unjust.or(judged.verdict.err());
        let outcome = refusal.map_or(Outcome::Accepted, |Refusal(class, words)| {
            Outcome::Rejected(class, words.to_owned())
        });
        self.report(id, request, &judged, &outcome);
        if !self.base.faults.has(FaultKind::NoVerdicts) {
            match refusal {
                Some(Refusal(_, words)) => self.refuse(id, request, words),
                None => self.say(id, request, &json!({"status": "OK"})),
            }
        }
        if judged.is_block && outcome == Outcome::Accepted {
            self.next_block(now);
        } else if outcome == Outcome::Accepted {
            self.steer_at_share(id, now);
        }
    }

    fn report(&mut self, id: ClientId, request: &Request, judged: &Judgement, outcome: &Outcome) {
        let client = self.base.clients.get(&id);
        let worker = client.and_then(|client| client.worker.as_deref());
        self.base.events.push_back(EmulatorEvent::Share {
            client: id,
            worker: printable(worker.unwrap_or_default(), 200),
            job: printable(text(request, "job_id"), 200),
            outcome: outcome.clone(),
            difficulty: worth(&judged.hash),
            hash: Hash256::from_internal(judged.hash),
            is_block: judged.is_block && *outcome == Outcome::Accepted,
        });
    }
}

fn judged(
    client: &mut Client,
    tip: &Tip,
    request: &Request,
    now: Instant,
) -> Result<Judgement, Refusal> {
    if !client.is_session(text(request, "id")) {
        return Err(Refusal(Reject::Unauthorised, "Unauthenticated"));
    }
    let name = text(request, "job_id");
    let job = client
        .job(name)
        .ok_or(Refusal(Reject::Stale, "Invalid job id"))?
        .clone();
    if job.is_expired(now) {
        return Err(Refusal(Reject::Stale, "Block expired"));
    }
    let nonce: [u8; 4] =
        bytes(text(request, "nonce")).ok_or(Refusal(Reject::Other, "Malformed nonce"))?;
    if nonce[3] != client.nonce_top {
        return Err(Refusal(Reject::Other, "Nonce is another miner's"));
    }
    let mut blob = job.blob;
    blob[39..43].copy_from_slice(&nonce);
    let hash = hash(tip, &blob)?;
    if bytes(text(request, "result")) != Some(hash) {
        return Err(Refusal(Reject::Other, "Bad hash"));
    }
    let verdict = if last_word(&hash) >= job.limit {
        Err(Refusal(Reject::LowDifficulty, "Low difficulty share"))
    } else if client.shares.is_new((name.to_owned(), nonce)) {
        Ok(())
    } else {
        Err(Refusal(Reject::Duplicate, "Duplicate share"))
    };
    Ok(Judgement {
        hash,
        is_block: last_word(&hash) < job.limit / SHARES_A_BLOCK,
        verdict,
    })
}

/// By tables, whatever the miner's side has: the vectors hold both ways together.
fn hash(tip: &Tip, blob: &[u8]) -> Result<[u8; 32], Refusal> {
    match tip.coin {
        Coin::Night(variant) => {
            let mut pad = Scratchpad::new();
            Ok(hash_with(Rounds::Portable, variant, blob, &mut pad))
        }
        Coin::RandomX => randomx(tip, blob),
    }
}

#[cfg(feature = "randomx")]
fn randomx(tip: &Tip, blob: &[u8]) -> Result<[u8; 32], Refusal> {
    use crate::algorithm::{Algorithm as _, randomx::RX_0};
    let hasher = RX_0.hasher(Some(&tip.seed_hash));
    let hasher = hasher.map_err(|_| Refusal(Reject::Other, "RandomX does not run here"))?;
    Ok(*hasher.hash(blob).as_internal())
}

#[cfg(not(feature = "randomx"))]
fn randomx(_: &Tip, _: &[u8]) -> Result<[u8; 32], Refusal> {
    Err(Refusal(Reject::Other, "RandomX is not in this build"))
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

fn last_word(hash: &[u8; 32]) -> u64 {
    hash.last_chunk()
        .map_or(0, |word| u64::from_le_bytes(*word))
}

fn worth(hash: &[u8; 32]) -> Difficulty {
    let word = last_word(hash).max(1);
    Difficulty::new(u64::MAX as f64 / word as f64).unwrap_or(Difficulty::ONE)
}
