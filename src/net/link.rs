//! One pool's link: idle, dialling, carrying, waiting. The carrying itself is in [`super::carry`].

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::backoff::Retry;
use super::blocks::Blocks;
use super::complaints::Complaints;
use super::dial::dial;
use super::dump::Dump;
use super::http::{Tried, Way};
use super::ledger::Ledger;
use super::outbox::{Events, Outbox};
use super::redirect::Redirects;
use super::{Backoff, NetError, Proxy, TlsSettings, WallClock, now};
use crate::pool::{Endpoint, Framing, PoolEvent, Session};
use crate::units::Secret;
use crate::work::{Outcome, Share, SourceId};

/// How long the last events of a link may take to be heard.
const FAREWELL: Duration = Duration::from_secs(2);

/// What a link needs to know.
#[derive(Debug, Clone)]
pub struct LinkSettings {
    /// Which pool of the list it is.
    pub source: SourceId,
    /// Where the pool is.
    pub endpoint: Endpoint,
    /// The way there, unless direct.
    pub proxy: Option<Proxy>,
    /// Whom to trust, where `endpoint` asks for TLS.
    pub tls: Arc<TlsSettings>,
    /// Whether the pool may send us outside of its domain.
    pub allow_redirect: bool,
    /// Whether every line goes to the log (target `midstate::protocol`).
    pub dump: bool,
    /// What is hidden in the log and in everything that the pool says: passwords.
    pub secrets: Vec<Secret>,
    /// Seed of the jitter.
    pub seed: u64,
    /// How pauses between attempts grow.
    pub backoff: Backoff,
    /// What only some protocols want.
    pub care: LinkCare,
}

/// What only some protocols want of a link.
#[derive(Debug, Clone, Default)]
pub struct LinkCare {
    /// A file with `user:password` that is read for each request, in place of the session's login.
    pub cookie: Option<PathBuf>,
    /// The folder in which found blocks are kept; `None`: they are not.
    pub blocks: Option<PathBuf>,
    /// The time of day, for sessions that check dates.
    pub wall: WallClock,
}

/// What the program wants of a link.
#[derive(Debug)]
pub enum LinkCommand {
    /// Connect, and connect again whenever the connection is lost.
    Connect,
    /// Close, and stay down until the next `Connect`; with the reason, which comes back in [`LinkEvent::Lost`].
    Disconnect(String),
    /// Send a share; exactly one [`LinkEvent::Verdict`] with its ticket will follow, whatever happens.
    Submit {
        /// The share.
        share: Share,
        /// Its name.
        ticket: u64,
    },
}

/// What a link tells.
#[derive(Debug, Clone)]
pub enum LinkEvent {
    /// An attempt begins.
    Connecting,
    /// The connection is up, the handshake begins.
    Connected,
    /// What the session tells, except verdicts, redirects and its wish to close.
    Pool(PoolEvent),
    /// What we have to say about the pool: something that it sent is ignored.
    Complaint(String),
    /// What became of a share.
    Verdict {
        /// The share's name.
        ticket: u64,
        /// What the pool said.
        outcome: Outcome,
        /// Between submit and answer, if there was one.
        latency: Option<Duration>,
    },
    /// There is no connection (any more).
    Lost {
        /// Why, with what to try; the same cause has the same text.
        why: String,
        /// When the next attempt comes; `None`: it was wanted.
        retry_in: Option<Duration>,
    },
}

/// Carries `session` to its pool whenever the program wants that; ends when `commands` closes, or nobody hears `events`.
pub async fn run_link(
    settings: LinkSettings,
    session: Box<dyn Session>,
    commands: mpsc::Receiver<LinkCommand>,
    events: impl Into<Events>,
) {
    Link::new(settings, session, commands, events.into())
        .run()
        .await;
}

/// How a phase of a link ends.
pub(super) enum End {
    /// The program is done with this link.
    Closed,
    /// The program wants it down, with its reason.
    Down(String),
    /// The connection failed or was lost.
    Lost(NetError),
    /// The pool sends us elsewhere, after a wait.
    Redirected(Endpoint, Duration),
    /// Another protocol of the same pool was tried out, and works.
    Switched(Box<Tried>),
}

impl<E: Into<NetError>> From<E> for End {
    fn from(error: E) -> Self {
        Self::Lost(error.into())
    }
}

pub(super) struct Link {
    pub(super) session: Box<dyn Session>,
    /// The session of another protocol, which its pool has just sent elsewhere: the next connection is its.
    pub(super) visitor: Option<Box<dyn Session>>,
    pub(super) commands: mpsc::Receiver<LinkCommand>,
    pub(super) outbox: Outbox,
    pub(super) ledger: Ledger,
    pub(super) retry: Retry,
    pub(super) redirects: Redirects,
    pub(super) complaints: Complaints,
    pub(super) dump: Dump,
    /// Whether the session hands its frames to the dump itself.
    pub(super) tapped: bool,
    pub(super) blocks: Option<Blocks>,
    /// Jobs that the present connection has delivered.
    pub(super) jobs: u64,
    endpoint: Endpoint,
    proxy: Option<Proxy>,
    tls: Arc<TlsSettings>,
    allow_redirect: bool,
    cookie: Option<PathBuf>,
    pub(super) wall: WallClock,
    /// Whether it connects again by itself: shares may wait for that.
    trying: bool,
}

