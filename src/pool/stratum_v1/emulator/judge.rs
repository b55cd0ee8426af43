//! The verdict on a share: everything is checked, from the words of the submit to the hash of the whole header.

use std::time::Instant;

use serde_json::json;

use super::StratumEmulator;
use super::client::{Client, ClientJob};
use super::requests::text;
use crate::algorithm::{Hasher, Proof, sha256d::SHA256D};
use crate::pool::stratum_v1::messages::Request;
use crate::pool::{ClientId, EmulatorEvent, FaultKind};
use crate::units::{Hash256, Target, printable};
use crate::work::{Outcome, Reject};

/// How far a share's time may run ahead of its job's, in seconds (Bitcoin's own rule from now on is the same).
const MAX_NTIME_AHEAD: u32 = 7200;

/// The hash that is reported for a share whose hash could not be computed: it is worth nothing.
const NO_HASH: Hash256 = Hash256::from_internal([0xff; 32]);

/// A submit, decoded.
struct Submit<'a> {
    worker: &'a str,
    job_id: &'a str,
    extranonce2: Vec<u8>,
    ntime: u32,
    nonce: u32,
    version_bits: Option<u32>,
}

/// What came out of a share.
struct Judgement {
    /// What was compared with targets.
    value: Hash256,
    /// The block's id, if it solves one.
    block: Option<Hash256>,
    verdict: Result<(), Refusal>,
}

