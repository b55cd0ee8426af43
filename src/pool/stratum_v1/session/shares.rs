//! Shares out, verdicts in.

use std::time::Instant;

use super::{StratumSession, VersionReading};
use crate::pool::SubmitId;
use crate::pool::stratum_v1::messages::{Answer, ShareFields, share_line};

use crate::units::Target;
use crate::work::{Job, Outcome, Reject, Share};

/// A share that waits for its verdict.
#[derive(Debug)]
pub(super) struct Sent {
    /// Whether it missed the newest difficulty, of an older job.
    below_newest: bool,
    /// How version bits were written, where pools differ.
    reading: Option<VersionReading>,
}

impl StratumSession {
    pub(super) fn submit_share(&mut self, share: &Share, now: Instant) -> SubmitId {
        let id = self.talk.next_id();
        let refusal = self.refusal(share).or_else(|| self.send(id, share, now));
        if let Some((class, text)) = refusal {
            self.talk.refuse(SubmitId(id), class, text);
        }
        SubmitId(id)
    }

    /// Why a share is not worth sending.
    fn refusal(&self, share: &Share) -> Option<(Reject, String)> {
        let job = share.job();
        if !self.talk.is_up() || job.session != self.talk.number {
            let text = "not sent: the connection that its job came on is gone";
            return Some((Reject::Stale, text.to_owned()));
        }
        if self.is_replaced(job) {
            let text = "not sent: the pool gave its job's id to another job";
            return Some((Reject::Stale, text.to_owned()));
        }
        self.forbidden_bits(share)
            .or_else(|| self.below_newest(share))
    }

    fn forbidden_bits(&self, share: &Share) -> Option<(Reject, String)> {
        let mask = self.link.pool_mask.unwrap_or(0) & self.settings.version_mask;
        let bits = rolled_bits(share);
        (bits & !mask != 0).then(|| {
            let text = format!("not sent: version bits {bits:08x} are not in the mask {mask:08x}");
            (Reject::Other, text)
        })
    }

    fn below_newest(&self, share: &Share) -> Option<(Reject, String)> {
        let below = self.memory.immediate && !self.link.target.is_met_by(share.value());
        below.then(|| {
            let text = "not sent: this pool's newest difficulty holds for older jobs too";
            (Reject::LowDifficulty, text.to_owned())
        })
    }

    /// Sends a share; says why when it does not fit a line.
    fn send(&mut self, id: u64, share: &Share, now: Instant) -> Option<(Reject, String)> {
        let reading = self.doubtful_reading(share.job());
        let line = self.share_line(id, share, reading);
        let Some(line) = line else {
            let text = "not sent: worker name and job id leave a line of more than 1024 bytes";
            return Some((Reject::Other, text.to_owned()));
        };
        self.talk.out.push_back(line);
        let sent = Sent {
            below_newest: !self.link.target.is_met_by(share.value()),
            reading,
        };
        self.talk.sent(id, SubmitId(id), sent, now);
        None
    }

    fn share_line(
        &self,
        id: u64,
        share: &Share,
        reading: Option<VersionReading>,
    ) -> Option<bytes::Bytes> {
        let rolled = share.rolled();
        let version_bits = self.link.pool_mask.map(|mask| match reading {
            Some(VersionReading::Difference) => rolled_bits(share),
            _ => rolled.version & mask,
        });
        share_line(
            id,
            &ShareFields {
                worker_json: &self.worker_json,
                job_id: std::str::from_utf8(&share.job().key.0).ok()?,
                extranonce2: rolled.extranonce2.as_bytes(),
                ntime: rolled.ntime,
                nonce: share.nonce().to_u32_lossy(),
                version_bits,
            },
        )
    }

    /// How version bits are written for a job that has set bits of the mask; `None` where all readings agree.
    fn doubtful_reading(&self, job: &Job) -> Option<VersionReading> {
        let mask = self.link.pool_mask?;
        (version_of(job) & mask != 0).then_some(self.memory.reading)
    }

    pub(super) fn verdict(&mut self, id: u64, answer: &Answer, now: Instant) {
        let outcome = answer.outcome();
        let Some(sent) = self.talk.judged(id, outcome.clone(), now) else {
            return;
        };
        match outcome {
            Outcome::Rejected(Reject::LowDifficulty, _) => self.learn_from_low(&sent),
            Outcome::Rejected(Reject::Unauthorised, text) => {
                self.login_again(id, answer, text, now);
            }
            _ => {}
        }
    }

    /// A share that met its job's target was called too easy: the pool counts difficulty or version in its own way.
    fn learn_from_low(&mut self, sent: &Sent) {
        if sent.below_newest {
            self.memory.immediate = true;
        } else if let Some(reading) = sent.reading {
            self.memory.doubt_reading(reading);
            self.renew_running_job();
        }
    }

    /// Logs in once more when a share was called unauthorised; if that did not help, the connection is of no use.
    fn login_again(&mut self, share: u64, answer: &Answer, text: String, now: Instant) {
        match self.link.login_again {
            _ if answer.is_not_subscribed() => self.talk.fail("mining.submit", text),
            Some(login) if share < login => {}
            Some(_) => self.talk.refused(&self.settings.user, text),
            None => self.link.login_again = self.authorize(now),
        }
    }

    /// Tells the difficulty that `target` stands for, if it is news.
    pub(super) fn tell_difficulty(&mut self, target: Target) {
        let difficulty = target.to_difficulty_of_lossy(self.one());
        self.talk.tell_difficulty(target, difficulty);
    }
}

/// Version bits in which a share differs from its job.
fn rolled_bits(share: &Share) -> u32 {
    share.rolled().version ^ version_of(share.job())
}

/// The version of a job before any rolling.
fn version_of(job: &Job) -> u32 {
    job.template.header().map_or(0, |fixed| fixed.version)
}