impl Link {
    fn new(
        settings: LinkSettings,
        session: Box<dyn Session>,
        commands: mpsc::Receiver<LinkCommand>,
        events: Events,
    ) -> Self {
        let host = settings.endpoint.host.clone();
        let dump = Dump::new(
            settings.source,
            settings.endpoint.protocol,
            settings.dump,
            &settings.secrets,
        );
        let mut session = session;
        let tapped = dump.needs_tap();
        if tapped {
            session.tap();
        }
        Self {
            session,
            visitor: None,
            commands,
            outbox: Outbox::new(settings.source, events),
            ledger: Ledger::default(),
            retry: Retry::new(settings.backoff, settings.seed),
            redirects: Redirects::new(host, settings.allow_redirect),
            complaints: Complaints::default(),
            dump,
            tapped,
            blocks: settings.care.blocks.map(Blocks::new),
            allow_redirect: settings.allow_redirect,
            cookie: settings.care.cookie,
            wall: settings.care.wall,
            trying: false,
            jobs: 0,
            endpoint: settings.endpoint,
            proxy: settings.proxy,
            tls: settings.tls,
        }
    }

    async fn run(mut self) {
        while self.is_wanted().await {
            self.trying = true;
            let end = self.keep_up().await;
            self.trying = false;
            self.abandon();
            let End::Down(why) = end else {
                break;
            };
            self.outbox.push(LinkEvent::Lost {
                why,
                retry_in: None,
            });
        }
        // Whoever closed the commands may still count verdicts, but need not.
        let _ = timeout(FAREWELL, self.outbox.flush()).await;
    }

    /// Idles until the program wants a connection; `false`: never again.
    async fn is_wanted(&mut self) -> bool {
        loop {
            match self.next_wish().await {
                Wish::Connect => return true,
                Wish::Down(_) => {}
                Wish::End => return false,
            }
        }
    }

    /// Connects again and again, until the program wants otherwise.
    async fn keep_up(&mut self) -> End {
        let mut to = self.endpoint.clone();
        self.visitor = None;
        loop {
            let end = self.one_connection(&to).await;
            // However a redirected connection ends, the configured address is the way back.
            let at = std::mem::replace(&mut to, self.endpoint.clone());
            let end = match end {
                End::Switched(tried) => self.carry_tried(*tried).await,
                end => end,
            };
            let (why, pause) = match end {
                End::Lost(error) => (error.advised(&at), self.retry.pause_after(&error)),
                End::Redirected(next, wait) => {
                    let why = format!("the pool sends us to {next}");
                    to = next;
                    (why, wait)
                }
                wanted => return wanted,
            };
            self.outbox.push(LinkEvent::Lost {
                why: self.dump.hide(why),
                retry_in: Some(pause),
            });
            if let Err(wanted) = self.beside(sleep(pause)).await {
                return wanted;
            }
        }
    }

    async fn one_connection(&mut self, to: &Endpoint) -> End {
        self.outbox.push(LinkEvent::Connecting);
        if let Framing::Http { max_body } = to.protocol.framing {
            let way = self.way(to, max_body);
            return self.http_connection(way).await;
        }
        match self.visitor.take() {
            None => self.raw_connection(to).await,
            Some(visitor) => {
                let before = std::mem::replace(&mut self.session, visitor);
                let end = self.raw_connection(to).await;
                self.return_to(before, &end);
                end
            }
        }
    }

    async fn raw_connection(&mut self, to: &Endpoint) -> End {
        let dialling = dial(to.clone(), self.proxy.clone(), Arc::clone(&self.tls));
        match self.beside(dialling).await {
            Ok(Ok(stream)) => self.carry(stream, to).await,
            Ok(Err(error)) => End::Lost(error),
            Err(wanted) => wanted,
        }
    }

    fn way(&self, to: &Endpoint, max_body: usize) -> Way {
        Way {
            endpoint: to.clone(),
            proxy: self.proxy.clone(),
            tls: Arc::clone(&self.tls),
            anywhere: self.allow_redirect,
            cookie: self.cookie.clone(),
            wall: self.wall,
            max_body,
        }
    }

    /// Does `work` unless the program wants otherwise; shares that come meanwhile have no connection to go to.
    pub(super) async fn beside<W: Future>(&mut self, work: W) -> Result<W::Output, End> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                wish = self.next_wish() => match wish {
                    Wish::Connect => {}
                    Wish::Down(why) => return Err(End::Down(why)),
                    Wish::End => return Err(End::Closed),
                },
                output = &mut work => return Ok(output),
            }
        }
    }

    /// The next command that matters while there is no connection. Safe to cancel.
    async fn next_wish(&mut self) -> Wish {
        loop {
            let command = tokio::select! {
                biased;
                command = self.commands.recv(), if self.outbox.has_room() => command,
                () = self.outbox.flush_until_closed() => None,
            };
            match command {
                None => return Wish::End,
                Some(LinkCommand::Connect) => return Wish::Connect,
                Some(LinkCommand::Disconnect(why)) => return Wish::Down(why),
                Some(LinkCommand::Submit { share, ticket }) if self.session.keeps_shares() => {
                    self.submit(&share, ticket, now());
                    self.settle_offline();
                    if !self.trying {
                        self.abandon();
                    }
                }
                Some(LinkCommand::Submit { ticket, .. }) => self.give_up_on(ticket),
            }
        }
    }

    /// Says that nobody knows what became of a share.
    pub(super) fn give_up_on(&mut self, ticket: u64) {
        self.outbox.push(LinkEvent::Verdict {
            ticket,
            outcome: Outcome::Unknown,
            latency: None,
        });
    }
}

/// What the program wants while there is no connection.
enum Wish {
    Connect,
    Down(String),
    End,
}
