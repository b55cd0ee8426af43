//! The verdict on a submission: everything is checked, from the 128 bytes to the hash of the whole header.

use std::time::Instant;

use serde_json::{Value, json};

use super::GetworkEmulator;
use super::chain::header_of;
use crate::algorithm::sha256d::SHA256D;
use crate::pool::http::{Asked, error_body, result_body, word_of};
use crate::pool::{EmulatorEvent, FaultKind, HttpResponse};
use crate::units::{CompactTarget, Hash256, Target};
use crate::work::{Outcome, Reject};

/// The hash that is reported for a submission that is no header: it is worth nothing.
const NO_HASH: Hash256 = Hash256::from_internal([0xff; 32]);

/// What came out of a submission.
struct Judgement {
    hash: Hash256,
    is_block: bool,
    refusal: Option<(Reject, &'static str)>,
}

impl GetworkEmulator {
    /// Judges a submission; `None`: nobody gets to know.
    pub(super) fn judge(
        &mut self,
        asked: &Asked,
        data: &Value,
        id: &Value,
        now: Instant,
    ) -> Option<HttpResponse> {
        let Some(header) = data.as_str().and_then(header_of) else {
            let problem = "a submission that is no 128 bytes of a header";
            self.base.tell_problem(asked.client, problem);
            return Some(HttpResponse::new(
                500,
                error_body(id, -8, "Invalid parameter"),
            ));
        };
        let mut judged = self.judged(&header);
        judged.refusal = self
            .base
            .faults
            .unjust_verdict()
            .map(|class| (class, word_of(class)))
            .or(judged.refusal);
        // What was refused may be handed in again.
        if judged.refusal.is_none() && !self.chain.seen.is_new(header) {
            judged.refusal = Some((Reject::Duplicate, "duplicate"));
        }
        self.tell(asked, &header, &judged);
        if judged.refusal.is_none()
            && let Some(pace) = self.paces.get_mut(&asked.worker)
        {
            pace.count_share();
        }
        if judged.is_block && judged.refusal.is_none() {
            self.new_block_on(Some(*judged.hash.as_internal()), now);
        }
        if self.base.faults.has(FaultKind::NoVerdicts) {
            return None;
        }
        let accepted = judged.refusal.is_none();
        let response = HttpResponse::new(200, result_body(id, &json!(accepted)));
        Some(match judged.refusal {
            Some((_, reason)) => response.with("x-reject-reason", reason),
            None => response,
        })
    }

    fn judged(&self, header: &[u8; 80]) -> Judgement {
        let hash = SHA256D.hash(header);
        let number = |at: usize| {
            u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let (ntime, nbits) = (number(68), number(72));
        let refused = |refusal| Judgement {
            hash: NO_HASH,
            is_block: false,
            refusal: Some(refusal),
        };
        let Some(issued) = self.chain.find(header) else {
            return refused((Reject::Stale, "unknown-work"));
        };
        let latest = issued.ntime.saturating_add(self.rolling());
        let network = CompactTarget::from_consensus(nbits).to_target();
        let refusal = if issued.block != self.chain.block() {
            Some((Reject::Stale, "stale-prevblk"))
        } else if nbits != issued.nbits {
            Some((Reject::Other, "bad-diffbits"))
        } else if ntime < issued.ntime {
            Some((Reject::Other, "time-too-old"))
        } else if ntime > latest {
            Some((Reject::Other, "time-too-new"))
        } else if !issued.target.is_met_by(&hash) {
            Some((Reject::LowDifficulty, "high-hash"))
        } else {
            None
        };
        Judgement {
            hash,
            is_block: network.is_ok_and(|target| target.is_met_by(&hash)),
            refusal,
        }
    }

    /// How many seconds its `X-Roll-NTime` allows.
    fn rolling(&self) -> u32 {
        let Some(text) = &self.base.settings.http.roll_ntime else {
            return 0;
        };
        let text = text.to_ascii_lowercase();
        match text.split_once('=') {
            Some(("expire", seconds)) => seconds.parse().unwrap_or(0),
            _ if text.starts_with('n') => 0,
            _ => 60,
        }
    }

    fn tell(&mut self, asked: &Asked, header: &[u8; 80], judged: &Judgement) {
        let outcome = match judged.refusal {
            None => Outcome::Accepted,
            Some((class, text)) => Outcome::Rejected(class, text.to_owned()),
        };
        self.base.events.push_back(EmulatorEvent::Share {
            client: asked.client,
            worker: asked.worker.clone(),
            job: hex::encode(&header[36..40]),
            is_block: judged.is_block && outcome == Outcome::Accepted,
            outcome,
            difficulty: Target::from_le_bytes(*judged.hash.as_internal()).to_difficulty_lossy(),
            hash: judged.hash,
        });
    }
}
