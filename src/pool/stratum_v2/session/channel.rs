//! The one channel of a connection: its names, its extranonce, its target, and the jobs on it.

use std::collections::VecDeque;
use std::sync::Arc;

use binary_sv2::U256Owned;

use super::jobs::Order;
use crate::pool::SessionError;
use crate::pool::stratum_v2::messages::wrong;
use crate::units::{Hash256, Target};
use crate::work::Job;

/// How many jobs are remembered for the shares to come.
const KEPT_JOBS: usize = 32;
/// How many future jobs are kept; pools have one or two.
const KEPT_FUTURES: usize = 16;

/// What kind of channel it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The pool makes merkle roots.
    Standard,
    /// We roll so many bytes of the coinbase.
    Extended { size: usize },
}

/// What jobs are built upon.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tip {
    pub(super) previous: Hash256,
    pub(super) nbits: u32,
}

/// An open channel.
pub(super) struct Channel {
    pub(super) id: u32,
    pub(super) group: u32,
    pub(super) kind: Kind,
    /// The pool's part of the extranonce, for jobs that come from now on.
    pub(super) prefix: Vec<u8>,
    /// The share target of jobs that begin from now on.
    pub(super) target: Target,
    pub(super) tip: Option<Tip>,
    /// Jobs that wait for their previous hash, oldest first.
    futures: VecDeque<Order>,
    /// Jobs that were told, oldest first, by the pool's number.
    jobs: VecDeque<(u32, Arc<Job>)>,
}

impl Channel {
    pub(super) fn new(id: u32, group: u32, kind: Kind, prefix: &[u8], target: Target) -> Self {
        Self {
            id,
            group,
            kind,
            prefix: prefix.to_vec(),
            target,
            tip: None,
            futures: VecDeque::new(),
            jobs: VecDeque::new(),
        }
    }

    /// Whether a message to channel `id` is for this one: by its own name, or by its group's.
    pub(super) fn is_meant_by(&self, id: u32) -> bool {
        id == self.id || id == self.group
    }

    /// Keeps a future job.
    pub(super) fn await_tip(&mut self, order: Order) {
        self.futures.retain(|old| old.id != order.id);
        self.futures.push_back(order);
        if self.futures.len() > KEPT_FUTURES {
            self.futures.pop_front();
        }
    }

    /// Takes the future job `id`; all the others are void.
    pub(super) fn take_future(&mut self, id: u32) -> Option<Order> {
        let mut futures = std::mem::take(&mut self.futures).into_iter();
        futures.find(|order| order.id == id)
    }

    /// Remembers a job that was told.
    pub(super) fn remember(&mut self, id: u32, job: Arc<Job>) {
        self.jobs.retain(|(old, _)| *old != id);
        self.jobs.push_back((id, job));
        if self.jobs.len() > KEPT_JOBS {
            self.jobs.pop_front();
        }
    }

    /// The number of a job of this channel; `None`: the pool has given it to another since, or it is too old.
    pub(super) fn number_of(&self, job: &Arc<Job>) -> Option<u32> {
        let mut newest_first = self.jobs.iter().rev();
        let found = newest_first.find(|(_, known)| Arc::ptr_eq(known, job));
        found.map(|(id, _)| *id)
    }

    /// What the newest job is about, for what must come at once when the boards have to leave it.
    pub(super) fn newest(&self) -> Option<&(u32, Arc<Job>)> {
        self.jobs.back()
    }
}

/// A pool's target.
///
/// # Errors
/// Zero, which no hash meets.
pub(super) fn target_of(step: &'static str, target: &U256Owned) -> Result<Target, SessionError> {
    let target = Target::from_le_bytes(target.to_array());
    if target == Target::ZERO {
        return Err(wrong(step, "a target of zero, which no hash meets"));
    }
    Ok(target)
}
