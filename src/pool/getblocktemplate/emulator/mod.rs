//! A Bitcoin node made of software, as far as mining on it goes: getblockchaininfo, getblocktemplate with long poll, submitblock.
//!
//! Written from the BIPs (22, 23, 34, 141, 145), not from the session: it reads submitted blocks byte by byte and computes ids, merkle roots and the
//! witness commitment with code of its own. `chain` invents blocks and transactions, `block` reads, `judge` verifies. What all
//! pools do that are asked by HTTP is [`Serving`]'s.

mod block;
mod chain;
mod judge;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::pool::http::{Asked, Base, Serving, error_body, result_body};
use crate::pool::{EmulatorSettings, FaultKind, HttpRequest, HttpResponse};
use chain::Chain;

/// How long a poll is held at least unless a block comes, as Bitcoin Core does.
const HELD: Duration = Duration::from_secs(60);

/// The test node.
pub(super) struct NodeEmulator {
    base: Base<Poll>,
    chain: Chain,
}

/// A long poll that waits.
#[derive(Debug)]
pub(in crate::pool) struct Poll {
    id: Value,
    since: Instant,
}

impl NodeEmulator {
    pub(super) fn new(settings: EmulatorSettings) -> Self {
        Self {
            chain: Chain::new(&settings),
            base: Base::new(settings),
        }
    }

    /// A block of that hash, or an invented one: every poll is answered.
    fn new_block_on(&mut self, hash: Option<[u8; 32]>) {
        self.chain.next_block(hash);
        self.answer_polls(|_| true);
    }

    fn answer_polls(&mut self, is_due: impl Fn(&Poll) -> bool) {
        let waiting = std::mem::take(&mut self.base.polls);
        let (due, waiting): (VecDeque<_>, VecDeque<_>) =
            waiting.into_iter().partition(|(_, poll)| is_due(poll));
        self.base.polls = waiting;
        for (asked, poll) in due {
            let mut template = self.template();
            template["submitold"] = json!(false);
            let response = HttpResponse::new(200, result_body(&poll.id, &template));
            self.base.answer(asked.exchange, response);
        }
    }

    fn template(&self) -> Value {
        let fixed = self.base.settings.http.fixed_result.as_ref();
        fixed
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_else(|| self.chain.template())
    }

    fn call_template(
        &mut self,
        asked: &Asked,
        params: &Value,
        id: &Value,
        now: Instant,
    ) -> Option<HttpResponse> {
        if self.base.faults.has(FaultKind::NoJobs) {
            let error = error_body(id, -10, "node is in initial sync and waiting for blocks...");
            return Some(HttpResponse::new(500, error));
        }
        let rules = params["rules"].as_array().map_or(&[][..], Vec::as_slice);
        let wanted = if self.base.settings.http.chain == "signet" {
            &["segwit", "signet"][..]
        } else {
            &["segwit"]
        };
        if let Some(missing) = wanted.iter().find(|rule| !rules.contains(&json!(rule))) {
            let text = format!("getblocktemplate must be called with the {missing} rule set");
            return Some(HttpResponse::new(500, error_body(id, -8, &text)));
        }
        let poll = params["longpollid"].as_str();
        if poll == Some(self.chain.long_poll_id().as_str()) {
            let (id, since) = (id.clone(), now);
            self.base.hold(asked, Poll { id, since });
            return None;
        }
        Some(HttpResponse::new(200, result_body(id, &self.template())))
    }

    fn call_submit(&mut self, asked: &Asked, block: &Value, id: &Value) -> Option<HttpResponse> {
        let block = block.as_str().and_then(|text| hex::decode(text).ok());
        let block = block.and_then(|bytes| block::Block::read(&bytes));
        let Some(block) = block else {
            let problem = "a block that cannot be decoded";
            self.base.tell_problem(asked.client, problem);
            return Some(HttpResponse::new(
                500,
                error_body(id, -22, "Block decode failed"),
            ));
        };
        let word = self.judge(asked, &block);
        if self.base.faults.has(FaultKind::NoVerdicts) {
            return None;
        }
        Some(HttpResponse::new(200, result_body(id, &json!(word))))
    }
}

impl Serving for NodeEmulator {
    type Poll = Poll;
    const REALM: &str = "jsonrpc";

    fn base(&self) -> &Base<Poll> {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base<Poll> {
        &mut self.base
    }

    fn call(
        &mut self,
        asked: &Asked,
        _request: &HttpRequest,
        call: &Value,
        now: Instant,
    ) -> Option<HttpResponse> {
        let id = &call["id"];
        let params = &call["params"];
        let response = match call["method"].as_str() {
            Some("getblockchaininfo") => {
                let info = json!({
                    "chain": self.base.settings.http.chain,
                    "blocks": self.chain.height() - 1,
                    "initialblockdownload": false,
                });
                HttpResponse::new(200, result_body(id, &info))
            }
            Some("getblocktemplate") => self.call_template(asked, &params[0], id, now)?,
            Some("submitblock") => self.call_submit(asked, &params[0], id)?,
            _ => {
                let problem = "a body that asks for nothing";
                self.base.tell_problem(asked.client, problem);
                HttpResponse::new(404, error_body(id, -32601, "Method not found"))
            }
        };
        Some(response.with("content-type", "application/json"))
    }

    fn next_job(&mut self, now: Instant) {
        self.chain.new_transactions();
        self.answer_polls(|poll| now >= poll.since + HELD);
    }

    fn next_block(&mut self, _now: Instant) {
        self.new_block_on(None);
    }

    fn go_on(&mut self, elapsed: Duration, _now: Instant) {
        self.chain.set_time(elapsed);
    }
}
