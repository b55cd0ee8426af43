//! The running miner: pools' links, boards' threads, the dispatcher between them, signals and the clock.
//!
//! One task on a single-threaded runtime; it decides nothing, it carries.

use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;

use super::fleet::{BoardPlan, Fleet};
use crate::miner::{
    Action, DispatchSettings, Dispatcher, Order, PoolSaid, Report, Snapshot, Ticket,
};
use crate::net::{LinkCommand, LinkEvent, LinkSettings, run_link};
use crate::pool::SessionSettings;
use crate::report::Console;
use crate::work::{Outcome, Share, SourceId};

/// Everything that a run of the miner needs.
pub(crate) struct Plan {
    /// Pools, most preferred first.
    pub(crate) pools: Vec<PoolPlan>,
    /// Boards to start with.
    pub(crate) boards: Vec<BoardPlan>,
    /// Boards that were plugged in since, from [`super::find::watch`].
    pub(crate) found: Option<mpsc::Receiver<Vec<BoardPlan>>>,
    /// How decisions are made.
    pub(crate) dispatch: DispatchSettings,
}

/// A pool of this run.
pub(crate) struct PoolPlan {
    /// How it is reached.
    pub(crate) link: LinkSettings,
    /// How it is spoken to.
    pub(crate) session: SessionSettings,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// A signal, or the time given.
    Asked,
    /// Every pool has failed, in a run that was to try once.
    NoPool,
}

/// Shares on their way get this long to be judged when the program ends.
const LAST_VERDICTS: Duration = Duration::from_secs(2);
/// Boards get this long to idle when the program ends.
const LAST_BOARDS: Duration = Duration::from_secs(5);
/// How often the console is told what is happening, and hot plug is looked after.
const LOOK: Duration = Duration::from_secs(1);
/// How long after an order the boards' next pieces of work are made: everything that waits for the order itself goes first.
const PREPARE_AFTER: Duration = Duration::from_millis(1);
/// Room for reports and events: far more than arrive between two turns of the loop.
const CHANNEL: usize = 1024;

/// The running miner.
pub(crate) struct Runtime {
    dispatcher: Dispatcher,
    links: Vec<mpsc::Sender<LinkCommand>>,
    said: mpsc::Receiver<(SourceId, LinkEvent)>,
    reports: mpsc::Receiver<Report>,
    /// Dropped to end the boards' threads.
    orders: Option<watch::Sender<Order>>,
    fleet: Fleet,
    found: Option<mpsc::Receiver<Vec<BoardPlan>>>,
    /// When the boards' next pieces of work are made, after an order.
    prepare_at: Option<Instant>,
    console: Console,
}

impl Runtime {
    /// Starts the links' tasks and the boards' threads of a plan.
    pub(crate) fn start(plan: Plan, console: Console) -> Self {
        let now = Instant::now();
        let named = plan
            .pools
            .iter()
            .map(|pool| (pool.link.endpoint.to_string(), pool.session.user.clone()));
        let mut dispatcher = Dispatcher::new(plan.dispatch, named, now);
        let (tell, said) = mpsc::channel(CHANNEL);
        let links = plan
            .pools
            .into_iter()
            .map(|pool| start_link(pool, tell.clone()))
            .collect();
        let (orders, order) = watch::channel(dispatcher.order().clone());
        let (report, reports) = mpsc::channel(CHANNEL);
        let mut fleet = Fleet::new(order, report);
        for board in plan.boards {
            fleet.add(board, &mut dispatcher, now);
        }
        Self {
            dispatcher,
            links,
            said,
            reports,
            orders: Some(orders),
            fleet,
            found: plan.found,
            prepare_at: None,
            console,
        }
    }

    /// Mines until a signal, the end of `length` or, with `once`, the failure of every pool; then idles the boards, waits for the last
    /// verdicts and sums up.
    ///
    /// # Errors
    /// When signals cannot be listened for.
    pub(crate) async fn run(
        self,
        length: Option<Duration>,
        once: bool,
    ) -> std::io::Result<(Snapshot, End)> {
        // As a task among the links', it follows them without a look at the sockets in between.
        let running = tokio::spawn(self.run_here(length, once));
        match running
            .await
            .map_err(tokio::task::JoinError::try_into_panic)
        {
            Ok(result) => result,
            Err(Ok(panic)) => std::panic::resume_unwind(panic),
            Err(Err(cancelled)) => Err(std::io::Error::other(cancelled)),
        }
    }

