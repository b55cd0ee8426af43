//! The pool's side of getwork, made of software: it invents headers, one an answer, and verifies every submission from its 128 bytes.
//!
//! Written from the protocol, not from the session. `chain` invents blocks and headers, `judge` verifies; answering is here. Its own
//! time begins with the first call.

mod chain;
mod judge;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::pool::http::{Faults, Replies, error_body, result_body};
use crate::pool::{
    ClientId, EmulatorEvent, EmulatorSettings, Exchange, FaultKind, HttpPart, HttpRequest,
    HttpResponse, MidstateGiven, PoolEmulator, Transmit,
};
use crate::units::printable;
use chain::Chain;

/// How often a blank goes out on a long poll that waits, as eloipool does.
const BLANK_EVERY: Duration = Duration::from_secs(45);
/// How many clients' names are told.
const MAX_TOLD: usize = 256;
/// How many long polls may wait; a further one pushes the oldest out.
const MAX_POLLS: usize = 256;
/// The shortest time between jobs.
const MIN_JOB_INTERVAL: Duration = Duration::from_millis(10);

/// The pool's side of getwork.
#[derive(Debug)]
pub(super) struct GetworkEmulator {
    settings: EmulatorSettings,
    chain: Chain,
    faults: Faults,
    replies: Replies,
    polls: VecDeque<Poll>,
    next_job: Option<Instant>,
    /// Jobs that came because it was time.
    timed: u64,
    /// Workers and clients that were told.
    told: Vec<(ClientId, String)>,
    events: VecDeque<EmulatorEvent>,
    transmits: VecDeque<(ClientId, Transmit)>,
}

/// A long poll that waits.
#[derive(Debug)]
struct Poll {
    exchange: Exchange,
    client: ClientId,
    midstate: bool,
    next_blank: Instant,
}

impl GetworkEmulator {
    pub(super) fn new(settings: EmulatorSettings) -> Self {
        Self {
            chain: Chain::new(&settings),
            faults: Faults::new(settings.faults.clone()),
            replies: Replies::default(),
            polls: VecDeque::new(),
            next_job: None,
            timed: 0,
            told: Vec::new(),
            events: VecDeque::new(),
            transmits: VecDeque::new(),
            settings,
        }
    }

    fn advance(&mut self, now: Instant) {
        self.faults.advance(now);
        self.chain.set_time(self.faults.elapsed());
        self.replies.release(now);
        let interval = self.settings.job_interval.max(MIN_JOB_INTERVAL);
        let due = *self.next_job.get_or_insert(now + interval);
        if now >= due {
            self.next_job = Some(now.max(due + interval));
            self.timed += 1;
            let every = u64::from(self.settings.clean_every.max(1));
            if self.timed.is_multiple_of(every) {
                self.next_block(None);
            }
        }
        self.send_blanks(now);
    }

    fn send_blanks(&mut self, now: Instant) {
        for poll in self.polls.iter_mut().filter(|poll| poll.next_blank <= now) {
            poll.next_blank = now + BLANK_EVERY;
            let blank = HttpPart::More(Bytes::from_static(b" "));
            self.replies.push(poll.exchange, blank);
        }
    }

    fn next_block(&mut self, previous: Option<[u8; 32]>) {
        self.chain.next_block(previous);
        for poll in std::mem::take(&mut self.polls) {
            let body = result_body(&json!(0), &self.work(poll.midstate));
            // The first brace has been sent long ago.
            self.replies
                .push(poll.exchange, HttpPart::More(body.slice(1..)));
            self.replies.push(poll.exchange, HttpPart::End);
        }
    }

