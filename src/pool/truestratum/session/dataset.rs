//! The dataset that a job is hashed with: fetched, built, and compared with its name before anything is mined on it.
//!
//! The comparison hashes 32 MiB, about a tenth of a second. That would hold up the network task, on which every pool's lines wait, so it
//! is done in steps of a few milliseconds each time when the driver says that it is time; other lines are read between them.

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use super::{SEEDS_PATIENCE, TrueSession};
use crate::algorithm::truehash::{Masks, SeedhashCheck};
use crate::pool::CloseReason;
use crate::pool::spaces::Recent;
use crate::pool::stratum_v1::messages::Answer;
use crate::pool::truestratum::messages::Seeds;

/// How many datasets are kept: an epoch's and the next one's, and one more for a pool that cannot decide.
const KEPT: usize = 3;
/// How much of a dataset is hashed at a time, in bytes: about 3 ms.
const STEP: usize = 1024 * 1024;
/// The request, as errors name it.
const METHOD: &str = "mining.seedhash";

/// The datasets that were checked, over all connections.
#[derive(Debug, Default)]
pub(super) struct Datasets(Recent<([u8; 32], Arc<Masks>), KEPT>);

impl Datasets {
    /// The dataset with this name.
    pub(super) fn of(&mut self, seedhash: &[u8; 32]) -> Option<Arc<Masks>> {
        let (_, masks) = self.0.find(|(name, _)| name == seedhash)?;
        Some(Arc::clone(masks))
    }
}

/// A dataset on its way.
#[derive(Debug)]
pub(super) struct Fetch {
    seedhash: [u8; 32],
    /// The job for which the seeds were asked.
    job_id: bytes::Bytes,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The seeds are asked for.
    Asked { id: u64, deadline: Instant },
    /// They are here; their hash is in the making.
    Checking {
        check: Box<SeedhashCheck>,
        due: Instant,
    },
}

impl Fetch {
    /// Whether the answer to request `id` brings the seeds.
    pub(super) fn awaits(&self, id: u64) -> bool {
        matches!(self.state, State::Asked { id: asked, .. } if asked == id)
    }

    /// When it wants to go on.
    pub(super) fn due(&self) -> Instant {
        match &self.state {
            State::Asked { deadline, .. } => *deadline,
            State::Checking { due, .. } => *due,
        }
    }
}

impl TrueSession {
    /// Asks for the seeds of the dataset that the newest notify names, unless they are on their way.
    pub(super) fn fetch_dataset(&mut self, now: Instant) {
        let Some(order) = &self.link.order else {
            return;
        };
        let seedhash = order.notify.seedhash;
        if self
            .link
            .fetch
            .as_ref()
            .is_some_and(|fetch| fetch.seedhash == seedhash)
        {
            return;
        }
        let job_id = order.notify.job_id.clone();
        let params = json!([self.settings.user, order.notify.job_id()]);
        let Some(id) = self.talk.request(METHOD, &params) else {
            let text = "worker name and job id leave a line of more than 1024 bytes";
            return self.talk.fail(METHOD, text);
        };
        self.link.fetch = Some(Fetch {
            seedhash,
            job_id,
            state: State::Asked {
                id,
                deadline: now + SEEDS_PATIENCE,
            },
        });
    }

    /// The answer to `mining.seedhash`.
    pub(super) fn seeds_came(&mut self, answer: &Answer, now: Instant) {
        let Some(mut fetch) = self.link.fetch.take() else {
            return;
        };
        if let Some(text) = answer.failure() {
            return self.seeds_refused(&fetch, text, now);
        }
        match Seeds::parse(&answer.result) {
            Ok(seeds) if seeds.seedhash == fetch.seedhash => {
                fetch.state = State::Checking {
                    check: Box::new(SeedhashCheck::new(Arc::new(seeds.dataset))),
                    due: now,
                };
                self.link.fetch = Some(fetch);
            }
            Ok(seeds) => self.mismatch("the pool answers with", &seeds.seedhash, &fetch.seedhash),
            Err(text) => self.talk.fail(METHOD, text),
        }
    }

    /// The job may have been gone when the pool read the request; with another job it is worth another try.
    fn seeds_refused(&mut self, fetch: &Fetch, text: String, now: Instant) {
        let newest = self.link.order.as_ref().map(|order| &order.notify.job_id);
        if newest.is_some_and(|newest| *newest != fetch.job_id) {
            self.fetch_dataset(now);
        } else {
            self.talk.fail(METHOD, text);
        }
    }

    /// Gives up on seeds that do not come, or hashes some more of those that have come.
    pub(super) fn go_on_with_dataset(&mut self, now: Instant) {
        let Some(fetch) = self.link.fetch.as_mut().filter(|fetch| fetch.due() <= now) else {
            return;
        };
        match &mut fetch.state {
            State::Asked { .. } => self.talk.close(CloseReason::Timeout {
                step: METHOD,
                after: SEEDS_PATIENCE,
            }),
            State::Checking { check, due } => {
                *due = now;
                if let Some(hash) = check.step(STEP) {
                    self.dataset_hashed(hash, now);
                }
            }
        }
    }

    fn dataset_hashed(&mut self, hash: [u8; 32], now: Instant) {
        let Some(fetch) = self.link.fetch.take() else {
            return;
        };
        if hash != fetch.seedhash {
            return self.mismatch("its seeds make", &hash, &fetch.seedhash);
        }
        if let State::Checking { check, .. } = fetch.state {
            let masks = Arc::new(Masks::new(check.dataset()));
            self.datasets.0.add((hash, masks));
        }
        self.go_on_with_order(now);
    }

    /// Nothing is mined on a dataset that is not what the jobs are for: every share would be wrong.
    fn mismatch(&mut self, what: &str, got: &[u8; 32], wanted: &[u8; 32]) {
        let text = format!(
            "{what} dataset {}, its job wants {}: nothing is mined on that",
            hex::encode(got),
            hex::encode(wanted)
        );
        self.talk.fail(METHOD, text);
    }
}
