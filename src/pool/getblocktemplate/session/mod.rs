//! The miner's side of getblocktemplate.
//!
//! A state machine without I/O and clock. First the node is asked which chain it is on, and nothing is mined for an address of another one.
//! `jobs` turns templates into jobs, `blocks` hands blocks in: told for the disk first, then sent, and sent again until the node has spoken.

mod answers;
mod asking;
mod blocks;
mod jobs;
mod words;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Deserialize;

use crate::pool::{
    BlockNews, CloseReason, HttpRequest, HttpResponse, Lane, PoolEvent, Session, SessionError,
    SessionSettings, SubmitId,
};
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
    /// The chain that it last told, on this connection or an earlier one: blocks are named after it.
    last_chain: Option<String>,
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
            last_chain: None,
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

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
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