/// Stratum's code and words of a refusal.
#[derive(Debug, Clone, Copy)]
struct Refusal(i32, &'static str);

impl Refusal {
    /// What is said of a good share.
    fn unjust(class: Reject) -> Self {
        match class {
            Reject::Stale => Self(21, "Stale"),
            Reject::Duplicate => Self(22, "Duplicate share"),
            Reject::LowDifficulty => Self(23, "Low difficulty share"),
            Reject::Unauthorised => Self(24, "Unauthorized worker"),
            Reject::Other => Self(20, "Other/Unknown"),
        }
    }

    fn to_outcome(self) -> Outcome {
        let class = match self.0 {
            21 => Reject::Stale,
            22 => Reject::Duplicate,
            23 => Reject::LowDifficulty,
            24 | 25 => Reject::Unauthorised,
            _ => Reject::Other,
        };
        Outcome::Rejected(class, self.1.to_owned())
    }
}

impl From<Refusal> for Judgement {
    fn from(refusal: Refusal) -> Self {
        Self {
            value: NO_HASH,
            block: None,
            verdict: Err(refusal),
        }
    }
}

impl StratumEmulator {
    pub(super) fn judge(&mut self, id: ClientId, request: &Request, now: Instant) {
        let size = self.base.settings.extranonce2_size;
        let (Some(client), Some(hasher)) = (self.base.clients.get_mut(&id), &self.hasher) else {
            return;
        };
        let judged = match Submit::parse(request) {
            Ok(submit) => judged(client, &submit, size, &**hasher),
            Err(refusal) => refusal.into(),
        };
        let unjust = self.base.faults.unjust_verdict().map(Refusal::unjust);
        let refusal = unjust.or(judged.verdict.err());
        let outcome = refusal.map_or(Outcome::Accepted, Refusal::to_outcome);
        self.tell(id, request, &judged, &outcome);
        if !self.base.faults.has(FaultKind::NoVerdicts) {
            match refusal {
                Some(Refusal(code, words)) => self.refuse(id, request, code, words),
                None => self.base.say(id, &request.id, &json!(true)),
            }
        }
        if outcome == Outcome::Accepted {
            self.go_on_after(id, &judged, now);
        }
    }

    fn tell(&mut self, id: ClientId, request: &Request, judged: &Judgement, outcome: &Outcome) {
        let difficulty = Target::from_le_bytes(*judged.value.as_internal())
            .to_difficulty_of_lossy(self.base.settings.algorithm.difficulty_one());
        self.base.events.push_back(EmulatorEvent::Share {
            client: id,
            worker: printable(text(request, 0).unwrap_or_default(), 200),
            job: printable(text(request, 1).unwrap_or_default(), 200),
            outcome: outcome.clone(),
            difficulty,
            hash: judged.value,
            is_block: judged.block.is_some() && *outcome == Outcome::Accepted,
        });
    }

    /// An accepted share moves the difficulty, and the chain if it solves the block.
    fn go_on_after(&mut self, id: ClientId, judged: &Judgement, now: Instant) {
        if let Some(block) = judged.block {
            let job = self.chain.next_block(Some(block));
            self.broadcast(&job, now);
        } else {
            self.steer_at_share(id, now);
        }
    }
}

impl<'a> Submit<'a> {
    fn parse(request: &'a Request) -> Result<Self, Refusal> {
        let word = |at, error| {
            let text = text(request, at).filter(|text| text.len() == 8);
            let number = text.and_then(|text| u32::from_str_radix(text, 16).ok());
            number.ok_or(Refusal(20, error))
        };
        let version_bits = match request.params.get(5) {
            Some(_) => Some(word(5, "Invalid version bits")?),
            None => None,
        };
        Ok(Self {
            worker: text(request, 0).ok_or(Refusal(20, "No username"))?,
            job_id: text(request, 1).ok_or(Refusal(20, "No job_id"))?,
            extranonce2: text(request, 2)
                .and_then(|text| hex::decode(text).ok())
                .ok_or(Refusal(20, "No nonce2"))?,
            ntime: word(3, "Invalid ntime")?,
            nonce: word(4, "Invalid nonce")?,
            version_bits,
        })
    }
}

fn judged(
    client: &mut Client,
    submit: &Submit<'_>,
    extranonce2_size: usize,
    hasher: &dyn Hasher,
) -> Judgement {
    let (header, given) = match header(client, submit, extranonce2_size) {
        Ok(found) => found,
        Err(refusal) => return refusal.into(),
    };
    let Proof { hash, value } = hasher.prove(&header);
    let block = given.job.is_solved_by(&value);
    let verdict = if !given.target.is_met_by(&value) {
        Err(Refusal(23, "Low difficulty share"))
    } else if client.shares.is_new(hash) {
        Ok(())
    } else {
        Err(Refusal(22, "Duplicate share"))
    };
    Judgement {
        value,
        // A block is named by SHA-256d of its header, whatever its work is.
        block: block.then(|| SHA256D.hash(&header)),
        verdict,
    }
}

/// The header of a share whose words are in order, and the job that it is of.
fn header(
    client: &Client,
    submit: &Submit<'_>,
    extranonce2_size: usize,
) -> Result<(Vec<u8>, ClientJob), Refusal> {
    let seat = client.seat.as_ref().ok_or(Refusal(25, "Not subscribed"))?;
    if !client.workers.iter().any(|worker| worker == submit.worker) {
        return Err(Refusal(24, "Unauthorized worker"));
    }
    let given = client
        .job(submit.job_id)
        .ok_or(Refusal(21, "Job not found"))?;
    if given.void {
        return Err(Refusal(21, "Stale"));
    }
    let job = &given.job;
    if submit.extranonce2.len() != extranonce2_size {
        return Err(Refusal(20, "Incorrect size of extranonce2"));
    }
    let ahead = submit.ntime.checked_sub(job.ntime);
    if ahead.is_none_or(|ahead| ahead > MAX_NTIME_AHEAD) {
        return Err(Refusal(20, "Ntime out of range"));
    }
    let version = rolled_version(job.version, client.version_mask, submit.version_bits)?;
    let extranonces = [seat.extranonce1.as_slice(), &submit.extranonce2];
    let header = job.header(extranonces, version, submit.ntime, submit.nonce);
    Ok((header, given.clone()))
}

/// BIP310: the bits of the mask are replaced, and no other may be given; once agreed on they are always given.
fn rolled_version(version: u32, mask: Option<u32>, bits: Option<u32>) -> Result<u32, Refusal> {
    match (mask, bits) {
        (None, None) => Ok(version),
        (None, Some(_)) => Err(Refusal(20, "Version rolling was not agreed on")),
        (Some(_), None) => Err(Refusal(20, "Version bits are missing")),
        (Some(mask), Some(bits)) if bits & !mask != 0 => Err(Refusal(20, "Invalid version mask")),
        (Some(mask), Some(bits)) => Ok(version & !mask | bits & mask),
    }
}
