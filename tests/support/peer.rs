//! A scripted pool: a test says line by line what the pool sends and what it expects.

use std::sync::Arc;
use std::time::{Duration, Instant};

use midstate::pool::{
    CloseReason, Lane, PoolEvent, Protocol, Session, SessionError, SessionSettings, SubmitId,
    stratum_v1,
};
use midstate::work::{Job, Outcome, Share};
use serde_json::{Value, json};

/// A session in the hands of a scripted pool.
pub struct Peer {
    pub session: Box<dyn Session>,
    pub now: Instant,
    pub events: Vec<PoolEvent>,
}

/// A notify that a session takes: a tiny coinbase, and a network target that nothing meets.
pub fn notify(job_id: &str, previous: u8, clean: bool) -> Value {
    json!([
        job_id,
        format!("{previous:02x}").repeat(32),
        "0100000001",
        "ffffffff",
        [],
        "20000000",
        "1702f0f0",
        "65000000",
        clean
    ])
}

impl Peer {
    /// A session with a fresh connection.
    pub fn connected(settings: SessionSettings) -> Self {
        Self::of(&stratum_v1::PROTOCOL, settings)
    }

    /// A session of any protocol with a fresh connection.
    pub fn of(protocol: &Protocol, settings: SessionSettings) -> Self {
        let mut peer = Self {
            session: (protocol.session)(settings),
            now: Instant::now(),
            events: Vec::new(),
        };
        peer.reconnects();
        peer
    }

    /// A session without version rolling that is subscribed (extranonce1 `08000002`, four bytes of ours) and authorised, at a
    /// difficulty that takes 256 hashes.
    pub fn ready(settings: SessionSettings) -> Self {
        let mask = 0;
        let mut peer = Self::connected(SessionSettings {
            version_mask: mask,
            ..settings
        });
        peer.subscribes(json!([[["mining.notify", "s1"]], "08000002", 4]));
        peer.authorizes();
        peer.easy();
        peer
    }

    /// The same with version rolling: `mask` is what the pool answers.
    pub fn rolling(settings: SessionSettings, mask: &str) -> Self {
        let mut peer = Self::connected(settings);
        let configure = peer.expects("mining.configure");
        peer.answers(
            &configure,
            json!({"version-rolling": true, "version-rolling.mask": mask}),
        );
        peer.subscribes(json!([[["mining.notify", "s1"]], "08000002", 4]));
        peer.authorizes();
        peer.easy();
        peer
    }

    /// A fresh connection.
    pub fn reconnects(&mut self) {
        self.session.connected(self.now);
        self.drain();
    }

    pub fn hangs_up(&mut self) {
        self.session.disconnected(self.now);
        self.drain();
    }

    pub fn subscribes(&mut self, result: Value) -> Value {
        let request = self.expects("mining.subscribe");
        self.answers(&request, result);
        request
    }

    pub fn authorizes(&mut self) {
        let request = self.expects("mining.authorize");
        self.answers(&request, json!(true));
    }

    pub fn easy(&mut self) {
        let difficulty = super::work::easy().get();
        self.tells("mining.set_difficulty", json!([difficulty]));
    }

    /// The next line that the session sends, which must be a call of `method`.
    pub fn expects(&mut self, method: &str) -> Value {
        let line = self.next_line();
        let line = line.unwrap_or_else(|| panic!("{method} expected, nothing came"));
        assert_eq!(line["method"], method, "{line}");
        line
    }

    pub fn expects_nothing(&mut self) {
        let line = self.next_line();
        assert_eq!(line, None);
    }

    pub fn next_line(&mut self) -> Option<Value> {
        let (_, bytes) = self.session.poll_transmit()?;
        assert!(bytes.len() <= 1024 && bytes.ends_with(b"\n"), "{bytes:?}");
        Some(serde_json::from_slice(&bytes).unwrap())
    }

    /// Answers a request with a result.
    pub fn answers(&mut self, request: &Value, result: Value) {
        self.replies(request, json!({"result": result, "error": null}));
    }

    /// Answers a request with a whole body, to which the id is added.
    pub fn replies(&mut self, request: &Value, mut body: Value) {
        body["id"] = request["id"].clone();
        self.says(&body.to_string()).unwrap();
    }

    /// Sends a notification that the session takes.
    pub fn tells(&mut self, method: &str, params: Value) {
        self.tries(method, params).unwrap();
    }

    /// Sends a notification.
    pub fn tries(&mut self, method: &str, params: Value) -> Result<(), SessionError> {
        let line = json!({"id": null, "method": method, "params": params});
        self.says(&line.to_string())
    }

    /// Sends a line.
    pub fn says(&mut self, line: &str) -> Result<(), SessionError> {
        let result = self.session.receive(Lane::MAIN, line.as_bytes(), self.now);
        self.drain();
        result
    }

    /// Sends a notify: the job that comes of it.
    pub fn gives(&mut self, params: Value) -> Arc<Job> {
        self.tells("mining.notify", params);
        self.job()
    }

    /// The newest job that was told.
    pub fn job(&self) -> Arc<Job> {
        let mut newest_first = self.events.iter().rev();
        let job = newest_first.find_map(|event| match event {
            PoolEvent::Job(job) => Some(Arc::clone(job)),
            _ => None,
        });
        job.expect("a job was told")
    }

    pub fn jobs(&self) -> usize {
        let is_job = |event: &&PoolEvent| matches!(event, PoolEvent::Job(_));
        self.events.iter().filter(is_job).count()
    }

    pub fn submits(&mut self, share: &Share) -> SubmitId {
        let id = self.session.submit(share, self.now);
        self.drain();
        id
    }

    /// Lets time pass and the timers that are due run.
    pub fn waits(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(next) = self.session.poll_timeout().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.session.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    pub fn verdict(&self, wanted: SubmitId) -> Option<Outcome> {
        self.events.iter().find_map(|event| match event {
            PoolEvent::Verdict { id, outcome, .. } if *id == wanted => Some(outcome.clone()),
            _ => None,
        })
    }

    pub fn is_ready(&self) -> bool {
        self.events
            .iter()
            .any(|event| matches!(event, PoolEvent::Ready))
    }

    pub fn close_reason(&self) -> Option<CloseReason> {
        self.events.iter().find_map(|event| match event {
            PoolEvent::Close(reason) => Some(reason.clone()),
            _ => None,
        })
    }

    fn drain(&mut self) {
        self.events
            .extend(std::iter::from_fn(|| self.session.poll_event()));
    }
}
