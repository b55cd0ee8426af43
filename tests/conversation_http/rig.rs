//! A link under test.

use std::sync::Arc;
use std::time::{Duration, Instant};

use midstate::algorithm::sha256d::SHA256D;
use midstate::net::{
    Backoff, LinkCare, LinkCommand, LinkEvent, LinkSettings, TlsSettings, run_link,
};
use midstate::pool::{Endpoint, PoolEvent, Protocol, SessionSettings, SoloSettings};
use midstate::units::{Nonce, Secret};
use midstate::work::{Assignment, Checked, Found, Job, Outcome, Share, SourceId};
use serde_json::Value;
use tokio::sync::mpsc;

/// A test that waits so long hangs.
pub(crate) const GUARD: Duration = Duration::from_secs(600);

pub(crate) struct Rig {
    pub(crate) commands: mpsc::Sender<LinkCommand>,
    pub(crate) events: mpsc::Receiver<(SourceId, LinkEvent)>,
}

/// The settings of a link and of its session.
pub(crate) struct Setup {
    pub(crate) link: LinkSettings,
    pub(crate) session: SessionSettings,
}

impl Setup {
    pub(crate) fn new(protocol: &'static Protocol, port: u16) -> Self {
        let endpoint = Endpoint {
            protocol,
            tls: false,
            host: "127.0.0.1".into(),
            port,
            path: String::new(),
        };
        let link = LinkSettings {
            source: SourceId(0),
            endpoint: endpoint.clone(),
            proxy: None,
            tls: Arc::new(TlsSettings::new(None).unwrap()),
            allow_redirect: false,
            dump: false,
            secrets: vec![Secret::new("hunter2")],
            seed: 1,
            backoff: Backoff {
                first: Duration::from_millis(1),
                longest: Duration::from_millis(1),
                ..Backoff::default()
            },
            care: LinkCare::default(),
        };
        let session = SessionSettings {
            algorithm: &SHA256D,
            source: SourceId(0),
            user: "me".into(),
            pass: Secret::new("hunter2"),
            agent: "midstate/test".into(),
            version_mask: 0x1fff_e000,
            suggest_difficulty: None,
            subscribe_extranonce: true,
            submit_stale: false,
            algorithm_named: false,
            seed: 1,
            endpoint,
            wall: midstate::pool::WallTime {
                at: std::time::Instant::now(),
                unix: 1_700_000_000,
            },
            solo: SoloSettings::default(),
        };
        Self { link, session }
    }

    pub(crate) async fn run(self) -> Rig {
        let session = (self.link.endpoint.protocol.session)(self.session);
        let (commands, orders) = mpsc::channel(64);
        let (told, events) = mpsc::channel(64);
        tokio::spawn(run_link(self.link, session, orders, told));
        commands.send(LinkCommand::Connect).await.unwrap();
        Rig { commands, events }
    }
}

impl Rig {
    pub(crate) async fn next(&mut self) -> LinkEvent {
        let next = tokio::time::timeout(GUARD, self.events.recv()).await;
        next.expect("something happens").unwrap().1
    }

    /// The first event that `pick` wants.
    pub(crate) async fn until<T>(&mut self, pick: impl Fn(LinkEvent) -> Option<T>) -> T {
        loop {
            if let Some(found) = pick(self.next().await) {
                return found;
            }
        }
    }

    pub(crate) async fn job(&mut self) -> Arc<Job> {
        self.until(|event| match event {
            LinkEvent::Pool(PoolEvent::Job(job)) => Some(job),
            LinkEvent::Lost { why, .. } => panic!("{why}"),
            _ => None,
        })
        .await
    }

    pub(crate) async fn lost(&mut self) -> (String, Duration) {
        self.until(|event| match event {
            LinkEvent::Lost { why, retry_in } => Some((why, retry_in.unwrap())),
            _ => None,
        })
        .await
    }

    pub(crate) async fn complaint(&mut self) -> String {
        self.until(|event| match event {
            LinkEvent::Complaint(text) => Some(text),
            LinkEvent::Lost { why, .. } => panic!("{why}"),
            _ => None,
        })
        .await
    }

    pub(crate) async fn verdict(&mut self) -> (u64, Outcome) {
        self.until(|event| match event {
            LinkEvent::Verdict {
                ticket, outcome, ..
            } => Some((ticket, outcome)),
            _ => None,
        })
        .await
    }

    pub(crate) async fn submit(&self, share: Share, ticket: u64) {
        let command = LinkCommand::Submit { share, ticket };
        self.commands.send(command).await.unwrap();
    }
}

/// A share of the job's next piece of work.
pub(crate) fn share_of(job: &Arc<Job>) -> Share {
    let unit = Assignment::new(Arc::clone(job), false)
        .next_work(Instant::now())
        .unwrap();
    let mut checked =
        (0..2_000_000).map(|nonce| unit.check(Found::nonce(Nonce::from_u32(nonce)), &job.target));
    checked
        .find_map(|checked| match checked {
            Checked::Share(share) => Some(share),
            _ => None,
        })
        .expect("a share within two million hashes")
}

/// One section of the published vectors.
pub(crate) fn vectors(section: &str) -> Value {
    let text = include_str!("../data/http-pools.json");
    serde_json::from_str::<Value>(text).unwrap()[section].clone()
}

/// The document's example answer, with a target that one in 256 hashes meets.
pub(crate) fn easy_work() -> Value {
    let mut work = vectors("getwork")["seed_000_sample"].clone();
    work["target"] = Value::from(format!("{}00", "ff".repeat(31)));
    work
}
