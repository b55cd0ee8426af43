//! One connection: everything that ends with it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::handshake::Step;
use super::jobs::Order;
use super::{Memory, VersionReading};
use crate::pool::stratum_v1::messages::Extranonce;
use crate::units::{Hash256, Target};
use crate::work::Job;

/// How long after `mining.extranonce.subscribe` the end of a connection counts as the pool's answer to it.
const EXTRANONCE_SUSPICION: Duration = Duration::from_secs(10);

/// A request whose answer matters only for what it says of the pool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) id: u64,
    pub(super) at: Instant,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) extranonce_asked: Option<Asked>,
    /// A `mining.configure` that went unanswered for so long that the handshake went on without.
    pub(super) configure_late: Option<u64>,
    /// The pool said in its answer to configure that it will send `mining.set_extranonce`.
    pub(super) extranonce_granted: bool,
    /// The last worker login that was sent after the pool had called a share unauthorised.
    pub(super) login_again: Option<u64>,
    /// For the jobs that follow; given by subscribe and by `mining.set_extranonce`.
    pub(super) extranonce: Option<Extranonce>,
    /// The pool's mask, once version rolling was accepted.
    pub(super) pool_mask: Option<u32>,
    /// Share target of the jobs that follow.
    pub(super) target: Target,
    /// A notify that came before the answer to subscribe.
    pub(super) early: Option<Order>,
    /// A job that waits for the answer to authorize.
    pub(super) held: Option<Arc<Job>>,
    /// Previous hash of the last job that was told.
    pub(super) told_previous: Option<Hash256>,
    /// The jobs that shares may still refer to, newest last.
    pub(super) jobs: VecDeque<Arc<Job>>,
}

impl Link {
    pub(super) fn new(target: Target) -> Self {
        Self {
            extranonce_asked: None,
            configure_late: None,
            extranonce_granted: false,
            login_again: None,
            extranonce: None,
            pool_mask: None,
            target,
            early: None,
            held: None,
            told_previous: None,
            jobs: VecDeque::new(),
        }
    }
}

impl Memory {
    /// Draws conclusions from where a connection ended.
    pub(super) fn learn_from_end_at(
        &mut self,
        step: Option<Step>,
        extranonce_asked: Option<Asked>,
        now: Instant,
    ) {
        match step {
            Some(Step::Configure) => self.configure.confirm(now),
            Some(Step::Subscribe { .. }) => {
                // Leaving configure out did not help, so it was not to blame. The old session might be.
                self.configure.clear();
                self.session_id = None;
            }
            _ => {}
        }
        match extranonce_asked {
            Some(asked) if now < asked.at + EXTRANONCE_SUSPICION => self.extranonce.confirm(now),
            Some(_) => self.extranonce.clear(),
            None => {}
        }
    }

    /// A share was called too easy although it was not, for a job whose version has bits of the mask.
    pub(super) fn doubt_reading(&mut self, used: VersionReading) {
        if self.reading == used {
            self.reading = match used {
                VersionReading::Whole => VersionReading::Difference,
                VersionReading::Difference => VersionReading::Whole,
            };
        }
    }
}
