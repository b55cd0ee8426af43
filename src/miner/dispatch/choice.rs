//! Which pool the boards work for, and which pools are connected: judged by the work that they give and take.

use std::sync::Arc;
use std::time::Instant;

use super::{Action, Dispatcher, source};
use crate::miner::pools::Pool;
use crate::miner::{Notice, Order};
use crate::pool::PoolEvent;
use crate::units::printable;
use crate::work::Job;

impl Dispatcher {
    pub(super) fn pool_event(&mut self, index: usize, event: PoolEvent, now: Instant) {
        match event {
            PoolEvent::Job(job) => self.job(index, &job, now),
            PoolEvent::Ready => {
                self.pools[index].ready();
                let pool = self.pools[index].url().to_owned();
                self.tell(Notice::PoolReady { pool });
            }
            PoolEvent::Message(text) => {
                let pool = self.pools[index].url().to_owned();
                self.tell(Notice::PoolMessage { pool, text });
            }
            PoolEvent::JobsByBlock => self.pools[index].gives_jobs_by_block(),
            PoolEvent::Alive => self.pools[index].is_alive(now),
            // The job that follows carries it, and the link takes care of the rest.
            PoolEvent::Difficulty(_)
            | PoolEvent::Verdict { .. }
            | PoolEvent::Redirect { .. }
            | PoolEvent::Switch(_)
            | PoolEvent::Close(_) => {}
        }
    }

    fn job(&mut self, index: usize, job: &Arc<Job>, now: Instant) {
        // Anything that a link says after it was told to drop its connection is late.
        if self.stopping || !self.pools[index].is_linked() {
            return;
        }
        self.pools[index].take_job(Arc::clone(job), now);
        if self.active == Some(index) {
            self.give_order(Some(Arc::clone(job)), job.clean);
        } else {
            self.choose(now);
        }
        self.tell(Notice::NewJob {
            pool: self.pools[index].url().to_owned(),
            job: printable(&String::from_utf8_lossy(&job.key.0), 64),
            clean: job.clean,
            difficulty: job.difficulty(),
        });
    }

    pub(super) fn lost(&mut self, index: usize, why: String, now: Instant) {
        // The echo of our own order to disconnect is no news.
        if !self.pools[index].is_linked() {
            return;
        }
        if self.pools[index].lost(why.clone(), now) {
            let pool = self.pools[index].url().to_owned();
            self.tell(Notice::PoolDown { pool, why });
        }
        self.choose(now);
    }

    pub(super) fn condemn(&mut self, index: usize, why: String, now: Instant) {
        self.pools[index].condemned(why.clone(), now);
        self.actions
            .push_back(Action::Disconnect(source(index), why.clone()));
        let pool = self.pools[index].url().to_owned();
        self.tell(Notice::PoolDown { pool, why });
    }

    /// Chooses the pool to work for and the pools to be connected to.
    pub(super) fn choose(&mut self, now: Instant) {
        if self.stopping {
            return;
        }
        let best = self.pools.iter().position(Pool::is_up);
        match (self.active, best) {
            (Some(active), Some(best)) if active == best => {}
            (Some(active), Some(best)) if self.pools[active].is_up() => {
                self.consider_failback(best, now);
            }
            (_, Some(best)) => self.activate(best, "the best pool that is up"),
            (Some(_), None) => {
                self.active = None;
                self.give_order(None, true);
                self.tell(Notice::NoPool);
            }
            (None, None) => {}
        }
        self.connect_wanted(now);
    }

    /// A better pool than the active one is up: return to it once it has been for a while.
    fn consider_failback(&mut self, best: usize, now: Instant) {
        let stable = |since: Instant| {
            now.saturating_duration_since(since) >= self.settings.patience.failback
        };
        if self.pools[best].up_since().is_some_and(stable) {
            self.activate(best, "the better pool is back");
        }
    }

    fn activate(&mut self, index: usize, why: &str) {
        self.active = Some(index);
        self.had_pool = true;
        let job = self.pools[index].job().cloned();
        self.give_order(job, true);
        let pool = self.pools[index].url().to_owned();
        self.tell(Notice::PoolActive {
            pool,
            why: why.to_owned(),
        });
    }

    /// A pool is wanted while no better one works; those that are worse than the active one are left alone.
    fn connect_wanted(&mut self, now: Instant) {
        let mut better_fail = true;
        for index in 0..self.pools.len() {
            let wanted = better_fail || self.active.is_some_and(|active| index <= active);
            if wanted && self.pools[index].wants_connect(now) {
                self.pools[index].connecting(now);
                self.actions.push_back(Action::Connect(source(index)));
            } else if !wanted
                && self.pools[index].is_linked()
                && self.active.is_some_and(|active| index > active)
            {
                self.pools[index].turned_off();
                self.actions.push_back(Action::Disconnect(
                    source(index),
                    "a better pool is up".to_owned(),
                ));
            }
            better_fail &= self.pools[index].is_failing(now, &self.settings.patience);
            if let Some(until) = self.pools[index].resting_until() {
                self.next_look = self.next_look.min(until.max(now));
            }
        }
    }

    pub(super) fn give_order(&mut self, job: Option<Arc<Job>>, void: bool) {
        self.order = Order {
            job,
            epoch: self.order.epoch + u64::from(void),
        };
        self.actions.push_back(Action::Order(self.order.clone()));
    }
}
