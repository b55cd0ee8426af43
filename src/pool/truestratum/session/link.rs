//! One connection: everything that ends with it.

use std::collections::VecDeque;

use super::dataset::Fetch;
use super::jobs::{Order, Record};
use crate::algorithm::truehash::Goals;
use crate::pool::truestratum::messages::Subscription;

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Link {
    pub(super) subscription: Option<Subscription>,
    /// What holds for the jobs that follow, once the pool has said it.
    pub(super) goals: Option<Goals>,
    /// The newest notify, while it lacks something: the login, a target, its dataset.
    pub(super) order: Option<Order>,
    /// A dataset on its way.
    pub(super) fetch: Option<Fetch>,
    /// The jobs that shares may still refer to, newest last.
    pub(super) jobs: VecDeque<Record>,
}
