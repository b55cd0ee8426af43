//! The verdict on a share: everything is checked, from its numbers to the hash of the whole header.

use std::time::{Duration, Instant};

use mining_sv2::{
    SubmitSharesErrorOwned, SubmitSharesExtendedOwned, SubmitSharesStandardOwned,
    SubmitSharesSuccessOwned,
};

use super::Sv2Emulator;
use super::channel::{Batch, Channel};
use crate::algorithm::sha256d::SHA256D;
use crate::pool::stratum_v2::ROLLABLE_BITS;
use crate::pool::stratum_v2::messages::text;
use crate::pool::{ClientId, EmulatorEvent, FaultKind};
use crate::units::{Hash256, Target};
use crate::work::{Outcome, Reject};

/// How far a share's time may run ahead of the clock, in seconds: a client's clock begins when the job arrives, ours when it leaves.
const MAX_NTIME_AHEAD: u32 = 2;
/// How many accepted shares are told of at a time, and how long the first of them waits for that.
const BATCH: u32 = 4;
const BATCH_TIME: Duration = Duration::from_millis(200);
/// The hash that is reported for a share whose hash could not be computed: it is worth nothing.
const NO_HASH: Hash256 = Hash256::from_internal([0xff; 32]);

/// A share, whatever the channel.
struct Submit<'a> {
    channel: u32,
    sequence: u32,
    job: u32,
    nonce: u32,
    ntime: u32,
    version: u32,
    /// `None`: of a standard channel.
    extranonce: Option<&'a [u8]>,
}

/// What came out of a share.
struct Judgement {
    hash: Hash256,
    is_block: bool,
    verdict: Result<(), &'static str>,
}

impl From<&'static str> for Judgement {
    fn from(code: &'static str) -> Self {
        Self {
            hash: NO_HASH,
            is_block: false,
            verdict: Err(code),
        }
    }
}

impl Sv2Emulator {
    pub(super) fn judge_standard(
        &mut self,
        id: ClientId,
        share: &SubmitSharesStandardOwned,
        now: Instant,
    ) {
        let submit = Submit {
            channel: share.channel_id,
            sequence: share.sequence_number,
            job: share.job_id,
            nonce: share.nonce,
            ntime: share.ntime,
            version: share.version,
            extranonce: None,
        };
        self.judge(id, &submit, now);
    }

    pub(super) fn judge_extended(
        &mut self,
        id: ClientId,
        share: &SubmitSharesExtendedOwned,
        now: Instant,
    ) {
        let submit = Submit {
            channel: share.channel_id,
            sequence: share.sequence_number,
            job: share.job_id,
            nonce: share.nonce,
            ntime: share.ntime,
            version: share.version,
            extranonce: Some(share.extranonce.as_bytes()),
        };
        self.judge(id, &submit, now);
    }

    fn judge(&mut self, id: ClientId, submit: &Submit<'_>, now: Instant) {
        let (unix_time, rolls) = (self.unix_time(), self.base.settings.version_mask != 0);
        let client = self.base.clients.get_mut(&id);
        let channel = client.and_then(|client| client.channels.get_mut(&submit.channel));
        let (worker, judged) = match channel {
            Some(channel) => {
                let judged = judged(channel, submit, unix_time, rolls);
                (channel.worker.clone(), judged)
            }
            None => (String::new(), "invalid-channel-id".into()),
        };
        let unjust = self.base.faults.unjust_verdict().map(code_of);
        let refusal = unjust.or(judged.verdict.err());
        let outcome = refusal.map_or(Outcome::Accepted, |code| {
            Outcome::Rejected(class_of(code), code.to_owned())
        });
        self.tell(id, worker, submit, &judged, &outcome);
        self.reply(id, submit, &outcome, now);
        if outcome == Outcome::Accepted {
            self.go_on_after(id, submit.channel, &judged, now);
        }
    }

    fn tell(
        &mut self,
        client: ClientId,
        worker: String,
        submit: &Submit<'_>,
        judged: &Judgement,
        outcome: &Outcome,
    ) {
        let worth = Target::from_le_bytes(*judged.hash.as_internal());
        self.base.events.push_back(EmulatorEvent::Share {
            client,
            worker,
            job: submit.job.to_string(),
            outcome: outcome.clone(),
            difficulty: worth.to_difficulty_lossy(),
            hash: judged.hash,
            is_block: judged.is_block && *outcome == Outcome::Accepted,
        });
    }

    fn reply(&mut self, id: ClientId, submit: &Submit<'_>, outcome: &Outcome, now: Instant) {
        if self.base.faults.has(FaultKind::NoVerdicts) {
            return;
        }
        match outcome {
            Outcome::Rejected(_, code) => {
                let error = SubmitSharesErrorOwned {
                    channel_id: submit.channel,
                    sequence_number: submit.sequence,
                    error_code: text(code),
                };
                self.send(id, error);
            }
            _ => self.acknowledge(id, submit, now),
        }
    }

