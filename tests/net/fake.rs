//! A pool protocol as simple as can be, written for these tests: words on lines.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use midstate::algorithm::sha256d::{self, SHA256D};
use midstate::pool::{
    CloseReason, Framing, Lane, PROTOCOLS, PoolEvent, Protocol, Session, SessionError, SubmitId,
};
use midstate::units::{Hash256, Nonce, Target};
use midstate::work::{
    Assignment, Checked, Found, HeaderTemplate, Job, JobKey, Outcome, Reject, SearchSpace, Share,
    SourceId, Template,
};

/// The longest line of the fake protocol.
pub(crate) const MAX_LINE: usize = 1000;

pub(crate) static FAKE: Protocol = Protocol {
    name: "fake",
    about: "words on lines, for tests",
    plain_schemes: &["fake+tcp"],
    tls_schemes: &["fake+ssl"],
    default_port: 1,
    also_needed: "",
    path: midstate::pool::UrlPath::Refused,
    algorithms: &["sha256d"],
    framing: Framing::Lines { max: MAX_LINE },
    shown: |frame| (PROTOCOLS[0].shown)(frame),
    session: |_| Box::new(FakeSession::default()),
    emulator: |_| unreachable!("the tests script the pool's side themselves"),
};

pub(crate) fn job() -> Arc<Job> {
    Arc::new(Job {
        source: SourceId(7),
        session: 1,
        key: JobKey(Bytes::from_static(b"job")),
        algorithm: &SHA256D,
        hasher: sha256d::hasher(),
        template: Template::Header(HeaderTemplate {
            version: 0x2000_0000,
            previous: Hash256::ZERO,
            merkle_root: Hash256::ZERO,
            ntime: 1_700_000_000,
            nbits: 0x1d00_ffff,
        }),
        target: Target::from_le_bytes([0xff; 32]),
        network_target: None,
        version_mask: 0,
        max_ntime_roll: 0,
        clean: true,
        voids: true,
        received: Instant::now(),
        space: Arc::new(SearchSpace::new(0, 0, 1_700_000_000)),
    })
}

/// A share; the fake job's target takes any hash.
pub(crate) fn share() -> Share {
    let work = Assignment::new(job(), false).next_work(Instant::now());
    let found = Found {
        nonce: Nonce::from_u32(1),
        version: None,
    };
    let checked = work
        .unwrap()
        .check(found, &Target::from_le_bytes([0xff; 32]));
    match checked {
        Checked::Share(share) => share,
        other => panic!("{other:?}"),
    }
}

/// The miner's side: greets, counts shares, obeys the pool's words.
#[derive(Default)]
pub(crate) struct FakeSession {
    frames: VecDeque<Bytes>,
    events: VecDeque<PoolEvent>,
    open: Vec<SubmitId>,
    next: u64,
    deadline: Option<Instant>,
    /// Bytes that each share's line is made longer by.
    pub(crate) padding: usize,
    /// A session that forgets its shares when the connection goes.
    pub(crate) forgetful: bool,
}

impl FakeSession {
    fn send(&mut self, line: String) {
        self.frames.push_back(Bytes::from(line + "\n"));
    }

    fn verdict(&mut self, id: &str, outcome: Outcome) {
        self.events.push_back(PoolEvent::Verdict {
            id: SubmitId(id.parse().unwrap()),
            outcome,
            latency: Some(Duration::from_millis(1)),
        });
    }

    fn redirect(&mut self, words: &str) {
        let words: Vec<_> = words.split(' ').collect();
        self.events.push_back(PoolEvent::Redirect {
            host: (words[0] != "-").then(|| words[0].to_owned()),
            port: words[1].parse().ok(),
            wait: Duration::from_secs(words[2].parse().unwrap()),
        });
    }
}

impl Session for FakeSession {
    fn connected(&mut self, now: Instant) {
        self.deadline = Some(now + Duration::from_secs(15));
        self.send(r#"{"id":1,"method":"mining.authorize","params":["me","hunter2"]}"#.into());
    }

    fn disconnected(&mut self, _now: Instant) {
        self.deadline = None;
        if self.forgetful {
            return;
        }
        for id in std::mem::take(&mut self.open) {
            self.events.push_back(PoolEvent::Verdict {
                id,
                outcome: Outcome::Unknown,
                latency: None,
            });
        }
    }

    fn receive(&mut self, _lane: Lane, frame: &[u8], _now: Instant) -> Result<(), SessionError> {
        let line = String::from_utf8_lossy(frame).into_owned();
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match word {
            "ready" => {
                self.deadline = None;
                self.events.push_back(PoolEvent::Ready);
            }
            "job" => self.events.push_back(PoolEvent::Job(job())),
            "say" => self.events.push_back(PoolEvent::Message(rest.into())),
            "ok" => self.verdict(rest, Outcome::Accepted),
            "stale" => self.verdict(rest, Outcome::Rejected(Reject::Stale, "for hunter2".into())),
            "redirect" => self.redirect(rest),
            "refuse" => self
                .events
                .push_back(PoolEvent::Close(CloseReason::Refused {
                    user: "me".into(),
                    text: "bad password hunter2".into(),
                })),
            _ => {
                return Err(SessionError {
                    step: "a line",
                    problem: format!("{word:?} is no word"),
                    fatal: word == "fatal",
                });
            }
        }
        Ok(())
    }

    fn submit(&mut self, _share: &Share, _now: Instant) -> SubmitId {
        let id = SubmitId(self.next);
        self.next += 1;
        self.open.push(id);
        self.send(format!("share {}{}", id.0, " ".repeat(self.padding)));
        id
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.deadline = None;
            self.events
                .push_back(PoolEvent::Close(CloseReason::Timeout {
                    step: "the greeting",
                    after: Duration::from_secs(15),
                }));
        }
    }

    fn poll_transmit(&mut self) -> Option<(Lane, Bytes)> {
        self.frames.pop_front().map(|frame| (Lane::MAIN, frame))
    }

    fn poll_event(&mut self) -> Option<PoolEvent> {
        self.events.pop_front()
    }
}
