//! The boards of this run: opened on their threads, watched, and opened again when they are plugged in again.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc::error::SendError;
use tokio::sync::{mpsc, watch};

use super::links::Ways;
use super::runtime::Visitor;
use crate::board::{Board, BoardError, BoardOptions, Emulated, Links, Model};
use crate::miner::thread::{BoardThread, Heard, Watch};
use crate::miner::{BoardId, Dispatcher, Opener, Order, Report, Said};
use crate::transport::{Stoppable, TransportError};

/// A board of this run: what it is and how it is reached.
#[derive(Debug, Clone)]
pub(crate) struct BoardPlan {
    /// Its model.
    pub(crate) model: &'static Model,
    /// How it is reached.
    pub(crate) reach: Reach,
    /// Its options.
    pub(crate) options: BoardOptions,
}

/// How a board is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    /// By this serial port.
    Port(PathBuf),
    /// It is an emulator inside the program; the name that people see.
    Simulated(String),
    /// It is the host's own processor; the name that people see.
    Host(String),
}

impl BoardPlan {
    /// Where it is, for people.
    pub(crate) fn place(&self) -> String {
        match &self.reach {
            Reach::Port(path) => path.display().to_string(),
            Reach::Simulated(name) | Reach::Host(name) => name.clone(),
        }
    }

    /// What it is and where, for people: a simulated board is never passed off as a real one.
    pub(crate) fn described(&self) -> String {
        let simulated = match self.reach {
            Reach::Simulated(_) => " (simulated)",
            _ => "",
        };
        format!("{}{simulated} at {}", self.model.name, self.place())
    }

    /// Whether both are at one serial port, by whatever links they name it, or at two ports of one board.
    pub(crate) fn has_port_of(&self, other: &Self) -> bool {
        let theirs = other.ports();
        self.ports()
            .iter()
            .any(|path| path.is_some() && theirs.contains(path))
    }

    /// Its ports, links followed.
    fn ports(&self) -> [Option<PathBuf>; 2] {
        let real = |path: PathBuf| path.canonicalize().unwrap_or(path);
        match self.ways() {
            Some(Ok(ways)) => [Some(real(ways.data)), ways.control.map(real)],
            Some(Err(_)) | None => match &self.reach {
                Reach::Port(path) => [Some(real(path.clone())), None],
                Reach::Simulated(_) | Reach::Host(_) => [None, None],
            },
        }
    }

    /// The nodes that lead to it, if it is reached by ports.
    fn ways(&self) -> Option<Result<Ways, TransportError>> {
        let Reach::Port(path) = &self.reach else {
            return None;
        };
        Some(Ways::to(self.model, path))
    }

    /// Opens it: the transport first, then the driver over it. The board is not spoken to yet.
    /// Bringing it up ends when `stop` says so.
    pub(crate) fn open(
        &self,
        stop: impl Fn() -> bool + Send + 'static,
    ) -> Result<Box<dyn Board>, BoardError> {
        let mut links = match &self.reach {
            Reach::Port(path) => Ways::to(self.model, path)?.open(self.model, &self.options)?,
            Reach::Simulated(_) => self.emulated()?.real_time(&self.place()),
            Reach::Host(_) => Links::default(),
        };
        links.data = links
            .data
            .map(|data| Box::new(Stoppable::new(data, stop)) as _);
        (self.model.open)(links, &self.remembering()?)
    }

    /// The options, with the folder where a real board's tuner keeps what it found unless another was named.
    fn remembering(&self) -> Result<BoardOptions, BoardError> {
        const KEY: &str = "state-dir";
        let real = matches!(self.reach, Reach::Port(_));
        let takes = self.model.options.iter().any(|option| option.key == KEY);
        let named = self.options.text(KEY).is_some();
        match state_dir().filter(|_| real && takes && !named) {
            Some(folder) => self.options.clone().with(KEY, &folder.to_string_lossy()),
            None => Ok(self.options.clone()),
        }
    }

    fn emulated(&self) -> Result<Emulated, BoardError> {
        let emulate = self.model.emulate;
        emulate.ok_or(BoardError::NoEmulator(self.model.name))?(&self.options)
    }

    /// The number of its port's node; `None`: a port is not there, or there is no port.
    fn node(&self) -> Option<u64> {
        let ways = self.ways()?.ok()?;
        let number = |path: &PathBuf| std::fs::metadata(path).ok().map(|node| node.ino());
        ways.control.as_ref().map_or(Some(0), number)?;
        number(&ways.data)
    }

    /// Opens it each time anew, for as long as somebody gives `orders`.
    fn opener(&self, orders: &watch::Receiver<Order>) -> Opener {
        let (plan, orders) = (self.clone(), orders.clone());
        Box::new(move || {
            let orders = orders.clone();
            plan.open(move || orders.has_changed().is_err())
        })
    }
}

