//! One connection: everything that ends with it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use super::dataset::Fetch;
use super::handshake::Step;
use super::jobs::{Order, Record};
use crate::algorithm::truehash::Goals;
use crate::pool::truestratum::messages::Subscription;
use crate::units::Target;

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// There is none.
    Down,
    /// Subscribe or authorize.
    Handshake,
    /// The pool takes shares.
    Ready,
    /// Given up; waiting to be closed.
    Closed,
}

/// A step of the handshake that waits for its answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    pub(super) id: u64,
    pub(super) step: Step,
    pub(super) deadline: Instant,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Link {
    /// New for every connection.
    pub(super) number: u64,
    pub(super) stage: Stage,
    pub(super) waiting: Option<Waiting>,
    pub(super) subscription: Option<Subscription>,
    /// What holds for the jobs that follow, once the pool has said it.
    pub(super) goals: Option<Goals>,
    /// The target that was last told.
    pub(super) told_target: Option<Target>,
    /// The newest notify, while it lacks something: the login, a target, its dataset.
    pub(super) order: Option<Order>,
    /// A dataset on its way.
    pub(super) fetch: Option<Fetch>,
    /// The jobs that shares may still refer to, newest last.
    pub(super) jobs: VecDeque<Record>,
    /// Shares without a verdict, each with when it was sent.
    pub(super) pending: BTreeMap<u64, Instant>,
    pub(super) bad_lines: u32,
}

impl Link {
    pub(super) fn down(number: u64) -> Self {
        Self {
            number,
            stage: Stage::Down,
            waiting: None,
            subscription: None,
            goals: None,
            told_target: None,
            order: None,
            fetch: None,
            jobs: VecDeque::new(),
            pending: BTreeMap::new(),
            bad_lines: 0,
        }
    }

    pub(super) fn up(number: u64) -> Self {
        Self {
            stage: Stage::Handshake,
            ..Self::down(number)
        }
    }
}
