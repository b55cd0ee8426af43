//! The miner's side of getblocktemplate.
//!
//! A state machine without I/O and clock. First the node is asked which chain it is on, and nothing is mined for an address of another one.
//! `jobs` turns templates into jobs, `blocks` hands blocks in: told for the disk first, then sent, and sent again until the node has spoken.

mod blocks;
mod jobs;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::template::{RawTemplate, wrong};
use crate::pool::http::{RpcError, answer, request_body};
use crate::pool::{
    BlockNews, CloseReason, HttpRequest, HttpResponse, Lane, Method, PoolEvent, Session,
    SessionError, SessionSettings, SubmitId,
};
use crate::units::printable;
use crate::work::Share;
use blocks::Submissions;
use jobs::Jobs;

/// How long the answer to a plain request may take: templates are large.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a poll's answer may take.
const POLL_PATIENCE: Duration = Duration::from_secs(2 * 3600);
/// How often a template is asked for beside the poll.
const REFRESH: Duration = Duration::from_secs(30);
/// The pause after a poll that failed, or that was answered at once with nothing new.
const POLL_REST: Duration = Duration::from_secs(30);
/// The first pause after an answer without template, and the longest; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// Unusable templates in a row that end a connection.
const MAX_BAD_ANSWERS: u32 = 5;

/// The error of a node that has no such method.
const NO_METHOD: i64 = -32601;
/// A parameter that the node does not take: a rule of its chain is missing in our request.
const BAD_PARAMETER: i64 = -8;

/// The miner's side of getblocktemplate.
#[derive(Debug)]
pub(super) struct TemplateSession {
    settings: SessionSettings,
    stage: Stage,
    /// The chain, once the node has told it.
    chain: Option<String>,
    jobs: Jobs,
    submissions: Submissions,
    /// Open requests on the main lane, and when each was made.
    asked: VecDeque<(Question, Instant)>,
    poll: Poll,
    ask_at: Option<Instant>,
    pause: Duration,
    bad_answers: u32,
    last_id: u64,
    out: VecDeque<(Lane, HttpRequest)>,
    events: VecDeque<PoolEvent>,
    news: VecDeque<BlockNews>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Down,
    /// Connected, no template yet.
    Up,
    /// There is a template.
    Ready,
    /// Given up; what comes is ignored.
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Chain,
    Template,
}

/// Where the long poll stands.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Poll {
    #[default]
    Idle,
    Asked(Instant),
    Resting(Instant),
}

#[derive(Deserialize)]
struct ChainInfo {
    chain: String,
}

impl TemplateSession {
    pub(super) fn new(settings: SessionSettings) -> Self {
        Self {
            jobs: Jobs::new(settings.seed),
            submissions: Submissions::new(&settings.solo.kept),
            settings,
            stage: Stage::Down,
            chain: None,
            asked: VecDeque::new(),
            poll: Poll::Idle,
            ask_at: None,
            pause: FIRST_PAUSE,
            bad_answers: 0,
            last_id: 0,
            out: VecDeque::new(),
            events: VecDeque::new(),
            news: VecDeque::new(),
        }
    }

    fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Up | Stage::Ready)
    }

    fn request(&self, body: Bytes) -> HttpRequest {
        HttpRequest {
            method: Method::Post,
            target: String::new(),
            login: Some((self.settings.user.clone(), self.settings.pass.clone())),
            headers: vec![
                ("content-type".to_owned(), "application/json".to_owned()),
                ("user-agent".to_owned(), self.settings.agent.clone()),
            ],
            body,
            patience: PATIENCE,
            fresh: false,
        }
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn ask(&mut self, question: Question, now: Instant) {
        let id = self.next_id();
        let body = match question {
            Question::Chain => request_body(id, "getblockchaininfo", &json!([])),
            Question::Template => request_body(id, "getblocktemplate", &self.template_params(None)),
        };
        let request = self.request(body);
        self.asked.push_back((question, now));
        self.out.push_back((Lane::MAIN, request));
    }

    fn template_params(&self, long_poll: Option<&str>) -> Value {
        let mut rules = vec!["segwit"];
        if self.chain.as_deref() == Some("signet") {
            rules.push("signet");
        }
        let mut params = json!({
            "capabilities": ["coinbasetxn", "coinbasevalue", "longpoll", "workid"],
            "rules": rules,
        });
        if let Some(id) = long_poll {
            params["longpollid"] = json!(id);
        }
        json!([params])
    }

    /// Asks for what is due: a template every half minute, and a poll if there is none.
    fn keep_asking(&mut self, now: Instant) {
        if !self.is_up() {
            return;
        }
        if self.ask_at.is_some_and(|at| at <= now) && self.asked.is_empty() {
            self.ask_at = None;
            let question = if self.chain_is_settled() {
                Question::Template
            } else {
                Question::Chain
            };
            self.ask(question, now);
        }
        self.keep_polling(now);
    }

    /// Whether the node has told its chain, or has said that it does not tell.
    fn chain_is_settled(&self) -> bool {
        self.chain.is_some() || self.stage == Stage::Ready || self.jobs.chain_is_untold()
    }

    fn keep_polling(&mut self, now: Instant) {
        match self.poll {
            Poll::Asked(_) => return,
            Poll::Resting(until) if now < until => return,
            Poll::Resting(_) | Poll::Idle => {}
        }
        let Some((id, target)) = self.jobs.long_poll() else {
            return;
        };
        let (params, target) = (self.template_params(Some(id)), target.to_owned());
        let number = self.next_id();
        let request = HttpRequest {
            target,
            patience: POLL_PATIENCE,
            fresh: true,
            ..self.request(request_body(number, "getblocktemplate", &params))
        };
        self.poll = Poll::Asked(now);
        self.out.push_back((Lane::POLL, request));
    }

    fn take_chain(&mut self, response: &HttpResponse, now: Instant) -> Result<(), SessionError> {
        match self.read::<ChainInfo>("getblockchaininfo", response, now)? {
            Ok(info) => {
                let chain = printable(&info.chain, 20);
                if let Some(payout) = self
                    .settings
                    .solo
                    .payout
                    .as_ref()
                    .filter(|payout| !payout.is_for(&chain))
                {
                    let text = format!(
                        "--payout {payout} is an address of {}, and the node is on chain {chain:?}: \
                         nothing is mined until both fit",
                        payout.network()
                    );
                    self.close(CloseReason::Misfit(text));
                    return Ok(());
                }
                self.chain = Some(chain);
                self.send_kept(now);
            }
            Err(error) if error.code == Some(NO_METHOD) => {
                self.jobs.chain_untold();
                let text = "it does not tell its chain, so --payout cannot be checked against it";
                self.events.push_back(PoolEvent::Message(text.to_owned()));
            }
            Err(error) => return Err(self.without_template(&error, now)),
        }
        self.ask(Question::Template, now);
        Ok(())
    }

    fn take_template(
        &mut self,
        response: &HttpResponse,
        asked: Option<Instant>,
        now: Instant,
    ) -> Result<(), SessionError> {
        let raw = match self.read::<RawTemplate>("getblocktemplate", response, now)? {
            Ok(raw) => raw,
            Err(error) => return Err(self.without_template(&error, now)),
        };
        let job = self
            .jobs
            .take(raw, asked, &self.settings, self.chain.as_deref(), now);
        let job = match job {
            Ok(job) => job,
            Err(error) => return Err(self.bad_template(error, now)),
        };
        self.bad_answers = 0;
        self.pause = FIRST_PAUSE;
        self.ask_at = Some(now + self.jobs.lifetime().min(REFRESH));
        if let Some(job) = job {
            if self.stage == Stage::Up {
                self.stage = Stage::Ready;
                self.events.push_back(PoolEvent::Ready);
            }
            self.events.push_back(PoolEvent::Job(job));
        }
        self.keep_polling(now);
        Ok(())
    }

    /// Reads an answer; statuses that end the conversation end it.
    fn read<'a, T: Deserialize<'a>>(
        &mut self,
        step: &'static str,
        response: &'a HttpResponse,
        now: Instant,
    ) -> Result<Result<T, RpcError>, SessionError> {
        let read = answer::<T>(&response.body);
        if let Some(reason) = self.refusal(step, response, read.is_ok()) {
            let error = SessionError {
                step,
                problem: reason.to_string(),
                fatal: false,
            };
            self.close(reason);
            return Err(error);
        }
        match read {
            Ok(Ok(Some(result))) => Ok(Ok(result)),
            Ok(Err(error)) => Ok(Err(error)),
            Ok(Ok(None)) => {
                Err(self.bad_template(wrong("an answer without result and without error"), now))
            }
            Err(problem) => Err(self.bad_template(wrong(problem), now)),
        }
    }

    /// Why the conversation ends with this status. A node puts its errors into answers with status 404 and 500, too.
    fn refusal(
        &self,
        step: &'static str,
        response: &HttpResponse,
        is_answer: bool,
    ) -> Option<CloseReason> {
        let words = printable(String::from_utf8_lossy(&response.body).trim(), 100);
        let text = match response.status {
            200 | 500 => return None,
            401 => {
                return Some(CloseReason::Refused {
                    user: self.settings.user.clone(),
                    text: "HTTP 401: check -u and -p (rpcauth of bitcoin.conf), or --cookie FILE"
                        .to_owned(),
                });
            }
            403 => {
                return Some(CloseReason::Forbidden(format!(
                    "check the node's rpcallowip; {words}"
                )));
            }
            404 | 503 if is_answer => return None,
            404 => "HTTP 404: nothing is there; check the URL's path".to_owned(),
            status => format!("HTTP {status}: {words}"),
        };
        Some(CloseReason::Handshake { step, text })
    }

    /// The node has an error in place of a template: it is asked again after a growing pause, unless that is of no use.
    fn without_template(&mut self, error: &RpcError, now: Instant) -> SessionError {
        let hint = match error.code {
            Some(BAD_PARAMETER) => "; this version does not know all rules of that chain",
            Some(-9) => "; the node has no peers",
            Some(-10) => "; the node is still catching up with its chain",
            Some(-28) => "; the node is starting",
            Some(NO_METHOD) => "; that is no Bitcoin node with getblocktemplate",
            _ => "",
        };
        let problem = format!("the node says: {}{hint}", error.text);
        if matches!(error.code, Some(BAD_PARAMETER | NO_METHOD)) {
            self.close(CloseReason::Misfit(problem.clone()));
        }
        self.rest(now);
        wrong(problem)
    }

    /// The node's template is of no use; after a run of those the connection is given up.
    fn bad_template(&mut self, error: SessionError, now: Instant) -> SessionError {
        self.bad_answers += 1;
        if self.stage == Stage::Up && self.settings.solo.payout.is_none() {
            self.close(CloseReason::Misfit(error.problem.clone()));
        } else if self.bad_answers >= MAX_BAD_ANSWERS {
            self.close(CloseReason::Handshake {
                step: error.step,
                text: error.problem.clone(),
            });
        }
        self.rest(now);
        error
    }

    fn rest(&mut self, now: Instant) {
        self.ask_at = Some(now + self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    fn take_polled(&mut self, response: &HttpResponse, now: Instant) -> Result<(), SessionError> {
        let asked = match std::mem::take(&mut self.poll) {
            Poll::Asked(at) => at,
            Poll::Idle | Poll::Resting(_) => now,
        };
        let before = self.jobs.previous();
        // A poll's answer is as new as it is late: it was made now.
        let result = self.take_template(response, None, now);
        let soon = now.saturating_duration_since(asked) < POLL_REST;
        if result.is_err() || (soon && self.jobs.previous() == before) {
            self.rest_poll(now);
        }
        result
    }

    fn rest_poll(&mut self, now: Instant) {
        // What was asked in the meantime was asked too soon.
        self.out.retain(|(lane, _)| *lane != Lane::POLL);
        self.poll = Poll::Resting(now + POLL_REST);
    }

    fn close(&mut self, reason: CloseReason) {
        if self.stage != Stage::Closed {
            self.stage = Stage::Closed;
            self.events.push_back(PoolEvent::Close(reason));
        }
    }
}

impl Session for TemplateSession {
    fn connected(&mut self, now: Instant) {
        self.disconnected(now);
        self.stage = Stage::Up;
        self.bad_answers = 0;
        self.send_again(now);
        self.ask(Question::Chain, now);
    }

    fn disconnected(&mut self, _now: Instant) {
        self.stage = Stage::Down;
        self.chain = None;
        self.jobs.forget();
        self.submissions.forget_requests();
        self.asked.clear();
        self.poll = Poll::Idle;
        self.ask_at = None;
        self.out.clear();
    }

    fn receive(&mut self, _lane: Lane, _frame: &[u8], _now: Instant) -> Result<(), SessionError> {
        Ok(())
    }

    fn submit(&mut self, share: &Share, now: Instant) -> SubmitId {
        self.submit_share(share, now)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let verdict = self.submissions.next_time(self.is_up());
        if !self.is_up() {
            return verdict;
        }
        let poll = match self.poll {
            Poll::Resting(until) => Some(until),
            Poll::Idle | Poll::Asked(_) => None,
        };
        let ask = self.ask_at.filter(|_| self.asked.is_empty());
        ask.into_iter().chain(poll).chain(verdict).min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.keep_submitting(now);
        self.keep_asking(now);
    }

    fn poll_transmit(&mut self) -> Option<(Lane, Bytes)> {
        None
    }

    fn poll_event(&mut self) -> Option<PoolEvent> {
        self.events.pop_front()
    }

    fn poll_request(&mut self) -> Option<(Lane, HttpRequest)> {
        self.out.pop_front()
    }

    fn receive_response(
        &mut self,
        lane: Lane,
        response: &HttpResponse,
        now: Instant,
    ) -> Result<(), SessionError> {
        if !self.is_up() {
            return Ok(());
        }
        match lane {
            Lane::POLL => self.take_polled(response, now),
            Lane::SUBMIT => self.take_verdict(response, now),
            _ => match self.asked.pop_front() {
                Some((Question::Chain, _)) => self.take_chain(response, now),
                Some((Question::Template, asked)) => self.take_template(response, Some(asked), now),
                None => Ok(()),
            },
        }
    }

    fn request_failed(&mut self, lane: Lane, now: Instant) {
        if lane == Lane::POLL {
            self.rest_poll(now);
        }
    }

    fn keeps_shares(&self) -> bool {
        true
    }

    fn poll_block(&mut self) -> Option<BlockNews> {
        self.news.pop_front()
    }
}