    /// A new header as a result; the midstate as the settings and the client's extensions want.
    fn work(&mut self, client_computes: bool) -> Value {
        if let Some(fixed) = &self.settings.http.fixed_result {
            let fixed = serde_json::from_str(fixed).unwrap_or(Value::Null);
            self.chain.issue_fixed(&fixed);
            return fixed;
        }
        let mut work = self.chain.issue();
        match self.settings.http.midstate {
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
        let http = &self.settings.http;
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

    fn is_authorised(&self, request: &HttpRequest) -> bool {
        let given = request.login.as_ref();
        let known = self.settings.login.as_ref();
        let right = known.is_none_or(|(user, pass)| {
            given.is_some_and(|(name, word)| name == user && word.expose() == pass.expose())
        });
        given.is_some() && right && !self.faults.has(FaultKind::RefuseLogin)
    }

    /// Tells of a worker's first request on a connection.
    fn greet(&mut self, client: ClientId, request: &HttpRequest) {
        let worker = worker_of(request);
        let told = (client, worker);
        if self.told.contains(&told) || self.told.len() >= MAX_TOLD {
            return;
        }
        let agent = request.header("user-agent").unwrap_or_default();
        self.events.push_back(EmulatorEvent::Login {
            client,
            worker: told.1.clone(),
            agent: printable(agent, 200),
        });
        self.told.push(told);
    }

    fn answer_to(
        &mut self,
        client: ClientId,
        exchange: Exchange,
        request: &HttpRequest,
        now: Instant,
    ) {
        if !self.is_authorised(request) {
            let refusal = HttpResponse::new(401, "authorisation required")
                .with("www-authenticate", "Basic realm=\"midstate\"");
            return self.replies.answer(exchange, refusal, &self.faults, now);
        }
        if self.faults.has(FaultKind::Reconnect) && request.target != MOVED {
            let moved = HttpResponse::new(307, "").with("location", MOVED);
            return self.replies.answer(exchange, moved, &self.faults, now);
        }
        self.greet(client, request);
        let is_poll = self.settings.http.long_polling.as_deref() == Some(request.target.as_str());
        if is_poll {
            self.hold(client, exchange, request, now);
        } else {
            self.answer_rpc(client, exchange, request, now);
        }
    }

    /// Keeps a long poll until the next block: its first brace goes out at once.
    fn hold(&mut self, client: ClientId, exchange: Exchange, request: &HttpRequest, now: Instant) {
        let first = self.with_headers(HttpResponse::new(200, "{"));
        self.replies.push(exchange, HttpPart::Begin(first));
        self.polls.push_back(Poll {
            exchange,
            client,
            midstate: computes_midstate(request),
            next_blank: now + BLANK_EVERY,
        });
        if self.polls.len() > MAX_POLLS
            && let Some(oldest) = self.polls.pop_front()
        {
            self.replies.push(oldest.exchange, HttpPart::Break);
        }
    }

    fn answer_rpc(
        &mut self,
        client: ClientId,
        exchange: Exchange,
        request: &HttpRequest,
        now: Instant,
    ) {
        let call: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let id = call.get("id").cloned().unwrap_or(Value::Null);
        let params = call.get("params").and_then(Value::as_array);
        let response = match (call["method"].as_str(), params.map(Vec::as_slice)) {
            (Some("getwork"), None | Some([])) if self.faults.has(FaultKind::NoJobs) => {
                HttpResponse::new(500, error_body(&id, -10, "no work for anybody"))
            }
            (Some("getwork"), None | Some([])) => {
                let work = self.work(computes_midstate(request));
                HttpResponse::new(200, result_body(&id, &work))
            }
            (Some("getwork"), Some([data])) => match self.judge(client, request, data, &id) {
                Some(verdict) => verdict,
                None => return,
            },
            _ => {
                self.events.push_back(EmulatorEvent::BadLine {
                    client,
                    problem: "a body that asks for nothing".to_owned(),
                });
                HttpResponse::new(500, error_body(&id, -32601, "Method not found"))
            }
        };
        let response = self.with_headers(response);
        self.replies.answer(exchange, response, &self.faults, now);
    }
}

/// Where a pool sends its clients that sends them elsewhere.
const MOVED: &str = "/moved";

fn worker_of(request: &HttpRequest) -> String {
    let user = request.login.as_ref().map_or("", |(user, _)| user.as_str());
    printable(user, 200)
}

fn computes_midstate(request: &HttpRequest) -> bool {
    let extensions = request.header("x-mining-extensions").unwrap_or_default();
    extensions
        .split(' ')
        .any(|extension| extension == "midstate")
}

impl PoolEmulator for GetworkEmulator {
    fn connected(&mut self, client: ClientId, now: Instant) {
        self.advance(now);
        if self.faults.has(FaultKind::Disconnect) {
            self.transmits.push_back((client, Transmit::Close));
        }
    }

    fn disconnected(&mut self, client: ClientId, now: Instant) {
        self.advance(now);
        self.polls.retain(|poll| poll.client != client);
        self.told.retain(|(told, _)| *told != client);
    }

    fn receive(&mut self, _client: ClientId, _frame: &[u8], _now: Instant) {}

    fn poll_timeout(&self) -> Option<Instant> {
        let blank = self.polls.iter().map(|poll| poll.next_blank).min();
        let others = [
            self.next_job,
            self.faults.next_change(),
            self.replies.next_release(),
        ];
        others.into_iter().flatten().chain(blank).min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
    }

    fn poll_transmit(&mut self) -> Option<(ClientId, Transmit)> {
        self.transmits.pop_front()
    }

    fn poll_event(&mut self) -> Option<EmulatorEvent> {
        self.events.pop_front()
    }

    fn request(
        &mut self,
        client: ClientId,
        exchange: Exchange,
        request: HttpRequest,
        now: Instant,
    ) {
        self.advance(now);
        self.answer_to(client, exchange, &request, now);
    }

    fn poll_response(&mut self) -> Option<(Exchange, HttpPart)> {
        self.replies.next()
    }

    fn new_block(&mut self, now: Instant) {
        self.advance(now);
        self.next_block(None);
    }
}
