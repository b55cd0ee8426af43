//! The verdict on a share: everything is checked, from the words of the submit to the digest.

use std::time::Instant;

use serde_json::json;

use super::client::Client;
use super::requests::text;
use super::{SHARES_A_BLOCK, TrueEmulator};
use crate::pool::emulation::Serving as _;
use crate::pool::stratum_v1::messages::Request;
use crate::pool::{ClientId, EmulatorEvent, FaultKind};
use crate::units::{Difficulty, Hash256, printable};
use crate::work::{Outcome, Reject};

/// What came out of a share.
struct Judgement {
    digest: [u8; 32],
    is_block: bool,
    verdict: Result<(), Refusal>,
}

/// Code and words of a refusal.
#[derive(Debug, Clone, Copy)]
struct Refusal(i32, &'static str);

impl Refusal {
    /// What is said of a good share.
    fn unjust(class: Reject) -> Self {
        match class {
            Reject::Stale => Self(-1, "Stale"),
            Reject::Duplicate => Self(22, "Duplicate share"),
            Reject::LowDifficulty => Self(23, "Low difficulty share"),
            Reject::Unauthorised => Self(24, "Unauthorized worker"),
            Reject::Other => Self(20, "Other/Unknown"),
        }
    }

    fn to_outcome(self) -> Outcome {
        let class = match self.0 {
            -1 => Reject::Stale,
            22 => Reject::Duplicate,
            23 => Reject::LowDifficulty,
            24 | 25 => Reject::Unauthorised,
            _ => Reject::Other,
        };
        Outcome::Rejected(class, self.1.to_owned())
    }
}

impl TrueEmulator {
    pub(super) fn judge(&mut self, id: ClientId, request: &Request, now: Instant) {
        let Some(client) = self.base.clients.get_mut(&id) else {
            return;
        };
        let judged = judged(client, request).unwrap_or_else(|refusal| Judgement {
            digest: [0xff; 32],
            is_block: false,
            verdict: Err(refusal),
        });
        let unjust = self.base.faults.unjust_verdict().map(Refusal::unjust);
        let refusal = unjust.or(judged.verdict.err());
        let outcome = refusal.map_or(Outcome::Accepted, Refusal::to_outcome);
        self.report(id, request, &judged, &outcome);
        if !self.base.faults.has(FaultKind::NoVerdicts) {
            match refusal {
                Some(Refusal(code, words)) => self.refuse(id, request, code, words),
                None => self.base.say(id, &request.id, &json!(true)),
            }
        }
        if judged.is_block && outcome == Outcome::Accepted {
            self.next_block(now);
        } else if outcome == Outcome::Accepted {
            self.steer_at_share(id, now);
        }
    }

    fn report(&mut self, id: ClientId, request: &Request, judged: &Judgement, outcome: &Outcome) {
        self.base.events.push_back(EmulatorEvent::Share {
            client: id,
            worker: printable(text(request, 0).unwrap_or_default(), 200),
            job: printable(text(request, 1).unwrap_or_default(), 200),
            outcome: outcome.clone(),
            difficulty: worth(&judged.digest),
            hash: Hash256::from_internal(judged.digest),
            is_block: judged.is_block && *outcome == Outcome::Accepted,
        });
    }
}

fn judged(client: &mut Client, request: &Request) -> Result<Judgement, Refusal> {
    let extranonce = client.extranonce.ok_or(Refusal(25, "Not subscribed"))?;
    let worker = text(request, 0).ok_or(Refusal(20, "No username"))?;
    if client.worker.as_deref() != Some(worker) {
        return Err(Refusal(24, "Unauthorized worker"));
    }
    let name = text(request, 1).ok_or(Refusal(20, "No job_id"))?;
    let given = client.job(name).ok_or(Refusal(-1, "Job not found"))?;
    let nonce = nonce(text(request, 2)).ok_or(Refusal(20, "Invalid nonce"))?;
    if nonce.to_be_bytes()[..3] != extranonce {
        return Err(Refusal(20, "Nonce is another miner's"));
    }
    let digest = given.job.epoch.hash(&given.job.header_hash, nonce);
    let goal = given.goal;
    let [first, second] = halves(&digest);
    let verdict = if first >= goal && second >= goal {
        Err(Refusal(23, "Low difficulty share"))
    } else if client.shares.is_new((name.to_owned(), nonce)) {
        Ok(())
    } else {
        Err(Refusal(22, "Duplicate share"))
    };
    Ok(Judgement {
        digest,
        is_block: first < goal / SHARES_A_BLOCK,
        verdict,
    })
}

/// The decimal text of 64 bits, without sign.
fn nonce(text: Option<&str>) -> Option<u64> {
    let digits = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok()
}

fn halves(digest: &[u8; 32]) -> [u128; 2] {
    let (halves, _) = digest.as_chunks::<16>();
    [0, 1].map(|half| u128::from_be_bytes(halves[half]))
}

fn worth(digest: &[u8; 32]) -> Difficulty {
    let [first, second] = halves(digest);
    let better = first.min(second).max(1);
    Difficulty::new(u128::MAX as f64 / better as f64).unwrap_or(Difficulty::ONE)
}
