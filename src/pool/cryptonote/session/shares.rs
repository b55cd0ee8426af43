//! Shares out, verdicts in.

use std::time::Instant;

use super::CryptoNoteSession;
use crate::pool::SubmitId;
use crate::pool::cryptonote::messages::{Refusal, ShareFields, share_line};
use crate::pool::talk::Stage;
use crate::work::{Job, Outcome, Reject, Share};

impl CryptoNoteSession {
    pub(super) fn submit_share(&mut self, share: &Share, now: Instant) -> SubmitId {
        let id = self.talk.next_id();
        let job = share.job();
        let refusal = if self.is_current(job) || self.may_be_late(job) {
            self.hand_in(id, share, now)
        } else {
            let text = "not sent: the pool has replaced its job, or the connection is another";
            Some((Reject::Stale, text))
        };
        if let Some((class, text)) = refusal {
            self.talk.refuse(SubmitId(id), class, text);
        }
        SubmitId(id)
    }

    /// Whether a share of a job that the pool has replaced goes out all the same.
    fn may_be_late(&self, job: &Job) -> bool {
        self.settings.submit_stale
            && self.talk.stage == Stage::Ready
            && job.session == self.talk.number
    }

    /// Sends a share; says why when it does not fit a line.
    fn hand_in(&mut self, id: u64, share: &Share, now: Instant) -> Option<(Reject, &'static str)> {
        let job = share.job();
        let algo = job.algorithm.name();
        let line = std::str::from_utf8(&job.key.0).ok().and_then(|job_id| {
            let fields = ShareFields {
                session: &self.link.session,
                job_id,
                nonce: share.nonce().to_u32_lossy().to_le_bytes(),
                hash: share.hash().as_internal(),
                algo: self.link.wants_algo.then_some(algo),
            };
            share_line(id, &fields)
        });
        let Some(line) = line else {
            let text = "not sent: session id and job id leave a line of more than 1024 bytes";
            return Some((Reject::Other, text));
        };
        self.send(line, now);
        let late = !self.is_current(job);
        self.talk.sent(id, SubmitId(id), late, now);
        None
    }

    /// The verdict on a share, if `id` is one; whether it was one of a job that had been replaced.
    pub(super) fn verdict(&mut self, id: u64, refusal: Option<Refusal>, now: Instant) -> bool {
        let outcome = refusal.map_or(Outcome::Accepted, Outcome::from);
        self.talk.judged(id, outcome, now).unwrap_or(false)
    }
}
