//! From `mining.notify` to a job, and which jobs shares may still refer to.

use std::sync::Arc;
use std::time::Instant;

use super::{StratumSession, VersionReading};
use crate::algorithm::Hasher;
use crate::pool::spaces::has_same_content;
use crate::pool::stratum_v1::messages::{Extranonce, Notify, wrong};
use crate::pool::talk::Stage;
use crate::pool::{PoolEvent, SessionError};
use crate::units::{Hash256, Target};
use crate::work::{CoinbaseTemplate, HeaderTemplate, Job, JobKey, Template};

/// How many jobs are remembered.
const KEPT_JOBS: usize = 32;
/// How far ntime may run ahead of the pool's, in seconds: pools refuse what is too far in the future.
const MAX_NTIME_ROLL: u32 = 600;

/// A notify and what holds for it: the difficulty of the moment when it came.
#[derive(Debug)]
pub(super) struct Order {
    notify: Notify,
    target: Target,
    received: Instant,
}

impl StratumSession {
    pub(super) fn notify(&mut self, notify: Notify, now: Instant) -> Result<(), SessionError> {
        let order = Order {
            notify,
            target: self.link.target,
            received: now,
        };
        if self.link.extranonce.is_some() {
            self.accept_order(&order)
        } else {
            self.link.early = Some(order);
            Ok(())
        }
    }

    /// Makes the order's job and tells it, or holds it until the worker is authorised.
    pub(super) fn accept_order(&mut self, order: &Order) -> Result<(), SessionError> {
        let Some(extranonce) = self.link.extranonce.clone() else {
            return Ok(());
        };
        let clean = order.notify.clean || self.link.told_previous != Some(order.notify.previous);
        let mut job = self.build(order, &extranonce, clean)?;
        job.clean |= self.replaces_running(&job);
        let job = Arc::new(job);
        self.remember(Arc::clone(&job));
        self.publish(job);
        Ok(())
    }

    /// Whether the running job's id means another job from now on: its shares would be refused, so the boards must leave it at once.
    fn replaces_running(&self, job: &Job) -> bool {
        self.link
            .jobs
            .back()
            .is_some_and(|old| old.key == job.key && !has_content_of(old, job))
    }

    fn build(
        &mut self,
        order: &Order,
        extranonce: &Extranonce,
        clean: bool,
    ) -> Result<Job, SessionError> {
        let notify = &order.notify;
        let coinbase = CoinbaseTemplate::new(
            &notify.prefix,
            &extranonce.first,
            extranonce.second_size,
            &notify.suffix,
            notify.branch.clone(),
        )
        .map_err(|error| wrong("mining.notify", &error.to_string()))?;
        let version_mask = self.version_mask_for(notify.version);
        let template = Template::Coinbase {
            fixed: fixed_fields(notify),
            coinbase: Box::new(coinbase),
        };
        let space = self.spaces.of(&template, version_mask);
        Ok(Job {
            source: self.settings.source,
            session: self.talk.number,
            key: JobKey(notify.job_id.clone()),
            algorithm: self.settings.algorithm,
            hasher: self.hasher()?,
            template,
            target: order.target,
            network_target: Some(notify.network_target),
            version_mask,
            max_ntime_roll: MAX_NTIME_ROLL,
            clean,
            voids: notify.clean,
            received: order.received,
            space,
        })
    }

    fn hasher(&self) -> Result<Arc<dyn Hasher>, SessionError> {
        let ready = self.hasher.as_ref();
        ready
            .map(Arc::clone)
            .map_err(|error| wrong("mining.notify", &error.to_string()))
    }

    /// Version bits that may be rolled on a job: those of both masks that the job has not set.
    fn version_mask_for(&self, version: u32) -> u32 {
        let pool_mask = self.link.pool_mask.unwrap_or(0);
        let doubtful = version & pool_mask != 0;
        if doubtful && self.memory.reading == VersionReading::Difference {
            return 0;
        }
        pool_mask & self.settings.version_mask & !version
    }

    /// Keeps the job for the shares to come; a job of the same id is replaced.
    fn remember(&mut self, job: Arc<Job>) {
        let jobs = &mut self.link.jobs;
        jobs.retain(|old| old.key != job.key);
        jobs.push_back(job);
        if jobs.len() > KEPT_JOBS {
            jobs.pop_front();
        }
    }

    fn publish(&mut self, job: Arc<Job>) {
        if self.talk.stage == Stage::Ready {
            self.link.told_previous = job.template.header().map(|fixed| fixed.previous);
            self.tell_difficulty(job.target);
            self.talk.events.push_back(PoolEvent::Job(job));
        } else {
            self.link.held = Some(job);
        }
    }

    pub(super) fn tell_held_job(&mut self) {
        if let Some(job) = self.link.held.take() {
            self.publish(job);
        }
    }

    /// Makes the running job again, for what changed since: the mask holds for it at once.
    pub(super) fn renew_running_job(&mut self) {
        let Some(old) = self.link.jobs.back().cloned() else {
            return;
        };
        let version = old.template.header().map_or(0, |fixed| fixed.version);
        let version_mask = self.version_mask_for(version);
        if version_mask != old.version_mask {
            let job = Arc::new(Job {
                key: old.key.clone(),
                hasher: Arc::clone(&old.hasher),
                template: old.template.clone(),
                version_mask,
                // Work with bits that are forbidden now is worth nothing.
                clean: old.version_mask & !version_mask != 0
                    || (old.clean && self.link.held.is_some()),
                voids: old.voids && self.link.held.is_some(),
                space: self.spaces.of(&old.template, version_mask),
                ..*old
            });
            self.remember(Arc::clone(&job));
            self.publish(job);
        }
    }

    /// Whether another job has taken the place of `job` under its id.
    pub(super) fn is_replaced(&self, job: &Job) -> bool {
        let mut newest_first = self.link.jobs.iter().rev();
        let namesake = newest_first.find(|known| known.key == job.key);
        namesake.is_some_and(|known| !has_content_of(known, job))
    }
}

fn fixed_fields(notify: &Notify) -> HeaderTemplate {
    HeaderTemplate {
        version: notify.version,
        previous: notify.previous,
        merkle_root: Hash256::ZERO,
        ntime: notify.ntime,
        nbits: notify.nbits,
    }
}

/// Whether both jobs have the same things hashed, whatever their time, target and mask.
fn has_content_of(job: &Job, other: &Job) -> bool {
    std::ptr::eq(job, other) || has_same_content(&job.template, &other.template)
}
