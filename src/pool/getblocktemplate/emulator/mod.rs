//! A Bitcoin node made of software, as far as mining on it goes: getblockchaininfo, getblocktemplate with long poll, submitblock.
//!
//! Written from the BIPs (22, 23, 34, 141, 145), not from the session: it reads submitted blocks byte by byte and computes ids, merkle roots and the
//! witness commitment with code of its own. `chain` invents blocks and transactions, `block` reads, `judge` verifies. Its own time begins
//! with the first call.

mod block;
mod chain;
mod judge;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::pool::http::{Faults, Replies, error_body, result_body};
use crate::pool::{
    ClientId, EmulatorEvent, EmulatorSettings, Exchange, FaultKind, HttpPart, HttpRequest,
    HttpResponse, PoolEmulator, Transmit,
};
use crate::units::printable;
use chain::Chain;

/// How long a poll is held at least unless a block comes, as Bitcoin Core does.
const HELD: Duration = Duration::from_secs(60);
/// How many clients' names are told.
const MAX_TOLD: usize = 256;
/// How many polls may wait; a further one pushes the oldest out.
const MAX_POLLS: usize = 256;
/// The shortest time between jobs.
const MIN_JOB_INTERVAL: Duration = Duration::from_millis(10);
/// Where it sends its clients that sends them elsewhere.
const MOVED: &str = "/moved";

/// The test node.
#[derive(Debug)]
pub(super) struct NodeEmulator {
    settings: EmulatorSettings,
    chain: Chain,
    faults: Faults,
    replies: Replies,
    polls: VecDeque<Poll>,
    next_job: Option<Instant>,
    /// Jobs that came because it was time.
    timed: u64,
    told: Vec<(ClientId, String)>,
    events: VecDeque<EmulatorEvent>,
    transmits: VecDeque<(ClientId, Transmit)>,
}

/// A long poll that waits.
#[derive(Debug)]
struct Poll {
    exchange: Exchange,
    client: ClientId,
    id: Value,
    since: Instant,
}