    /// Notes an accepted share; it is told of together with others.
    fn acknowledge(&mut self, id: ClientId, submit: &Submit<'_>, now: Instant) {
        let client = self.base.clients.get_mut(&id);
        let channel = client.and_then(|client| client.channels.get_mut(&submit.channel));
        let Some(channel) = channel else {
            return;
        };
        let worth = channel.vardiff.difficulty.get().max(1.0) as u64;
        let batch = channel.batch.get_or_insert(Batch {
            last_sequence: submit.sequence,
            count: 0,
            sum: 0,
            due: now + BATCH_TIME,
        });
        batch.last_sequence = submit.sequence;
        batch.count += 1;
        batch.sum += worth;
        if batch.count >= BATCH {
            batch.due = now;
        }
        self.acknowledge_due(now);
    }

    /// Tells of every batch that is full or old enough.
    pub(super) fn acknowledge_due(&mut self, now: Instant) {
        let mut told = Vec::new();
        for (id, client) in &mut self.base.clients {
            for (channel_id, channel) in &mut client.channels {
                if let Some(batch) = channel.batch.take_if(|batch| batch.due <= now) {
                    let success = SubmitSharesSuccessOwned {
                        channel_id: *channel_id,
                        last_sequence_number: batch.last_sequence,
                        new_submits_accepted_count: batch.count,
                        new_shares_sum: batch.sum,
                    };
                    told.push((*id, success));
                }
            }
        }
        for (id, success) in told {
            self.send(id, success);
        }
    }

    /// A block solved begins the next one; else the difficulty may follow the pace.
    fn go_on_after(&mut self, id: ClientId, channel: u32, judged: &Judgement, now: Instant) {
        if judged.is_block {
            let job = self.chain.next_block(Some(judged.hash));
            return self.broadcast(&job, now);
        }
        let client = self.base.clients.get_mut(&id);
        if let Some(channel) = client.and_then(|client| client.channels.get_mut(&channel)) {
            channel.vardiff.count_share();
        }
        if self.steer(id, channel, now) {
            self.tell_target(id, channel);
            self.next_job_for(id, channel);
        }
    }
}

fn judged(channel: &mut Channel, submit: &Submit<'_>, unix_time: u32, rolls: bool) -> Judgement {
    let (hash, target, is_block) = match hashed(channel, submit, unix_time, rolls) {
        Ok(hashed) => hashed,
        Err(code) => return code.into(),
    };
    let verdict = if !target.is_met_by(&hash) {
        Err("difficulty-too-low")
    } else if channel.shares.is_new(hash) {
        Ok(())
    } else {
        Err("duplicate-share")
    };
    Judgement {
        hash,
        is_block,
        verdict,
    }
}

/// The hash of a share whose numbers are in order, the target that it must meet, and whether it solves the block.
fn hashed(
    channel: &Channel,
    submit: &Submit<'_>,
    unix_time: u32,
    rolls: bool,
) -> Result<(Hash256, Target, bool), &'static str> {
    let given = channel.job(submit.job).ok_or("invalid-job-id")?;
    if given.is_void {
        return Err("stale-share");
    }
    if submit.extranonce.map(<[u8]>::len) != channel.extranonce_size {
        return Err("bad-extranonce-size");
    }
    let latest = unix_time.saturating_add(MAX_NTIME_AHEAD);
    if !(given.min_ntime..=latest).contains(&submit.ntime) {
        return Err("invalid-share");
    }
    let job = &given.job;
    let allowed = if rolls { ROLLABLE_BITS } else { 0 };
    if (submit.version ^ job.version) & !allowed != 0 {
        return Err("version-rolling-not-allowed");
    }
    let extranonces = [channel.prefix.as_slice(), submit.extranonce.unwrap_or(&[])];
    let header = job.header(extranonces, submit.version, submit.ntime, submit.nonce);
    let hash = SHA256D.hash(&header);
    Ok((hash, given.target, job.is_solved_by(&hash)))
}

fn class_of(code: &str) -> Reject {
    match code {
        "stale-share" | "invalid-job-id" => Reject::Stale,
        "duplicate-share" => Reject::Duplicate,
        "difficulty-too-low" => Reject::LowDifficulty,
        _ => Reject::Other,
    }
}

fn code_of(class: Reject) -> &'static str {
    match class {
        Reject::Stale => "stale-share",
        Reject::Duplicate => "duplicate-share",
        Reject::LowDifficulty => "difficulty-too-low",
        _ => "invalid-share",
    }
}
