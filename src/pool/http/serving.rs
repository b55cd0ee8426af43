//! An emulated pool that is asked by HTTP, whatever the questions are: who asks, what goes wrong, which polls wait, and when there are jobs.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Exchange, HttpPart, HttpRequest, HttpResponse, Replies};
use crate::pool::emulation::{Faults, JobPace};
use crate::pool::{ClientId, EmulatorEvent, EmulatorSettings, FaultKind, PoolEmulator, Transmit};
use crate::units::printable;

/// How many clients' names are told.
const MAX_TOLD: usize = 256;
/// How many long polls may wait; a further one pushes the oldest out.
const MAX_POLLS: usize = 256;
/// Where a pool sends its clients that sends them elsewhere.
const MOVED: &str = "/moved";

/// What every such pool has; `P` is what it knows of a long poll.
pub(in crate::pool) struct Base<P> {
    pub(in crate::pool) settings: EmulatorSettings,
    pub(in crate::pool) faults: Faults,
    pub(in crate::pool) replies: Replies,
    /// Long polls that wait, oldest first.
    pub(in crate::pool) polls: VecDeque<(Asked, P)>,
    pub(in crate::pool) events: VecDeque<EmulatorEvent>,
    pace: JobPace,
    /// Jobs that came because it was time.
    timed: u64,
    /// Workers and clients that were told.
    told: Vec<(ClientId, String)>,
    transmits: VecDeque<(ClientId, Transmit)>,
}

/// Who asked, and where the answer goes.
#[derive(Debug, Clone)]
pub(in crate::pool) struct Asked {
    pub(in crate::pool) client: ClientId,
    pub(in crate::pool) exchange: Exchange,
    /// The worker's name, safe to show.
    pub(in crate::pool) worker: String,
}

impl<P> Base<P> {
    pub(in crate::pool) fn new(settings: EmulatorSettings) -> Self {
        Self {
            faults: Faults::new(settings.faults.clone()),
            replies: Replies::default(),
            polls: VecDeque::new(),
            events: VecDeque::new(),
            pace: JobPace::new(settings.job_interval),
            timed: 0,
            told: Vec::new(),
            transmits: VecDeque::new(),
            settings,
        }
    }

    /// Answers in the manner of the moment.
    pub(in crate::pool) fn answer(&mut self, exchange: Exchange, response: HttpResponse) {
        self.replies.answer(exchange, response, &self.faults);
    }

    /// Keeps a long poll; one too many pushes the oldest out.
    pub(in crate::pool) fn hold(&mut self, asked: &Asked, poll: P) {
        self.polls.push_back((asked.clone(), poll));
        if self.polls.len() > MAX_POLLS
            && let Some((oldest, _)) = self.polls.pop_front()
        {
            self.replies.push(oldest.exchange, HttpPart::Break);
        }
    }

    /// Tells of something unusable.
    pub(in crate::pool) fn tell_problem(&mut self, client: ClientId, problem: &str) {
        let problem = problem.to_owned();
        self.events
            .push_back(EmulatorEvent::BadLine { client, problem });
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
    fn greet(&mut self, asked: &Asked, request: &HttpRequest) {
        let told = (asked.client, asked.worker.clone());
        if self.told.contains(&told) || self.told.len() >= MAX_TOLD {
            return;
        }
        let agent = request.header("user-agent").unwrap_or_default();
        self.events.push_back(EmulatorEvent::Login {
            client: asked.client,
            worker: told.1.clone(),
            agent: printable(agent, 200),
        });
        self.told.push(told);
    }
}

/// What a protocol makes of it. Time is brought up to date before anything else here is asked.
pub(in crate::pool) trait Serving: Send {
    /// What it knows of a long poll.
    type Poll: Send;
    /// What it calls the place that a password is for.
    const REALM: &str;

    fn base(&self) -> &Base<Self::Poll>;
    fn base_mut(&mut self) -> &mut Base<Self::Poll>;

