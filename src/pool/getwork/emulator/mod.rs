//! The pool's side of getwork, made of software: it invents headers, one an answer, and verifies every submission from its 128 bytes.
//!
//! Written from the protocol, not from the session. `chain` invents blocks and headers, `judge` verifies; answering is here; what all
//! pools do that are asked by HTTP is [`Serving`]'s.

mod chain;
mod judge;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::pool::emulation::Vardiff;
use crate::pool::http::{Asked, Base, Serving, error_body, result_body};
use crate::pool::{
    EmulatorSettings, FaultKind, HttpPart, HttpPlace, HttpRequest, HttpResponse, MidstateGiven,
};
use crate::units::Target;
use chain::Chain;

/// How often a blank goes out on a long poll that waits, as eloipool does.
const BLANK_EVERY: Duration = Duration::from_secs(45);

/// How many workers' difficulties are steered.
const MAX_PACES: usize = 256;

/// The pool's side of getwork.
pub(super) struct GetworkEmulator {
    base: Base<Poll>,
    chain: Chain,
    /// The difficulty of each worker, where it is steered; connections come and go.
    paces: BTreeMap<String, Vardiff>,
}

/// A long poll that waits.
#[derive(Debug)]
pub(in crate::pool) struct Poll {
    /// The client computes midstates.
    midstate: bool,
    next_blank: Instant,
}

impl GetworkEmulator {
    pub(super) fn new(settings: EmulatorSettings) -> Self {
        Self {
            chain: Chain::new(&settings),
            paces: BTreeMap::new(),
            base: Base::new(settings),
        }
    }

    /// A block on `previous`, or on an invented one: every poll is answered.
    fn new_block_on(&mut self, previous: Option<[u8; 32]>, now: Instant) {
        self.chain.next_block(previous);
        for (asked, poll) in std::mem::take(&mut self.base.polls) {
            let work = self.work(&asked.worker, poll.midstate, now);
            let body = result_body(&json!(0), &work);
            // The first brace has been sent long ago.
            let rest = HttpPart::More(body.slice(1..));
            self.base.replies.push(asked.exchange, rest);
            self.base.replies.push(asked.exchange, HttpPart::End);
        }
    }

    /// What the next shares of a worker must meet.
    fn target_for(&mut self, worker: &str, now: Instant) -> Target {
        let settings = &self.base.settings;
        let first = settings.difficulty;
        let room = self.paces.len() < MAX_PACES || self.paces.contains_key(worker);
        if settings.vardiff.is_none() || !room {
            return Target::from_difficulty(first);
        }
        let pace = self.paces.entry(worker.to_owned());
        let pace = pace.or_insert_with(|| Vardiff::new(first));
        let hardest = self.chain.network_difficulty();
        pace.steer(settings.vardiff, None, hardest, now);
        Target::from_difficulty(pace.difficulty)
    }

    /// A new header as a result; the midstate as the settings and the client's extensions want.
    fn work(&mut self, worker: &str, client_computes: bool, now: Instant) -> Value {
        if let Some(fixed) = &self.base.settings.http.fixed_result {
            let fixed = serde_json::from_str(fixed).unwrap_or(Value::Null);
            self.chain.issue_fixed(&fixed);
            return fixed;
        }
        let target = self.target_for(worker, now);
        let mut work = self.chain.issue(target);
        match self.base.settings.http.midstate {
            MidstateGiven::Unasked if client_computes => {
                if let Some(fields) = work.as_object_mut() {
                    fields.remove("midstate");
                }
            }
            MidstateGiven::Wrong => work["midstate"] = json!("5a".repeat(32)),
            MidstateGiven::Unasked | MidstateGiven::Always => {}
        }
        work
    }

    /// An answer with the headers that go with work.
    fn with_headers(&self, response: HttpResponse) -> HttpResponse {
        let http = &self.base.settings.http;
        let extras = [
            ("x-roll-ntime", &http.roll_ntime),
            ("x-long-polling", &http.long_polling),
            ("x-stratum", &http.stratum),
        ];
        let response = response.with("content-type", "application/json");
        extras
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)))
            .fold(response, |response, (name, value)| {
                response.with(name, value)
            })
    }

    /// Whether `request` is asked where the polls are, in whatever form that is told.
    fn is_poll(&self, request: &HttpRequest) -> bool {
        let reference = self.base.settings.http.long_polling.as_deref();
        let here = HttpPlace {
            tls: false,
            host: "localhost".to_owned(),
            port: 80,
            path: "/".to_owned(),
        };
        let place = reference.and_then(|reference| here.join(reference).ok());
        place.is_some_and(|place| place.path == request.target)
    }

    /// Keeps a long poll until the next block: its first brace goes out at once.
    fn hold(&mut self, asked: &Asked, request: &HttpRequest, now: Instant) {
        let first = self.with_headers(HttpResponse::new(200, "{"));
        self.base
            .replies
            .push(asked.exchange, HttpPart::Begin(first));
        let poll = Poll {
            midstate: computes_midstate(request),
            next_blank: now + BLANK_EVERY,
        };
        self.base.hold(asked, poll);
    }
}

fn computes_midstate(request: &HttpRequest) -> bool {
    let extensions = request.header("x-mining-extensions").unwrap_or_default();
    extensions
        .split(' ')
        .any(|extension| extension == "midstate")
}

impl Serving for GetworkEmulator {
    type Poll = Poll;
    const REALM: &str = "midstate";

    fn base(&self) -> &Base<Poll> {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base<Poll> {
        &mut self.base
    }

    fn call(
        &mut self,
        asked: &Asked,
        request: &HttpRequest,
        call: &Value,
        now: Instant,
    ) -> Option<HttpResponse> {
        if self.is_poll(request) {
            self.hold(asked, request, now);
            return None;
        }
        let id = &call["id"];
        let params = call["params"].as_array().map_or(&[][..], Vec::as_slice);
        let response = match (call["method"].as_str(), params) {
            (Some("getwork"), []) if self.base.faults.has(FaultKind::NoJobs) => {
                HttpResponse::new(500, error_body(id, -10, "no work for anybody"))
            }
            (Some("getwork"), []) => {
                let work = self.work(&asked.worker, computes_midstate(request), now);
                HttpResponse::new(200, result_body(id, &work))
            }
            (Some("getwork"), [data]) => self.judge(asked, data, id, now)?,
            _ => {
                let problem = "a body that asks for nothing";
                self.base.tell_problem(asked.client, problem);
                HttpResponse::new(500, error_body(id, -32601, "Method not found"))
            }
        };
        Some(self.with_headers(response))
    }

    /// Every answer has a job of its own.
    fn next_job(&mut self, _now: Instant) {}

    fn next_block(&mut self, now: Instant) {
        self.new_block_on(None, now);
    }

    /// Sends blanks on the polls that wait.
    fn go_on(&mut self, elapsed: Duration, now: Instant) {
        self.chain.set_time(elapsed);
        for (asked, poll) in &mut self.base.polls {
            if poll.next_blank <= now {
                poll.next_blank = now + BLANK_EVERY;
                let blank = HttpPart::More(Bytes::from_static(b" "));
                self.base.replies.push(asked.exchange, blank);
            }
        }
    }

    fn next_timer(&self) -> Option<Instant> {
        self.base
            .polls
            .iter()
            .map(|(_, poll)| poll.next_blank)
            .min()
    }
}
