//! Shares out, verdicts in.

use std::time::Instant;

use super::TrueSession;
use crate::pool::SubmitId;
use crate::pool::stratum_v1::messages::Answer;
use crate::pool::talk::Stage;
use crate::pool::truestratum::messages::share_line;
use crate::work::{Job, Outcome, Reject, Share};

impl TrueSession {
    pub(super) fn submit_share(&mut self, share: &Share, now: Instant) -> SubmitId {
        let id = self.talk.next_id();
        if let Some((class, text)) = self.refusal(share).or_else(|| self.send(id, share, now)) {
            self.talk.refuse(SubmitId(id), class, text);
        }
        SubmitId(id)
    }

    /// Why a share is not worth sending.
    fn refusal(&self, share: &Share) -> Option<(Reject, &'static str)> {
        if share.job().session != self.talk.number {
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
            && self.talk.stage == Stage::Ready
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
        self.talk.out.push_back(line);
        self.talk.sent(id, SubmitId(id), (), now);
        None
    }

    /// A worker that the pool no longer knows logs in again on a fresh connection.
    pub(super) fn verdict(&mut self, id: u64, answer: &Answer, now: Instant) {
        let outcome = answer.outcome();
        let known = self.talk.judged(id, outcome.clone(), now);
        if let (Some(()), Outcome::Rejected(Reject::Unauthorised, text)) = (known, outcome) {
            self.talk.fail("mining.submit", text);
        }
    }
}