    /// A request of somebody who may ask; `None`: it is answered later, or never.
    fn call(
        &mut self,
        asked: &Asked,
        request: &HttpRequest,
        call: &Value,
        now: Instant,
    ) -> Option<HttpResponse>;
    /// It is time for a job on the same block.
    fn next_job(&mut self, now: Instant);
    /// A block is found, or it is time for one.
    fn next_block(&mut self, now: Instant);

    /// Time has come to `now`, `elapsed` after the pool's own beginning.
    fn go_on(&mut self, elapsed: Duration, now: Instant);
    /// The protocol's own timer, if it has one.
    fn next_timer(&self) -> Option<Instant> {
        None
    }

    /// Brings everything that depends on time up to `now`; every entry begins with it.
    fn advance(&mut self, now: Instant) {
        let base = self.base_mut();
        base.faults.advance(now);
        base.replies.advance(now);
        let elapsed = base.faults.elapsed();
        self.go_on(elapsed, now);
        let base = self.base_mut();
        if base.pace.take_due(now) {
            base.timed += 1;
            let every = u64::from(base.settings.clean_every.max(1));
            if base.timed.is_multiple_of(every) {
                self.next_block(now);
            } else {
                self.next_job(now);
            }
        }
    }

    /// Answers a request, if it may be asked and is asked at the right place.
    fn take(&mut self, asked: &Asked, request: &HttpRequest, now: Instant) {
        let base = self.base_mut();
        if !base.is_authorised(request) {
            let realm = format!("Basic realm=\"{}\"", Self::REALM);
            let refusal = HttpResponse::new(401, "").with("www-authenticate", realm);
            return base.answer(asked.exchange, refusal);
        }
        if let Some(status) = base.faults.status() {
            let refusal = HttpResponse::new(status, "as was ordered");
            return base.answer(asked.exchange, refusal);
        }
        let away = base.faults.has(FaultKind::Reconnect) && request.target != MOVED;
        if away || base.faults.has(FaultKind::RedirectLoop) {
            let moved = HttpResponse::new(307, "").with("location", MOVED);
            return base.answer(asked.exchange, moved);
        }
        base.greet(asked, request);
        let call = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        if let Some(response) = self.call(asked, request, &call, now) {
            self.base_mut().answer(asked.exchange, response);
        }
    }
}

/// Such a pool as an emulator.
pub(in crate::pool) struct Asking<P>(pub(in crate::pool) P);

impl<P: Serving> PoolEmulator for Asking<P> {
    fn connected(&mut self, client: ClientId, now: Instant) {
        self.0.advance(now);
        let base = self.0.base_mut();
        if base.faults.has(FaultKind::Disconnect) {
            base.transmits.push_back((client, Transmit::Close));
        }
    }

    fn disconnected(&mut self, client: ClientId, now: Instant) {
        self.0.advance(now);
        let base = self.0.base_mut();
        base.polls.retain(|(asked, _)| asked.client != client);
        base.told.retain(|(told, _)| *told != client);
    }

    fn receive(&mut self, _client: ClientId, _frame: &[u8], _now: Instant) {}

    fn poll_timeout(&self) -> Option<Instant> {
        let base = self.0.base();
        let timers = [
            base.pace.next(),
            base.faults.next_change(),
            base.replies.next_release(),
            self.0.next_timer(),
        ];
        timers.into_iter().flatten().min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.0.advance(now);
    }

    fn poll_transmit(&mut self) -> Option<(ClientId, Transmit)> {
        self.0.base_mut().transmits.pop_front()
    }

    fn poll_event(&mut self) -> Option<EmulatorEvent> {
        self.0.base_mut().events.pop_front()
    }

    fn request(
        &mut self,
        client: ClientId,
        exchange: Exchange,
        request: HttpRequest,
        now: Instant,
    ) {
        self.0.advance(now);
        let user = request.login.as_ref().map_or("", |(user, _)| user.as_str());
        let worker = printable(user, 200);
        let asked = Asked {
            client,
            exchange,
            worker,
        };
        self.0.take(&asked, &request, now);
    }

    fn poll_response(&mut self) -> Option<(Exchange, HttpPart)> {
        self.0.base_mut().replies.next()
    }

    fn new_block(&mut self, now: Instant) {
        self.0.advance(now);
        self.0.next_block(now);
    }
}