/// Where programs keep what is not configuration, by the XDG base directory specification.
fn state_dir() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let folder = set("XDG_STATE_HOME").map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(set("HOME")?).join(".local/state")))?;
    Some(folder.join("midstate"))
}

/// From so many boards on one thread watches all their ports. With fewer a board's own thread is sooner at the board's next work, by more
/// than its share is later at the pool (`cargo bench --bench latency`).
const WATCHED_FROM: usize = 100;

/// Boards get this long to idle when the program ends.
pub(super) const LAST_BOARDS: Duration = Duration::from_secs(5);

/// Every board of this run.
pub(crate) struct Fleet {
    members: Vec<Member>,
    orders: watch::Receiver<Order>,
    reports: mpsc::Sender<Report>,
}

struct Member {
    id: BoardId,
    plan: BoardPlan,
    thread: Option<BoardThread>,
    /// Given up: it is opened again only when it was plugged in again.
    parked: bool,
    /// Which port node it was opened at; another one at the same path means that it was plugged in again.
    node: Option<u64>,
}

impl Member {
    /// Its thread has ended, and the port is there: as it was, if the board was only gone; as another node, if it was given up.
    fn is_plugged_in_again(&self) -> bool {
        let ended = self.thread.as_ref().is_none_or(BoardThread::is_finished);
        let node = self.plan.node();
        ended && node.is_some() && (!self.parked || node != self.node)
    }
}

impl Fleet {
    /// A fleet without boards.
    pub(crate) fn new(orders: watch::Receiver<Order>, reports: mpsc::Sender<Report>) -> Self {
        Self {
            members: Vec::new(),
            orders,
            reports,
        }
    }

    /// Adds a board and starts its thread.
    pub(crate) fn add(&mut self, plan: BoardPlan, dispatcher: &mut Dispatcher, now: Instant) {
        let id = BoardId(self.members.len() as u32);
        self.members.push(Member {
            id,
            plan,
            thread: None,
            parked: false,
            node: None,
        });
        self.start(self.members.len() - 1, dispatcher, now);
    }

    /// Adds a board that was found, unless one at its port is in the fleet.
    pub(crate) fn add_new(&mut self, plan: BoardPlan, dispatcher: &mut Dispatcher, now: Instant) {
        if !self
            .members
            .iter()
            .any(|member| member.plan.has_port_of(&plan))
        {
            self.add(plan, dispatcher, now);
        }
    }

    /// Tells every board's thread to look at its orders.
    pub(crate) fn ring(&self) {
        self.members
            .iter()
            .filter_map(|member| member.thread.as_ref())
            .for_each(BoardThread::ring);
    }

    /// Brings an order to every board; what boards said to it.
    pub(crate) fn give(&self, order: &Order) -> Vec<Report> {
        let mut reports = Vec::new();
        for thread in self
            .members
            .iter()
            .filter_map(|member| member.thread.as_ref())
        {
            thread.give(order, &mut |report| reports.push(report));
        }
        reports
    }

    /// Makes the next piece of work of every board that only waits: before it is asked for.
    pub(crate) fn prepare(&self) {
        let threads = self
            .members
            .iter()
            .filter_map(|member| member.thread.as_ref());
        threads.for_each(BoardThread::prepare);
    }

    /// Whether every thread has ended.
    pub(crate) fn is_idle(&self) -> bool {
        self.members
            .iter()
            .filter_map(|member| member.thread.as_ref())
            .all(BoardThread::is_finished)
    }

    /// Takes note of how a board's thread ends.
    pub(crate) fn heard(&mut self, report: &Report) {
        if let Some(member) = self.members.get_mut(report.board.0 as usize) {
            member.parked = matches!(report.said, Said::Parked(_));
        }
    }

    /// In a large fleet, watches the ports of boards that have just started, on this thread: what they find is on its way to the pool
    /// without a change of threads.
    pub(crate) fn watch(&self, visitor: &Visitor) {
        if self.members.len() < WATCHED_FROM {
            return;
        }
        let threads = self
            .members
            .iter()
            .filter_map(|member| member.thread.as_ref());
        for watch in threads.filter_map(BoardThread::watch) {
            tokio::spawn(hear_out(watch, visitor.clone(), self.reports.clone()));
        }
    }

    /// Looks after boards whose thread has ended: those whose port is back are started again.
    pub(crate) fn look_around(&mut self, dispatcher: &mut Dispatcher, now: Instant) {
        for index in 0..self.members.len() {
            if self.members[index].is_plugged_in_again() {
                self.start(index, dispatcher, now);
            }
        }
    }

