//! Shares out, verdicts in.

use std::time::{Duration, Instant};

use mining_sv2::{
    SubmitSharesErrorOwned, SubmitSharesExtendedOwned, SubmitSharesStandardOwned,
    SubmitSharesSuccessOwned,
};

use super::channel::Kind;
use super::link::Stage;
use super::{Sv2Session, VERDICT_PATIENCE};
use crate::pool::stratum_v2::messages::shown_text;
use crate::pool::{PoolEvent, SubmitId};
use crate::work::{Outcome, Reject, Share};

/// How many shares may wait for a verdict; above, the oldest counts as unknown.
const MAX_PENDING: usize = 4096;

/// A share that waits for its verdict.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) id: SubmitId,
    pub(super) at: Instant,
}

impl Sv2Session {
    pub(super) fn submit_share(&mut self, share: &Share, now: Instant) -> SubmitId {
        self.last_id += 1;
        let id = SubmitId(self.last_id);
        match self.number_of_job(share) {
            Ok((channel, kind, job)) => {
                self.pace.count(share.job().target, now);
                let sequence = self.link.next_sequence;
                self.link.next_sequence = sequence.wrapping_add(1);
                self.link.pending.insert(sequence, Sent { id, at: now });
                self.send_share(share, [channel, sequence, job], kind);
                self.bound_pending();
            }
            Err((class, text)) => self.tell(id, Outcome::Rejected(class, text), None),
        }
        id
    }

    /// Channel and job under which a share is handed in, or why it is not worth sending.
    fn number_of_job(&self, share: &Share) -> Result<(u32, Kind, u32), (Reject, String)> {
        let stale = |text: &str| (Reject::Stale, format!("not sent: {text}"));
        let gone = || stale("the connection that its job came on is gone");
        let job = share.job();
        let channel = self.link.channel.as_ref().ok_or_else(gone)?;
        if self.link.stage != Stage::Ready || job.session != self.link.number {
            return Err(gone());
        }
        let version = job.template.header().map_or(0, |header| header.version);
        let bits = share.rolled().version ^ version;
        if bits & !job.version_mask != 0 {
            let mask = job.version_mask;
            let text = format!("not sent: version bits {bits:08x} are not in the mask {mask:08x}");
            return Err((Reject::Other, text));
        }
        let number = channel.number_of(job);
        let number = number.ok_or_else(|| stale("the pool gave its job's number to another"))?;
        Ok((channel.id, channel.kind, number))
    }

    fn send_share(&mut self, share: &Share, numbers: [u32; 3], kind: Kind) {
        let [channel_id, sequence_number, job_id] = numbers;
        let rolled = share.rolled();
        let (nonce, ntime, version) = (share.nonce().to_u32_lossy(), rolled.ntime, rolled.version);
        match kind {
            Kind::Standard => self.send(SubmitSharesStandardOwned {
                channel_id,
                sequence_number,
                job_id,
                nonce,
                ntime,
                version,
            }),
            Kind::Extended { .. } => {
                let extranonce = rolled.extranonce2.as_bytes().to_vec();
                self.send(SubmitSharesExtendedOwned {
                    channel_id,
                    sequence_number,
                    job_id,
                    nonce,
                    ntime,
                    version,
                    extranonce: extranonce.try_into().expect("16 bytes fit into 32"),
                });
            }
        }
    }

    fn bound_pending(&mut self) {
        if self.link.pending.len() > MAX_PENDING
            && let Some((_, oldest)) = self.link.pending.pop_first()
        {
            self.tell(oldest.id, Outcome::Unknown, None);
        }
    }

    /// Success answers come in batches: they are for every share up to the last one named that has no verdict yet.
    pub(super) fn shares_accepted(&mut self, success: &SubmitSharesSuccessOwned, now: Instant) {
        if self.channel_meant_by(success.channel_id).is_none() {
            return;
        }
        while let Some(oldest) = self.link.pending.first_entry() {
            if *oldest.key() > success.last_sequence_number {
                break;
            }
            let sent = oldest.remove();
            let latency = now.saturating_duration_since(sent.at);
            self.tell(sent.id, Outcome::Accepted, Some(latency));
        }
    }

    pub(super) fn share_refused(&mut self, error: &SubmitSharesErrorOwned, now: Instant) {
        if self.channel_meant_by(error.channel_id).is_none() {
            return;
        }
        // A share that an earlier batch has accepted, or that was given up: nothing to change any more.
        let Some(sent) = self.link.pending.remove(&error.sequence_number) else {
            return;
        };
        let code = shown_text(&error.error_code);
        let latency = now.saturating_duration_since(sent.at);
        let outcome = Outcome::Rejected(class_of(&code), code);
        self.tell(sent.id, outcome, Some(latency));
    }

    pub(super) fn expire_shares(&mut self, now: Instant) {
        while let Some(oldest) = self.link.pending.first_entry() {
            if now < oldest.get().at + VERDICT_PATIENCE {
                break;
            }
            let sent = oldest.remove();
            self.tell(sent.id, Outcome::Unknown, None);
        }
    }

    pub(super) fn tell(&mut self, id: SubmitId, outcome: Outcome, latency: Option<Duration>) {
        self.events.push_back(PoolEvent::Verdict {
            id,
            outcome,
            latency,
        });
    }
}

/// What a code of the specification stands for; the pool's own word is kept beside it.
fn class_of(code: &str) -> Reject {
    match code {
        "stale-share" | "invalid-job-id" => Reject::Stale,
        "duplicate-share" => Reject::Duplicate,
        "difficulty-too-low" => Reject::LowDifficulty,
        "unauthorized" | "unknown-user" => Reject::Unauthorised,
        _ => Reject::Other,
    }
}