    async fn run_here(
        mut self,
        length: Option<Duration>,
        once: bool,
    ) -> std::io::Result<(Snapshot, End)> {
        let mut signals = Signals::new()?;
        let end = self.mine(length, once, &mut signals).await;
        self.wind_down(&mut signals).await;
        let snapshot = self.dispatcher.snapshot(Instant::now());
        self.console.finish(&snapshot);
        Ok((snapshot, end))
    }

    async fn mine(&mut self, length: Option<Duration>, once: bool, signals: &mut Signals) -> End {
        let end = Instant::now() + length.unwrap_or(Duration::from_secs(u64::from(u32::MAX)));
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // One timer for all turns: a new one each turn would be entered in the runtime's books between an order and its effect.
        let timer = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(timer);
        loop {
            self.act();
            let timeout = self.next_timeout().min(end).into();
            if timer.deadline() != timeout {
                timer.as_mut().reset(timeout);
            }
            // Not biased: whoever has much to say, a pool or a board, must not keep the others from being heard.
            tokio::select! {
                () = signals.any() => return End::Asked,
                Some((source, event)) = self.said.recv() => self.pool_said(source, event),
                Some(report) = self.reports.recv() => self.board_said(report),
                () = timer.as_mut() => self.handle_timeout(),
                Some(boards) = next_found(&mut self.found) => self.add(boards),
                _ = look.tick() => self.look(),
            }
            let now = Instant::now();
            if now >= end {
                return End::Asked;
            }
            if once && self.dispatcher.all_pools_failed(now) {
                return End::NoPool;
            }
        }
    }

    fn next_timeout(&self) -> Instant {
        let timeout = self.dispatcher.poll_timeout();
        self.prepare_at
            .map_or(timeout, |prepare| prepare.min(timeout))
    }

    fn handle_timeout(&mut self) {
        let now = Instant::now();
        if self.prepare_at.is_some_and(|prepare| now >= prepare) {
            self.prepare_at = None;
            self.fleet.prepare();
        }
        if now >= self.dispatcher.poll_timeout() {
            self.dispatcher.handle_timeout(now);
        }
    }

    /// Idles the boards, waits for the last verdicts, then for the boards' threads; nothing stays open in the books.
    async fn wind_down(&mut self, signals: &mut Signals) {
        self.dispatcher.stop();
        self.act();
        self.last_verdicts(signals).await;
        self.orders = None;
        self.fleet.ring();
        self.last_boards(signals).await;
        while let Ok(report) = self.reports.try_recv() {
            self.board_said(report);
        }
        self.dispatcher.give_up_waiting(Instant::now());
        self.act();
    }

    async fn last_verdicts(&mut self, signals: &mut Signals) {
        let deadline = Instant::now() + LAST_VERDICTS;
        let pending = self.dispatcher.pending();
        if pending > 0 {
            let seconds = LAST_VERDICTS.as_secs();
            tracing::debug!(
                "waiting up to {seconds} s for the verdicts on shares under way: {pending}"
            );
        }
        while self.dispatcher.pending() > 0 && self.serve_until(deadline, signals).await {}
    }

    async fn last_boards(&mut self, signals: &mut Signals) {
        let deadline = Instant::now() + LAST_BOARDS;
        while !self.fleet.is_idle() {
            let soon = Instant::now() + Duration::from_millis(5);
            if soon >= deadline {
                tracing::warn!(
                    "some boards did not stop within {} s",
                    LAST_BOARDS.as_secs()
                );
                return;
            }
            self.serve_until(soon, signals).await;
        }
    }

    /// Handles one event of pools or boards; `false`: the time is up. A signal now ends the program at once.
    async fn serve_until(&mut self, deadline: Instant, signals: &mut Signals) -> bool {
        if Instant::now() >= deadline {
            return false;
        }
        tokio::select! {
            () = signals.any() => {
                self.console.clear();
                std::process::exit(1)
            }
            Some((source, event)) = self.said.recv() => self.pool_said(source, event),
            Some(report) = self.reports.recv() => self.board_said(report),
            () = tokio::time::sleep_until(deadline.into()) => return false,
        }
        self.act();
        true
    }

