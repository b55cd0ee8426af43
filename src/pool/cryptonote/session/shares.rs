//! Shares out, verdicts in.

use std::time::{Duration, Instant};

use super::link::{Sent, Stage};
use super::{CryptoNoteSession, VERDICT_PATIENCE};
use crate::pool::cryptonote::messages::{Refusal, ShareFields, share_line};
use crate::pool::{PoolEvent, SubmitId};
use crate::work::{Job, Outcome, Reject, Share};

/// How many shares may wait for a verdict; above, the oldest counts as unknown.
const MAX_PENDING: usize = 4096;

impl CryptoNoteSession {
    pub(super) fn submit_share(&mut self, share: &Share, now: Instant) -> SubmitId {
        let id = self.next_id();
        let job = share.job();
        let refusal = if self.is_current(job) || self.may_be_late(job) {
            self.hand_in(id, share, now)
        } else {
            let text = "not sent: the pool has replaced its job, or the connection is another";
            Some((Reject::Stale, text))
        };
        if let Some((class, text)) = refusal {
            self.tell(
                SubmitId(id),
                Outcome::Rejected(class, text.to_owned()),
                None,
            );
        }
        SubmitId(id)
    }

    /// Whether a share of a job that the pool has replaced goes out all the same.
    fn may_be_late(&self, job: &Job) -> bool {
        self.settings.submit_stale
            && self.link.stage == Stage::Ready
            && job.session == self.link.number
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
        self.link.pending.insert(id, Sent { at: now, late });
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

    /// The verdict on a share, if `id` is one; whether it was one of a job that had been replaced.
    pub(super) fn verdict(&mut self, id: u64, refusal: Option<Refusal>, now: Instant) -> bool {
        let Some(sent) = self.link.pending.remove(&id) else {
            return false;
        };
        let outcome = refusal.map_or(Outcome::Accepted, Outcome::from);
        let latency = now.saturating_duration_since(sent.at);
        self.tell(SubmitId(id), outcome, Some(latency));
        sent.late
    }

    pub(super) fn expire_shares(&mut self, now: Instant) {
        while let Some(oldest) = self.link.pending.first_entry() {
            if now < oldest.get().at + VERDICT_PATIENCE {
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
