//! Shares out, verdicts in.

use std::time::{Duration, Instant};

use super::link::Stage;
use super::{TrueSession, VERDICT_PATIENCE};
use crate::pool::stratum_v1::messages::Answer;
use crate::pool::truestratum::messages::share_line;
use crate::pool::{PoolEvent, SubmitId};
use crate::work::{Job, Outcome, Reject, Share};

/// How many shares may wait for a verdict; above, the oldest counts as unknown.
const MAX_PENDING: usize = 4096;

impl TrueSession {
    pub(super) fn submit_share(&mut self, share: &Share, now: Instant) -> SubmitId {
        let id = self.next_id();
        if let Some((class, text)) = self.refusal(share).or_else(|| self.send(id, share, now)) {
            self.tell(
                SubmitId(id),
                Outcome::Rejected(class, text.to_owned()),
                None,
            );
        }
        SubmitId(id)
    }

    /// Why a share is not worth sending.
    fn refusal(&self, share: &Share) -> Option<(Reject, &'static str)> {
        if share.job().session != self.link.number {
            let text = "not sent: the connection that its job came on is gone";
            return Some((Reject::Stale, text));
        }
        let text = "not sent: the pool has voided or replaced its job";
        let is_sent = self.is_current(share.job()) || self.may_be_late(share.job());
        (!is_sent).then_some((Reject::Stale, text))
    }

    /// Whether a share of a job that the pool has voided goes out all the same; never one whose job's name means another job by now.
    fn may_be_late(&self, job: &Job) -> bool {
        let is_another = |known: &Job| known.key == job.key && !std::ptr::eq(known, job);
        self.settings.submit_stale
            && self.link.stage == Stage::Ready
            && !self.link.jobs.iter().any(|record| is_another(&record.job))
    }

    /// Sends a share; says why when it does not fit a line.
    fn send(&mut self, id: u64, share: &Share, now: Instant) -> Option<(Reject, &'static str)> {
        let job_id = std::str::from_utf8(&share.job().key.0).ok();
        let line = job_id
            .and_then(|job_id| share_line(id, &self.worker_json, job_id, share.nonce().to_u64()));
        let Some(line) = line else {
            let text = "not sent: worker name and job id leave a line of more than 1024 bytes";
            return Some((Reject::Other, text));
        };
        self.out.push_back(line);
        self.link.pending.insert(id, now);
        self.bound_pending();
        None
    }

    fn bound_pending(&mut self) {
        while self.link.pending.len() > MAX_PENDING {
            if let Some((id, _)) = self.link.pending.pop_first() {
                self.tell(SubmitId(id), Outcome::Unknown, None);
            }
        }
    }

    /// A worker that the pool no longer knows logs in again on a fresh connection.
    pub(super) fn verdict(&mut self, id: u64, answer: &Answer, now: Instant) {
        let Some(sent) = self.link.pending.remove(&id) else {
            return;
        };
        let outcome = answer.outcome();
        let unknown_worker = match &outcome {
            Outcome::Rejected(Reject::Unauthorised, text) => Some(text.clone()),
            _ => None,
        };
        let latency = now.saturating_duration_since(sent);
        self.tell(SubmitId(id), outcome, Some(latency));
        if let Some(text) = unknown_worker {
            self.fail("mining.submit", text);
        }
    }

    pub(super) fn expire_shares(&mut self, now: Instant) {
        while let Some(oldest) = self.link.pending.first_entry() {
            if now < *oldest.get() + VERDICT_PATIENCE {
                break;
            }
            let (id, _) = oldest.remove_entry();
            self.tell(SubmitId(id), Outcome::Unknown, None);
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
