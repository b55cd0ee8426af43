//! The running miner: pools' links, boards' threads, the dispatcher between them, signals and the clock.
//!
//! One task on a single-threaded runtime; it decides nothing, it carries. What a link or a watched board brings goes straight to the
//! desk, on the same thread.

mod desk;
mod signals;

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;

use super::fleet::{BoardPlan, Fleet};
use crate::miner::{DispatchSettings, Dispatcher, Report, Snapshot};
use crate::net::{Events, LinkCommand, LinkEvent, LinkSettings, run_link};
use crate::pool::SessionSettings;
use crate::report::Console;
use crate::work::SourceId;
pub(super) use desk::Visitor;
use desk::{Desk, SharedDesk};
pub(crate) use signals::Signals;

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
    /// No pool ever gave work, or every one has failed, in a run that was to try once.
    NoPool,
}

/// Shares on their way get this long to be judged when the program ends.
const LAST_VERDICTS: Duration = Duration::from_secs(2);
/// And a share that a board found last of all at least this long.
const LAST_WORD: Duration = Duration::from_millis(300);
/// Boards get this long to idle when the program ends.
const LAST_BOARDS: Duration = Duration::from_secs(5);
/// Those with regulators get this long to switch off: one may be in the middle of its bring-up.
const LAST_HOT_BOARDS: Duration = Duration::from_secs(30);
/// How often the console is told what is happening, and hot plug is looked after.
const LOOK: Duration = Duration::from_secs(1);
/// Room for reports and events: far more than arrive between two turns of the loop.
const CHANNEL: usize = 1024;

/// The running miner.
pub(crate) struct Runtime {
    desk: SharedDesk,
    said: mpsc::Receiver<(SourceId, LinkEvent)>,
    reports: mpsc::Receiver<Report>,
    found: Option<mpsc::Receiver<Vec<BoardPlan>>>,
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
        let (orders, order) = watch::channel(dispatcher.order().clone());
        let (report, reports) = mpsc::channel(CHANNEL);
        let mut fleet = Fleet::new(order, report);
        for board in plan.boards {
            fleet.add(board, &mut dispatcher, now);
        }
        let desk = SharedDesk::new(Desk {
            dispatcher,
            links: Vec::new(),
            orders: Some(orders),
            fleet,
            prepare_at: None,
            console,
        });
        let (tell, said) = mpsc::channel(CHANNEL);
        let start = |pool| start_link(pool, Events::heard_by(tell.clone(), desk.ear()));
        let links = plan.pools.into_iter().map(start).collect();
        desk.lock().links = links;
        Self {
            desk,
            said,
            reports,
            found: plan.found,
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
        let mut end = self.mine(length, once, &mut signals).await;
        if once && !self.desk.lock().dispatcher.had_pool() {
            end = End::NoPool;
        }
        self.wind_down(&mut signals).await;
        let snapshot = self.desk.lock().finish();
        Ok((snapshot, end))
    }

    async fn mine(&mut self, length: Option<Duration>, once: bool, signals: &mut Signals) -> End {
        let end = Instant::now() + length.unwrap_or(Duration::from_secs(u64::from(u32::MAX)));
        let visitor = self.desk.visitor();
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // One timer for all turns: a new one each turn would be entered in the runtime's books between an order and its effect.
        let timer = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(timer);
        loop {
            let timeout = self.act().min(end).into();
            if timer.deadline() != timeout {
                timer.as_mut().reset(timeout);
            }
            // Not biased: whoever has much to say, a pool or a board, must not keep the others from being heard.
            tokio::select! {
                () = signals.any() => return End::Asked,
                Some((source, event)) = self.said.recv() => self.desk.lock().pool_said(source, event),
                Some(report) = self.reports.recv() => self.desk.lock().board_said(report),
                () = timer.as_mut() => self.desk.lock().handle_timeout(),
                () = self.desk.changed() => {}
                Some(boards) = next_found(&mut self.found) => self.desk.lock().add(boards),
                _ = look.tick() => self.desk.lock().look(&visitor),
            }
            let now = Instant::now();
            if now >= end {
                return End::Asked;
            }
            if once && self.desk.lock().dispatcher.all_pools_failed(now) {
                return End::NoPool;
            }
        }
    }

    /// Does what there is to do, and says when there is something to do again.
    fn act(&self) -> Instant {
        let mut desk = self.desk.lock();
        desk.act();
        desk.next_timeout()
    }

