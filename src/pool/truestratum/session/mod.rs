//! The miner's side of TrueStratum.
//!
//! A state machine without I/O and clock. `handshake` brings a connection up, `jobs` turns notifies into jobs, `dataset` fetches and checks
//! what they are hashed with, `shares` sends shares and reads verdicts. Datasets and search spaces outlive
//! connections.
//!
//! Three bad lines in a row end the connection, as in Stratum V1; a bad line has no other effect.

mod dataset;
mod handshake;
mod jobs;
mod link;
mod shares;

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;

use super::messages::{Notify, goals, parse};
use crate::pool::stratum_v1::dialect::Redirects;
use crate::pool::stratum_v1::messages::{Answer, Incoming, Request};
use crate::pool::talk::Talk;
use crate::pool::{CloseReason, Lane, PoolEvent, Session, SessionError, SessionSettings, SubmitId};
use crate::work::Share;
use dataset::Datasets;
use handshake::Step;
use jobs::Spaces;
use link::Link;

/// How long a pool may take for a step of the handshake.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(15);
/// How long a pool may take to send the seeds of a dataset, which are many.
const SEEDS_PATIENCE: Duration = Duration::from_secs(60);

/// The miner's side of TrueStratum.
#[derive(Debug)]
pub(super) struct TrueSession {
    settings: SessionSettings,
    /// The worker's name as JSON text.
    worker_json: String,
    /// To resume with.
    session_id: Option<String>,
    datasets: Datasets,
    spaces: Spaces,
    talk: Talk<Step>,
    link: Link,
    redirects: Redirects,
}

impl TrueSession {
    pub(super) fn new(settings: SessionSettings) -> Self {
        Self {
            worker_json: Value::from(settings.user.as_str()).to_string(),
            session_id: None,
            datasets: Datasets::default(),
            spaces: Spaces::new(settings.seed),
            talk: Talk::default(),
            link: Link::default(),
            redirects: Redirects::default(),
            settings,
        }
    }

    fn take(&mut self, frame: &[u8], now: Instant) -> Result<(), SessionError> {
        match parse(frame)? {
            Incoming::Request(request) => self.obey(&request, now),
            Incoming::Answer(answer) => {
                self.hear(&answer, now);
                Ok(())
            }
        }
    }

    /// A request or notification of the pool.
    fn obey(&mut self, request: &Request, now: Instant) -> Result<(), SessionError> {
        let params = request.params.as_slice();
        match request.method.as_str() {
            "mining.notify" => self.notify(Notify::parse(params)?, now),
            "mining.set_difficulty" => self.set_goals(goals(params)?, now),
            "client.reconnect" => {
                let redirect = self.redirects.follow(params, now)?;
                self.talk.events.push_back(redirect);
            }
            "client.show_message" => return self.talk.show_message(&request.id, params),
            method => {
                let agent = &self.settings.agent;
                self.talk.oblige(method, &request.id, agent);
            }
        }
        Ok(())
    }

    /// An answer. Those that nobody waits for (unknown ids, second answers) are ignored.
    fn hear(&mut self, answer: &Answer, now: Instant) {
        let Some(id) = answer.id else {
            return;
        };
        let brings_seeds = |fetch: &dataset::Fetch| fetch.awaits(id);
        if let Some(step) = self.talk.take_step(id) {
            self.handshake_answer(step, answer, now);
        } else if self.link.fetch.as_ref().is_some_and(brings_seeds) {
            self.seeds_came(answer, now);
        } else {
            self.verdict(id, answer, now);
        }
    }
}

impl Session for TrueSession {
    fn connected(&mut self, now: Instant) {
        self.disconnected(now);
        self.talk.begin();
        self.subscribe(now);
    }

    fn disconnected(&mut self, _now: Instant) {
        self.talk.end();
        self.link = Link::default();
    }

    fn receive(&mut self, _lane: Lane, frame: &[u8], now: Instant) -> Result<(), SessionError> {
        if !self.talk.is_up() {
            return Ok(());
        }
        let result = self.take(frame, now);
        self.talk.count(result)
    }

    fn submit(&mut self, share: &Share, now: Instant) -> SubmitId {
        self.submit_share(share, now)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let fetch = self.link.fetch.as_ref().filter(|_| self.talk.is_up());
        let seeds = fetch.map(dataset::Fetch::due);
        self.talk.next_deadline().into_iter().chain(seeds).min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.talk.expire_shares(now);
        if let Some(late) = self.talk.take_late_step(now) {
            self.talk.close(CloseReason::Timeout {
                step: late.step.method(),
                after: late.patience,
            });
        }
        if self.talk.is_up() {
            self.go_on_with_dataset(now);
        }
    }

    fn poll_transmit(&mut self) -> Option<(Lane, Bytes)> {
        self.talk.out.pop_front().map(|line| (Lane::MAIN, line))
    }

    fn poll_event(&mut self) -> Option<PoolEvent> {
        self.talk.events.pop_front()
    }
}