impl NodeEmulator {
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
        if now < due {
            return;
        }
        self.next_job = Some(now.max(due + interval));
        self.timed += 1;
        if self
            .timed
            .is_multiple_of(u64::from(self.settings.clean_every.max(1)))
        {
            self.next_block(None, now);
        } else {
            self.chain.new_transactions();
            self.answer_polls(|poll| now >= poll.since + HELD, now);
        }
    }

    fn next_block(&mut self, hash: Option<[u8; 32]>, now: Instant) {
        self.chain.next_block(hash);
        self.answer_polls(|_| true, now);
    }

    fn answer_polls(&mut self, is_due: impl Fn(&Poll) -> bool, now: Instant) {
        let waiting = std::mem::take(&mut self.polls);
        let (due, waiting): (VecDeque<Poll>, VecDeque<Poll>) =
            waiting.into_iter().partition(is_due);
        self.polls = waiting;
        for poll in due {
            let mut template = self.template();
            template["submitold"] = json!(false);
            let response = HttpResponse::new(200, result_body(&poll.id, &template));
            self.replies
                .answer(poll.exchange, response, &self.faults, now);
        }
    }

    fn template(&self) -> Value {
        let fixed = self.settings.http.fixed_result.as_ref();
        fixed
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_else(|| self.chain.template())
    }

    fn is_authorised(&self, request: &HttpRequest) -> bool {
        let given = request.login.as_ref();
        let known = self.settings.login.as_ref();
        let right = known.is_none_or(|(user, pass)| {
            given.is_some_and(|(name, word)| name == user && word.expose() == pass.expose())
        });
        given.is_some() && right && !self.faults.has(FaultKind::RefuseLogin)
    }

    fn greet(&mut self, client: ClientId, request: &HttpRequest) {
        let told = (client, worker_of(request));
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
            let refusal =
                HttpResponse::new(401, "").with("www-authenticate", "Basic realm=\"jsonrpc\"");
            return self.replies.answer(exchange, refusal, &self.faults, now);
        }
        if self.faults.has(FaultKind::Reconnect) && request.target != MOVED {
            let moved = HttpResponse::new(307, "").with("location", MOVED);
            return self.replies.answer(exchange, moved, &self.faults, now);
        }
        self.greet(client, request);
        let call: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        if let Some(response) = self.call(client, exchange, request, &call, now) {
            let response = response.with("content-type", "application/json");
            self.replies.answer(exchange, response, &self.faults, now);
        }
    }

    /// Answers a call; `None`: later, or never.
    fn call(
        &mut self,
        client: ClientId,
        exchange: Exchange,
        request: &HttpRequest,
        call: &Value,
        now: Instant,
    ) -> Option<HttpResponse> {
        let id = call.get("id").cloned().unwrap_or(Value::Null);
        let params = &call["params"];
        match call["method"].as_str() {
            Some("getblockchaininfo") => {
                let info = json!({
                    "chain": self.settings.http.chain,
                    "blocks": self.chain.height() - 1,
                    "initialblockdownload": false,
                });
                Some(HttpResponse::new(200, result_body(&id, &info)))
            }
            Some("getblocktemplate") => self.call_template(client, exchange, &params[0], id, now),
            Some("submitblock") => self.call_submit(client, request, &params[0], &id, now),
            _ => {
                let problem = "a body that asks for nothing".to_owned();
                self.events
                    .push_back(EmulatorEvent::BadLine { client, problem });
                Some(HttpResponse::new(
                    404,
                    error_body(&id, -32601, "Method not found"),
                ))
            }
        }
    }

    fn call_template(
        &mut self,
        client: ClientId,
        exchange: Exchange,
        params: &Value,
        id: Value,
        now: Instant,
    ) -> Option<HttpResponse> {
        if self.faults.has(FaultKind::NoJobs) {
            let error = error_body(
                &id,
                -10,
                "node is in initial sync and waiting for blocks...",
            );
            return Some(HttpResponse::new(500, error));
        }
        let rules = params["rules"].as_array().map_or(&[][..], Vec::as_slice);
        let wanted = if self.settings.http.chain == "signet" {
            &["segwit", "signet"][..]
        } else {
            &["segwit"]
        };
        if let Some(missing) = wanted.iter().find(|rule| !rules.contains(&json!(rule))) {
            let text = format!("getblocktemplate must be called with the {missing} rule set");
            return Some(HttpResponse::new(500, error_body(&id, -8, &text)));
        }
        let poll = params["longpollid"].as_str();
        if poll == Some(self.chain.long_poll_id().as_str()) {
            self.hold(client, exchange, id, now);
            return None;
        }
        Some(HttpResponse::new(200, result_body(&id, &self.template())))
    }

    /// Keeps a long poll until there is news; a poll too many pushes the oldest out.
    fn hold(&mut self, client: ClientId, exchange: Exchange, id: Value, now: Instant) {
        self.polls.push_back(Poll {
            exchange,
            client,
            id,
            since: now,
        });
        if self.polls.len() > MAX_POLLS
            && let Some(oldest) = self.polls.pop_front()
        {
            self.replies.push(oldest.exchange, HttpPart::Break);
        }
    }

    fn call_submit(
        &mut self,
        client: ClientId,
        request: &HttpRequest,
        block: &Value,
        id: &Value,
        now: Instant,
    ) -> Option<HttpResponse> {
        let block = block.as_str().and_then(|text| hex::decode(text).ok());
        let block = block.and_then(|bytes| block::Block::read(&bytes));
        let Some(block) = block else {
            let problem = "a block that cannot be decoded".to_owned();
            self.events
                .push_back(EmulatorEvent::BadLine { client, problem });
            return Some(HttpResponse::new(
                500,
                error_body(id, -22, "Block decode failed"),
            ));
        };
        let word = self.judge(client, request, &block, now);
        if self.faults.has(FaultKind::NoVerdicts) {
            return None;
        }
        Some(HttpResponse::new(200, result_body(id, &json!(word))))
    }
}

fn worker_of(request: &HttpRequest) -> String {
    let user = request.login.as_ref().map_or("", |(user, _)| user.as_str());
    printable(user, 200)
}

impl PoolEmulator for NodeEmulator {
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
        let times = [
            self.next_job,
            self.faults.next_change(),
            self.replies.next_release(),
        ];
        times.into_iter().flatten().min()
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
        self.next_block(None, now);
    }
}