    /// Idles the boards, waits for their threads and for the last verdicts; nothing stays open in the books.
    async fn wind_down(&mut self, signals: &mut Signals) {
        let begun = Instant::now();
        self.desk.lock().dispatcher.stop();
        self.act();
        self.tell_of_pending();
        self.end_boards();
        self.last_boards(begun, signals).await;
        while let Ok(report) = self.reports.try_recv() {
            self.desk.lock().board_said(report);
        }
        self.act();
        // What a board said last has a chance to be judged, too.
        let deadline = (begun + LAST_VERDICTS).max(Instant::now() + LAST_WORD);
        while self.pending() > 0 && self.serve_until(deadline, signals).await {}
        let mut desk = self.desk.lock();
        desk.dispatcher.give_up_waiting(Instant::now());
        desk.act();
    }

    fn tell_of_pending(&self) {
        let pending = self.pending();
        if pending > 0 {
            let seconds = LAST_VERDICTS.as_secs();
            tracing::debug!(
                "waiting up to {seconds} s for the verdicts on shares under way: {pending}"
            );
        }
    }

    fn pending(&self) -> usize {
        self.desk.lock().dispatcher.pending()
    }

    fn end_boards(&self) {
        let mut desk = self.desk.lock();
        desk.orders = None;
        desk.fleet.ring();
    }

    /// Waits for the boards' threads: for those that could stay hot, a good while.
    async fn last_boards(&mut self, begun: Instant, signals: &mut Signals) {
        let mut told = false;
        loop {
            let (idle, cold) = {
                let desk = self.desk.lock();
                (desk.fleet.is_idle(), desk.fleet.is_cold())
            };
            let waited = begun.elapsed();
            if idle || (cold && waited >= LAST_BOARDS) || waited >= LAST_HOT_BOARDS {
                self.desk.lock().fleet.was_waited_for();
                tell_of_boards(idle, cold);
                return;
            }
            if waited >= LAST_BOARDS && !std::mem::replace(&mut told, true) {
                tracing::warn!("waiting until every board's voltage is off");
            }
            let soon = Instant::now() + Duration::from_millis(5);
            self.serve_until(soon, signals).await;
        }
    }

    /// The second signal: nobody waits for pools any more, but no board is left hot. A third one ends the program at once.
    async fn leave(&self, signals: &mut Signals) -> ! {
        self.end_boards();
        let deadline = Instant::now() + LAST_HOT_BOARDS;
        while !self.desk.lock().fleet.is_cold() && Instant::now() < deadline {
            tokio::select! {
                () = signals.any() => break,
                () = tokio::time::sleep(Duration::from_millis(5)) => {}
            }
        }
        self.desk.lock().console.clear();
        std::process::exit(1)
    }

    /// Handles one event of pools or boards; `false`: the time is up. Another signal ends the program as soon as the boards are cool.
    async fn serve_until(&mut self, deadline: Instant, signals: &mut Signals) -> bool {
        if Instant::now() >= deadline {
            return false;
        }
        tokio::select! {
            () = signals.any() => self.leave(signals).await,
            Some((source, event)) = self.said.recv() => self.desk.lock().pool_said(source, event),
            Some(report) = self.reports.recv() => self.desk.lock().board_said(report),
            () = self.desk.changed() => {}
            () = tokio::time::sleep_until(deadline.into()) => return false,
        }
        self.act();
        true
    }
}

fn tell_of_boards(idle: bool, cold: bool) {
    let seconds = LAST_BOARDS.as_secs();
    match (idle, cold) {
        (true, _) => {}
        (false, true) => tracing::warn!("some boards did not stop within {seconds} s"),
        (false, false) => tracing::error!(
            "some boards did not stop and may be under voltage: take their power away"
        ),
    }
}

/// Boards that were plugged in; never, if nobody looks.
async fn next_found(found: &mut Option<mpsc::Receiver<Vec<BoardPlan>>>) -> Option<Vec<BoardPlan>> {
    match found {
        Some(found) => found.recv().await,
        None => None,
    }
}

fn start_link(pool: PoolPlan, tell: Events) -> mpsc::Sender<LinkCommand> {
    let (commands, command) = mpsc::channel(CHANNEL);
    let session = (pool.link.endpoint.protocol.session)(pool.session);
    tokio::spawn(run_link(pool.link, session, command, tell));
    commands
}