    fn start(&mut self, index: usize, dispatcher: &mut Dispatcher, now: Instant) {
        let member = &mut self.members[index];
        dispatcher.board_opened(member.id, &member.plan.place(), member.plan.model.name, now);
        member.node = member.plan.node();
        let opener = member.plan.opener(&self.orders);
        match BoardThread::spawn(member.id, opener, self.orders.clone(), self.reports.clone()) {
            Ok(thread) => member.thread = Some(thread),
            Err(error) => {
                let said = Said::Parked(format!("the system starts no more threads: {error}"));
                dispatcher.board_said(
                    Report {
                        board: member.id,
                        at: now,
                        said,
                    },
                    now,
                );
            }
        }
    }
}

/// A program that ends by a panic of its own takes the boards' threads with it: they get the time to leave their boards cool. The orders
/// have ended by then.
impl Drop for Fleet {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        self.ring();
        let deadline = Instant::now() + LAST_BOARDS;
        while !self.is_idle() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Hears a board out whenever it speaks, until this run of it is over.
async fn hear_out(watch: Watch, visitor: Visitor, reports: mpsc::Sender<Report>) {
    // Without a place in the event loop the board's own thread goes on watching.
    #[expect(
        deprecated,
        reason = "its successor is unsafe to call; the watch owns the descriptor for as long as it is registered"
    )]
    let Ok(port) = AsyncFd::with_interest(watch, Interest::READABLE) else {
        return;
    };
    let mut said = Vec::new();
    while let Ok(mut ready) = port.readable().await {
        let heard = port.get_ref().hear(&mut |report| said.push(report));
        match heard {
            Heard::Out => ready.clear_ready(),
            Heard::More => ready.retain_ready(),
            Heard::Over => {}
        }
        for report in said.drain(..) {
            if tell(report, &visitor, &reports).await.is_err() {
                return;
            }
        }
        match heard {
            Heard::Out => {}
            Heard::More => tokio::task::yield_now().await,
            Heard::Over => return,
        }
    }
}

/// Brings a report to the desk, or puts it in line behind those that are waiting there.
async fn tell(
    report: Report,
    visitor: &Visitor,
    reports: &mpsc::Sender<Report>,
) -> Result<(), SendError<Report>> {
    let is_next = reports.capacity() == reports.max_capacity();
    let report = if is_next {
        visitor.report(report)
    } else {
        Some(report)
    };
    match report {
        Some(report) => reports.send(report).await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::miner::DispatchSettings;

    fn at(path: PathBuf) -> BoardPlan {
        BoardPlan {
            model: crate::board::model("icarus").unwrap(),
            reach: Reach::Port(path),
            options: BoardOptions::none(),
        }
    }

    /// Found by hand: a port named twice, or named and found by itself under another name, became two boards that fought for it.
    #[test]
    fn a_port_is_one_port_under_all_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let port = folder.path().join("ttyUSB0");
        std::fs::write(&port, "").unwrap();
        let link = folder.path().join("by-id");
        std::os::unix::fs::symlink(&port, &link).unwrap();
        assert!(at(port.clone()).has_port_of(&at(link.clone())));
        assert!(!at(port).has_port_of(&at(folder.path().join("ttyUSB1"))));
        assert!(at("/nowhere".into()).has_port_of(&at("/nowhere".into())));
    }

    /// A panic of the program itself, with a board that runs: when it has been dealt with, the board has been stopped.
    #[test]
    fn a_panic_of_the_program_stops_its_boards_first() {
        let plan = BoardPlan {
            model: crate::board::model("cpu").unwrap(),
            reach: Reach::Host("cpu0".to_owned()),
            options: BoardOptions::none(),
        };
        let (report, mut reports) = mpsc::channel(64);
        let (started, running) = std::sync::mpsc::channel();
        let program = std::thread::spawn(move || {
            let now = Instant::now();
            let mut dispatcher = Dispatcher::new(DispatchSettings::default(), [], now);
            let (orders, order) = watch::channel(dispatcher.order().clone());
            let mut fleet = Fleet::new(order, report);
            // As at the desk, where the orders end before the fleet does.
            let _orders = orders;
            fleet.add(plan, &mut dispatcher, now);
            running.recv().unwrap();
            panic!("a panic that the test wants");
        });
        let said = |report: Report| report.said;
        let first = reports.blocking_recv().map(said);
        assert!(matches!(first, Some(Said::Started(_))), "{first:?}");
        started.send(()).unwrap();
        assert!(program.join().is_err());
        let mut last = None;
        while let Ok(report) = reports.try_recv() {
            last = Some(report.said);
        }
        assert!(matches!(last, Some(Said::Stopped)), "{last:?}");
    }
}
