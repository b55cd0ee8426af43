//! The miner's side of getblocktemplate.
//!
//! A state machine without I/O and clock. First the node is asked which chain it is on, and nothing is mined for an address of another one.
//! `jobs` turns templates into jobs, `blocks` hands blocks in: told for the disk first, then sent, and sent again until the node has spoken.

mod answers;
mod asking;
mod blocks;
mod jobs;
mod submissions;
mod words;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::pool::http::HttpTalk;
use crate::pool::{
    BlockNews, HttpRequest, HttpResponse, Lane, PoolEvent, Session, SessionError, SessionSettings,
    SubmitId,
};
use crate::work::Share;
use jobs::Jobs;
use submissions::Submissions;

/// How long the answer to a plain request may take: templates are large.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a template is asked for beside the poll.
const REFRESH: Duration = Duration::from_secs(30);
/// How often shares that come too late make us ask.
const DOUBT_EVERY: Duration = Duration::from_secs(1);
/// The first pause after an answer without template.
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// The error of a node that has no such method.
const NO_METHOD: i64 = -32601;
/// A parameter that the node does not take: a rule of its chain is missing in our request.
const BAD_PARAMETER: i64 = -8;

/// The miner's side of getblocktemplate.
#[derive(Debug)]
pub(super) struct TemplateSession {
    talk: HttpTalk,
    /// The chain, once the node has told it.
    chain: Option<String>,
    /// The chain that it last told, on this connection or an earlier one: blocks are named after it.
    last_chain: Option<String>,
    jobs: Jobs,
    submissions: Submissions,
    /// Open requests on the main lane, and when each was made.
    asked: VecDeque<(Question, Instant)>,
    ask_at: Option<Instant>,
    /// When the main lane was last asked something.
    last_asked: Option<Instant>,
    last_id: u64,
    news: VecDeque<BlockNews>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Chain,
    Template,
}

#[derive(Deserialize)]
#[serde(expecting = "what is known of the chain")]
struct ChainInfo {
    chain: String,
}

impl TemplateSession {
    pub(super) fn new(settings: SessionSettings) -> Self {
        Self {
            jobs: Jobs::new(settings.seed),
            submissions: Submissions::new(&settings.solo.kept),
            talk: HttpTalk::new(settings, FIRST_PAUSE),
            chain: None,
            last_chain: None,
            asked: VecDeque::new(),
            ask_at: None,
            last_asked: None,
            last_id: 0,
            news: VecDeque::new(),
        }
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

impl Session for TemplateSession {
    fn connected(&mut self, now: Instant) {
        self.disconnected(now);
        self.talk.begin();
        self.send_again(now);
        self.ask(Question::Chain, now);
    }

    fn disconnected(&mut self, _now: Instant) {
        self.talk.end();
        self.chain = None;
        self.jobs.forget();
        self.submissions.forget_requests();
        self.asked.clear();
        self.ask_at = None;
    }

    fn submit(&mut self, share: &Share, now: Instant) -> SubmitId {
        self.submit_share(share, now)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let verdict = self.submissions.next_time(self.talk.is_up());
        if !self.talk.is_up() {
            return verdict;
        }
        let poll = self.talk.poll.next_try();
        let ask = self.ask_at.filter(|_| self.asked.is_empty());
        ask.into_iter().chain(poll).chain(verdict).min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.keep_submitting(now);
        self.keep_asking(now);
    }

    fn poll_event(&mut self) -> Option<PoolEvent> {
        self.talk.events.pop_front()
    }

    fn poll_request(&mut self) -> Option<(Lane, HttpRequest)> {
        self.talk.out.pop_front()
    }

    fn receive_response(
        &mut self,
        lane: Lane,
        response: &HttpResponse,
        now: Instant,
    ) -> Result<(), SessionError> {
        if !self.talk.is_up() {
            return Ok(());
        }
        match lane {
            Lane::POLL => self.take_polled(response, now),
            Lane::SUBMIT => self.take_verdict(response, now),
            _ => match self.asked.pop_front() {
                Some((Question::Chain, _)) => self.take_chain(response, now),
                Some((Question::Template, asked)) => self.take_template(response, asked, now),
                None => Ok(()),
            },
        }
    }

    fn request_failed(&mut self, lane: Lane, now: Instant) {
        if lane == Lane::POLL {
            self.talk.poll.failed(now);
        }
    }

    fn keeps_shares(&self) -> bool {
        true
    }

    fn poll_block(&mut self) -> Option<BlockNews> {
        self.news.pop_front()
    }
}
