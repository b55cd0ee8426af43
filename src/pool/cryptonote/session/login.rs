//! From a fresh connection to one that takes shares.

use std::time::Instant;

use super::{CryptoNoteSession, LOGIN_PATIENCE, login_params};
use crate::algorithm::Algorithm;
use crate::pool::PoolEvent;
use crate::pool::cryptonote::ALGORITHMS;
use crate::pool::cryptonote::messages::{Answer, Refusal, Welcome, request_line};
use crate::pool::talk::Stage;

impl CryptoNoteSession {
    pub(super) fn log_in(&mut self, now: Instant) {
        let id = self.talk.next_id();
        let params = login_params(&self.settings, &self.offer());
        let Some(line) = request_line(id, "login", &params) else {
            let text = "a line may have 1024 bytes: shorten user, password or agent";
            return self.talk.fail("login", text);
        };
        self.send(line, now);
        self.talk.wait_for((), id, LOGIN_PATIENCE, now);
    }

    /// What the user wants hashed, if he said so.
    pub(super) fn users_algorithm(&self) -> Option<&'static dyn Algorithm> {
        let settings = &self.settings;
        settings.algorithm_named.then_some(settings.algorithm)
    }

    /// The algorithms that we have, what the user wants first: pools with several coins choose by that.
    fn offer(&self) -> Vec<&'static str> {
        let users = self.users_algorithm().map(Algorithm::name);
        let others = ALGORITHMS.iter().copied();
        users
            .into_iter()
            .chain(others.filter(|name| Some(*name) != users))
            .collect()
    }

    /// An answer that cannot be read ends the connection: without a session there is nothing to do on it.
    pub(super) fn logged_in(&mut self, answer: &Answer, refusal: Option<Refusal>, now: Instant) {
        if let Some(refusal) = refusal {
            return self.talk.refused(&self.settings.user, refusal.text);
        }
        match Welcome::parse(&answer.result) {
            Ok(welcome) => self.welcomed(welcome, now),
            Err(error) => self.talk.fail("login", error.to_string()),
        }
    }

    fn welcomed(&mut self, welcome: Welcome, now: Instant) {
        self.talk.stage = Stage::Ready;
        self.link.session = welcome.session;
        self.link.wants_algo = welcome.wants_algo;
        self.link.nicehash = welcome.nicehash;
        self.talk.events.push_back(PoolEvent::Ready);
        self.talk.events.push_back(PoolEvent::JobsByBlock);
        if let Some(job) = welcome.job {
            self.take_job(job, now);
        }
    }
}
