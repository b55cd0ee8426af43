//! Shares out, verdicts in.

use std::time::Instant;

use mining_sv2::{
    SubmitSharesErrorOwned, SubmitSharesExtendedOwned, SubmitSharesStandardOwned,
    SubmitSharesSuccessOwned,
};

use super::Sv2Session;
use super::channel::Kind;
use crate::pool::SubmitId;
use crate::pool::stratum_v2::messages::shown_text;
use crate::pool::talk::Stage;
use crate::work::{Outcome, Reject, Share};

impl Sv2Session {
    pub(super) fn submit_share(&mut self, share: &Share, now: Instant) -> SubmitId {
        let id = SubmitId(self.talk.next_id());
        match self.number_of_job(share) {
            Ok((channel, kind, job)) => {
                self.pace.count(share.job().target, now);
                let sequence = self.link.next_sequence;
                self.link.next_sequence = sequence.wrapping_add(1);
                self.send_share(share, [channel, sequence, job], kind);
                self.talk.sent(sequence.into(), id, (), now);
            }
            Err((class, text)) => self.talk.refuse(id, class, text),
        }
        id
    }

    /// Channel and job under which a share is handed in, or why it is not worth sending.
    fn number_of_job(&self, share: &Share) -> Result<(u32, Kind, u32), (Reject, String)> {
        let stale = |text: &str| (Reject::Stale, format!("not sent: {text}"));
        let gone = || stale("the connection that its job came on is gone");
        let job = share.job();
        let channel = self.link.channel.as_ref().ok_or_else(gone)?;
        if self.talk.stage != Stage::Ready || job.session != self.talk.number {
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

    /// Success answers come in batches: they are for every share up to the last one named that has no verdict yet.
    pub(super) fn shares_accepted(&mut self, success: &SubmitSharesSuccessOwned, now: Instant) {
        if self.channel_meant_by(success.channel_id).is_none() {
            return;
        }
        let last = u64::from(success.last_sequence_number);
        while let Some(oldest) = self.talk.oldest().filter(|oldest| *oldest <= last) {
            self.talk.judged(oldest, Outcome::Accepted, now);
        }
    }

    pub(super) fn share_refused(&mut self, error: &SubmitSharesErrorOwned, now: Instant) {
        if self.channel_meant_by(error.channel_id).is_none() {
            return;
        }
        // A share that an earlier batch has accepted, or that was given up: nothing to change any more.
        let code = shown_text(&error.error_code);
        let outcome = Outcome::Rejected(class_of(&code), code);
        self.talk.judged(error.sequence_number.into(), outcome, now);
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
