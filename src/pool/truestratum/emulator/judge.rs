//! The verdict on a share: everything is checked, from the words of the submit to the digest.

use std::time::Instant;

use serde_json::json;

use super::client::Client;
use super::requests::text;
use super::{SHARES_A_BLOCK, TrueEmulator};
use crate::pool::stratum_v1::messages::Request;
use crate::pool::{ClientId, EmulatorEvent};
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
    fn class(self) -> Reject {
        match self.0 {
            -1 => Reject::Stale,
            22 => Reject::Duplicate,
            23 => Reject::LowDifficulty,
            24 | 25 => Reject::Unauthorised,
            _ => Reject::Other,
        }
    }
}

impl TrueEmulator {
    pub(super) fn judge(&mut self, id: ClientId, request: &Request, now: Instant) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        let judged = judged(client, request).unwrap_or_else(|refusal| Judgement {
            digest: [0xff; 32],
            is_block: false,
            verdict: Err(refusal),
        });
        let just = match judged.verdict {
            Ok(()) => Outcome::Accepted,
            Err(refusal) => Outcome::Rejected(refusal.class(), refusal.1.to_owned()),
        };
        let outcome = self.faults.unjust_verdict(now).unwrap_or(just);
        self.report(id, request, &judged, &outcome);
        self.reply(id, request, &judged, &outcome, now);
        if judged.is_block && outcome == Outcome::Accepted {
            self.next_job(true, now);
        } else if outcome == Outcome::Accepted {
            self.steer_at_share(id, now);
        }
    }

    fn report(&mut self, id: ClientId, request: &Request, judged: &Judgement, outcome: &Outcome) {
        self.events.push_back(EmulatorEvent::Share {
            client: id,
            worker: printable(text(request, 0).unwrap_or_default(), 200),
            job: printable(text(request, 1).unwrap_or_default(), 200),
            outcome: outcome.clone(),
            difficulty: worth(&judged.digest),
            hash: Hash256::from_internal(judged.digest),
            is_block: judged.is_block && *outcome == Outcome::Accepted,
        });
    }

    fn reply(
        &mut self,
        id: ClientId,
        request: &Request,
        judged: &Judgement,
        outcome: &Outcome,
        now: Instant,
    ) {
        if self.faults.gives_no_verdicts(now) {
            return;
        }
        match (outcome, judged.verdict) {
            (Outcome::Rejected(_, words), Err(Refusal(code, own))) if words == own => {
                self.refuse(id, request, code, own, now);
            }
            (Outcome::Rejected(class, words), _) => {
                self.refuse(id, request, code_of(*class), words, now);
            }
            _ => self.say(id, request, &json!(true), now),
        }
    }
}

fn code_of(class: Reject) -> i32 {
    match class {
        Reject::Stale => -1,
        Reject::Duplicate => 22,
        Reject::LowDifficulty => 23,
        Reject::Unauthorised => 24,
        Reject::Other => 20,
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
    } else if client.is_new(name, nonce) {
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