    /// Does what the dispatcher wants. Orders come out before the notices about them: people wait, boards do not.
    fn act(&mut self) {
        while let Some(action) = self.dispatcher.poll_action() {
            match action {
                Action::Order(order) => self.order(&order),
                Action::Submit(pool, ticket, share) => self.submit(pool, ticket, share),
                Action::Connect(pool) => self.command(pool, LinkCommand::Connect),
                Action::Disconnect(pool, why) => self.command(pool, LinkCommand::Disconnect(why)),
                Action::Tell(notice) => self.console.notice(&notice, Instant::now()),
            }
        }
    }

    fn order(&mut self, order: &Order) {
        if let Some(orders) = &self.orders {
            orders.send_replace(order.clone());
            self.prepare_at = Some(Instant::now() + PREPARE_AFTER);
            for report in self.fleet.give(order) {
                self.board_said(report);
            }
        }
    }

    fn submit(&mut self, pool: SourceId, ticket: Ticket, share: Share) {
        let sent = self.links[usize::from(pool.0)].try_send(LinkCommand::Submit {
            share,
            ticket: ticket.0,
        });
        if sent.is_err() {
            let said = PoolSaid::Verdict {
                ticket,
                outcome: Outcome::Unknown,
                latency: None,
            };
            self.dispatcher.pool_said(pool, said, Instant::now());
        }
    }

    fn command(&mut self, pool: SourceId, command: LinkCommand) {
        if self.links[usize::from(pool.0)].try_send(command).is_err() {
            tracing::error!(pool = pool.0, "the pool's link takes no commands");
        }
    }

    fn pool_said(&mut self, source: SourceId, event: LinkEvent) {
        let said = match event {
            LinkEvent::Connecting => PoolSaid::Connecting,
            LinkEvent::Connected => PoolSaid::Connected,
            LinkEvent::Pool(event) => PoolSaid::Event(event),
            LinkEvent::Complaint(words) => PoolSaid::Complaint(words),
            LinkEvent::Verdict {
                ticket,
                outcome,
                latency,
            } => PoolSaid::Verdict {
                ticket: Ticket(ticket),
                outcome,
                latency,
            },
            LinkEvent::Lost { why, .. } => PoolSaid::Lost(why),
        };
        self.dispatcher.pool_said(source, said, Instant::now());
    }

    fn board_said(&mut self, report: Report) {
        self.fleet.heard(&report);
        self.dispatcher.board_said(report, Instant::now());
    }

    fn add(&mut self, boards: Vec<BoardPlan>) {
        let now = Instant::now();
        for board in boards {
            self.fleet.add_new(board, &mut self.dispatcher, now);
        }
    }

    fn look(&mut self) {
        let now = Instant::now();
        self.fleet.look_around(&mut self.dispatcher, now);
        self.fleet.watch();
        self.console.update(&self.dispatcher.snapshot(now), now);
    }
}

/// Boards that were plugged in; never, if nobody looks.
async fn next_found(found: &mut Option<mpsc::Receiver<Vec<BoardPlan>>>) -> Option<Vec<BoardPlan>> {
    match found {
        Some(found) => found.recv().await,
        None => None,
    }
}

fn start_link(
    pool: PoolPlan,
    tell: mpsc::Sender<(SourceId, LinkEvent)>,
) -> mpsc::Sender<LinkCommand> {
    let (commands, command) = mpsc::channel(CHANNEL);
    let session = (pool.link.endpoint.protocol.session)(pool.session);
    tokio::spawn(run_link(pool.link, session, command, tell));
    commands
}

/// SIGINT and SIGTERM, listened for by a task of their own: a look at this one channel costs less than a look at each signal.
pub(crate) struct Signals(mpsc::Receiver<()>);

impl Signals {
    pub(crate) fn new() -> std::io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        let (tell, told) = mpsc::channel(2);
        tokio::spawn(listen(interrupt, terminate, tell));
        Ok(Self(told))
    }

    /// Comes when either does.
    pub(crate) async fn any(&mut self) {
        if self.0.recv().await.is_none() {
            // The runtime is about to end; nobody will signal any more.
            std::future::pending::<()>().await;
        }
    }
}

async fn listen(mut interrupt: Signal, mut terminate: Signal, tell: mpsc::Sender<()>) {
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if tell.send(()).await.is_err() {
            return;
        }
    }
}
