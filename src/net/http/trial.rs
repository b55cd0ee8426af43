//! A pool names another protocol's URL (`X-Stratum`): that is tried out beside the conversation, and gone over to only when the login there
//! has succeeded and a job has come. Else everything stays as it is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::ReadHalf;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::super::dial::{Stream, dial};
use super::super::wire::{Inbound, Outbound, split};
use super::super::{NetError, now};
use super::requester::Way;
use crate::pool::{Endpoint, Framing, Lane, PoolEvent, Session, may_redirect};
use crate::units::printable;

/// How long a trial may take.
const TRIAL_TIME: Duration = Duration::from_secs(30);
/// How long the verdicts on shares that are under way are waited for before the change.
const LAST_VERDICTS: Duration = Duration::from_secs(5);

/// A session of another protocol that is up, over its connection.
pub(in crate::net) struct Tried {
    /// The session.
    pub(in crate::net) session: Box<dyn Session>,
    /// What comes.
    pub(in crate::net) inbound: Inbound<ReadHalf<Box<dyn Stream>>>,
    /// What goes.
    pub(in crate::net) outbound: Outbound,
    /// Where it leads.
    pub(in crate::net) at: Endpoint,
    /// What it told so far.
    pub(in crate::net) events: Vec<PoolEvent>,
}

/// The trial that runs, and how it went.
pub(super) struct Trials {
    way: Arc<Way>,
    running: Option<Running>,
    succeeded: Option<(Box<Tried>, Instant)>,
    failed: Option<String>,
}

struct Running {
    at: String,
    result: oneshot::Receiver<Result<Tried, NetError>>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Trials {
    pub(super) fn new(way: Arc<Way>) -> Self {
        Self {
            way,
            running: None,
            succeeded: None,
            failed: None,
        }
    }

    /// Begins to try the protocol at `url` out, if that is allowed and `session` knows how.
    ///
    /// # Errors
    /// The words that say why we stay.
    pub(super) fn consider(&mut self, url: &str, session: &dyn Session) -> Result<(), String> {
        let at = self.judge(url).map_err(|reason| {
            let url = printable(url.rsplit('@').next().unwrap_or_default(), 200);
            format!("the pool would rather have us at {url}; we stay: {reason}")
        })?;
        if self.running.is_some() || self.succeeded.is_some() {
            return Ok(());
        }
        if let Some(session) = session.successor(&at) {
            let (tell, result) = oneshot::channel();
            let name = at.to_string();
            let way = Arc::clone(&self.way);
            let task = tokio::spawn(async move {
                let tried = timeout(TRIAL_TIME, attempt(&way, at, session)).await;
                let _ = tell.send(tried.unwrap_or(Err(NetError::SlowAnswer(TRIAL_TIME))));
            });
            self.running = Some(Running {
                at: name,
                result,
                task,
            });
        }
        Ok(())
    }

    fn judge(&self, url: &str) -> Result<Endpoint, String> {
        let (at, _) = Endpoint::parse(url).map_err(|error| error.to_string())?;
        let from = &self.way.endpoint;
        if matches!(at.protocol.framing, Framing::Http { .. }) {
            return Err("that is no other protocol".to_owned());
        }
        if from.tls && !at.tls {
            return Err("it gives TLS up".to_owned());
        }
        if !self.way.anywhere && !may_redirect(&from.host, &at.host) {
            return Err("it is not in the pool's domain; --allow-redirect allows it".to_owned());
        }
        Ok(at)
    }

    pub(super) fn is_trying(&self) -> bool {
        self.running.is_some()
    }

    /// Waits for the trial to end. Safe to cancel.
    pub(super) async fn tried(&mut self) {
        let Some(running) = &mut self.running else {
            return;
        };
        let result = (&mut running.result).await;
        let at = std::mem::take(&mut running.at);
        self.running = None;
        match result {
            Ok(Ok(tried)) => self.succeeded = Some((Box::new(tried), now())),
            Ok(Err(error)) => {
                let words = format!("the pool would rather have us at {at}; we stay: {error}");
                self.failed = Some(words);
            }
            Err(_) => {}
        }
    }

    /// Why the last trial failed, once.
    pub(super) fn failure(&mut self) -> Option<String> {
        self.failed.take()
    }

    /// When [`take_when`](Self::take_when) changes its mind by itself.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let (_, since) = self.succeeded.as_ref()?;
        Some(*since + LAST_VERDICTS)
    }

    /// The session that was tried out, once no share waits for its verdict any more.
    pub(super) fn take_when(&mut self, settled: bool, now: Instant) -> Option<Box<Tried>> {
        let is_time = settled || self.deadline()? <= now;
        is_time
            .then(|| self.succeeded.take())?
            .map(|(tried, _)| tried)
    }
}

async fn attempt(way: &Way, at: Endpoint, session: Box<dyn Session>) -> Result<Tried, NetError> {
    let stream = dial(at.clone(), way.proxy.clone(), Arc::clone(&way.tls)).await?;
    let (inbound, outbound) = split(stream, at.protocol.framing);
    let mut tried = Tried {
        session,
        inbound,
        outbound,
        at,
        events: Vec::new(),
    };
    tried.session.set_wall(way.wall.read());
    tried.session.connected(now());
    while !tried.is_up()? {
        tried.turn().await?;
    }
    Ok(tried)
}

impl Tried {
    /// Sends what is to be sent, and waits for the next bytes or the session's time.
    async fn turn(&mut self) -> Result<(), NetError> {
        while let Some((_, frame)) = self.session.poll_transmit() {
            self.outbound.push(&frame, now());
        }
        if self.outbound.is_pending() {
            self.outbound.send().await?;
        }
        let due = self.session.poll_timeout().unwrap_or(now() + TRIAL_TIME);
        match tokio::time::timeout_at(due.into(), self.inbound.fill()).await {
            Ok(filled) => filled?,
            Err(_) => self.session.handle_timeout(now()),
        }
        while let Some(frame) = self.inbound.next_frame()? {
            match self.session.receive(Lane::MAIN, &frame, now()) {
                Err(error) if error.is_fatal() => return Err(error.into()),
                Err(_) | Ok(()) => {}
            }
        }
        self.inbound.settle(now());
        Ok(())
    }

    /// Whether login and first job have come.
    fn is_up(&mut self) -> Result<bool, NetError> {
        while let Some(event) = self.session.poll_event() {
            match event {
                PoolEvent::Close(reason) => return Err(reason.into()),
                PoolEvent::Redirect { .. } | PoolEvent::Switch(_) => return Err(NetError::Closed),
                event => self.events.push(event),
            }
        }
        let told = |wanted: fn(&PoolEvent) -> bool| self.events.iter().any(wanted);
        Ok(told(|event| matches!(event, PoolEvent::Ready))
            && told(|event| matches!(event, PoolEvent::Job(_))))
    }
}
