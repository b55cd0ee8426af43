//! A link under test, and the pool's end of it.

use std::sync::Arc;
use std::time::Duration;

use midstate::net::{
    Backoff, LinkCare, LinkCommand, LinkEvent, LinkSettings, TlsSettings, run_link,
};
use midstate::pool::{Endpoint, PoolEvent, Session};
use midstate::units::Secret;
use midstate::work::{Outcome, SourceId};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::fake::{FAKE, FakeSession, share};

pub(crate) struct Rig {
    pub(crate) commands: mpsc::Sender<LinkCommand>,
    pub(crate) events: mpsc::Receiver<(SourceId, LinkEvent)>,
    pub(crate) task: JoinHandle<()>,
}

pub(crate) fn settings(host: &str, port: u16) -> LinkSettings {
    LinkSettings {
        source: SourceId(7),
        endpoint: Endpoint {
            protocol: &FAKE,
            tls: false,
            host: host.into(),
            port,
            path: String::new(),
        },
        proxy: None,
        tls: Arc::new(TlsSettings::new(None).unwrap()),
        allow_redirect: false,
        dump: false,
        secrets: vec![Secret::new("hunter2")],
        seed: 1,
        backoff: Backoff::default(),
        care: LinkCare::default(),
    }
}

/// Pauses too short to matter, for tests on the real clock.
pub(crate) fn at_once() -> Backoff {
    Backoff {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(1),
        ..Backoff::default()
    }
}

impl Rig {
    pub(crate) fn new(settings: LinkSettings) -> Self {
        Self::with(settings, FakeSession::default(), 64)
    }

    pub(crate) fn with(settings: LinkSettings, session: FakeSession, room: usize) -> Self {
        Self::with_session(settings, Box::new(session), room)
    }

    pub(crate) fn with_session(
        settings: LinkSettings,
        session: Box<dyn Session>,
        room: usize,
    ) -> Self {
        let (commands, orders) = mpsc::channel(64);
        let (told, events) = mpsc::channel(room);
        let task = tokio::spawn(run_link(settings, session, orders, told));
        Self {
            commands,
            events,
            task,
        }
    }

    /// A link that was told to connect.
    pub(crate) async fn connecting(settings: LinkSettings) -> Self {
        let mut rig = Self::new(settings);
        rig.order(LinkCommand::Connect).await;
        assert!(matches!(rig.next().await, LinkEvent::Connecting));
        rig
    }

    pub(crate) async fn order(&self, command: LinkCommand) {
        self.commands.send(command).await.unwrap();
    }

    pub(crate) async fn submit(&self, ticket: u64) {
        let share = share();
        self.order(LinkCommand::Submit { share, ticket }).await;
    }

    pub(crate) async fn next(&mut self) -> LinkEvent {
        let (source, event) = self.events.recv().await.unwrap();
        assert_eq!(source, SourceId(7));
        event
    }

    pub(crate) async fn connected(&mut self) {
        let event = self.next().await;
        assert!(matches!(event, LinkEvent::Connected), "{event:?}");
    }

    pub(crate) async fn verdict(&mut self) -> (u64, Outcome) {
        match self.next().await {
            LinkEvent::Verdict {
                ticket, outcome, ..
            } => (ticket, outcome),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn message(&mut self) -> String {
        match self.next().await {
            LinkEvent::Pool(PoolEvent::Message(text)) | LinkEvent::Complaint(text) => text,
            other => panic!("{other:?}"),
        }
    }

    /// The next loss, whatever comes before it.
    pub(crate) async fn lost(&mut self) -> (String, Option<Duration>) {
        loop {
            if let LinkEvent::Lost { why, retry_in } = self.next().await {
                return (why, retry_in);
            }
        }
    }
}

pub(crate) async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// The pool's end of a connection, after the greeting.
pub(crate) struct Peer(BufStream<TcpStream>);

impl Peer {
    pub(crate) async fn accept(listener: &TcpListener) -> Self {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut peer = Self(BufStream::new(stream));
        assert!(peer.line().await.contains("mining.authorize"));
        peer
    }

    pub(crate) async fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap();
        line.trim_end().to_owned()
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
    }
}
