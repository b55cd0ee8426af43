//! The whole miner in one thread on virtual time: pools, wires, dispatcher, boards; and the books that must balance.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use midstate::board::software::{Clock, Software};
use midstate::board::{BoardOptions, Gauge, Links, Model, Truth, model};
use midstate::miner::{
    Action, BoardId, DispatchSettings, Dispatcher, Keeper, Next, Opener, Order, Report, Said,
    Snapshot,
};
use midstate::pool::{EmulatorSettings, PROTOCOLS, Protocol};
use midstate::transport::{EmulatedTransport, Fault, Faults, Plug, VirtualClock};
use midstate::units::Target;
use midstate::work::SourceId;

use super::fragile::Fragile;
use super::link::Link;
use super::witness::{Seen, Witness};

/// Grain of the simulation: pools and boards meet this often.
const STEP: Duration = Duration::from_millis(20);

/// A simulated board.
pub(crate) struct SimBoard {
    keeper: Keeper,
    place: Place,
    resume_at: Instant,
    ended: bool,
    /// The hottest that its chips truly were, degrees Celsius.
    pub(crate) hottest: f64,
}

impl SimBoard {
    /// Pulls it out, all its ports at once.
    pub(crate) fn unplug(&self) {
        let plugs = self.place.plugs();
        assert!(!plugs.is_empty(), "it was opened");
        plugs.iter().for_each(Plug::unplug);
    }

    /// Pulls its data port out, and no other: a cable inside, or a driver of the system that died.
    pub(crate) fn unplug_data(&self) {
        self.place.plugs().first().expect("it was opened").unplug();
    }

    /// Makes its driver panic when it next reads from its data port.
    pub(crate) fn panic(&self) {
        self.place.panics.store(true, Ordering::Relaxed);
    }

    /// What is truly the case at the board that was opened here first, second, ...
    pub(crate) fn truth(&self, opened: usize) -> Truth {
        self.place.gauges()[opened].read()
    }

    /// The same of a board that no driver has any more, a second later.
    pub(crate) fn left(&self, opened: usize) -> Truth {
        self.place.gauges()[opened].after(Duration::from_secs(1))
    }

    /// The same when so much time has gone by.
    pub(crate) fn left_for(&self, opened: usize, time: Duration) -> Truth {
        self.place.gauges()[opened].after(time)
    }

    /// How often it was opened.
    pub(crate) fn opened(&self) -> usize {
        self.place.gauges().len()
    }

    fn feel(&mut self) {
        let newest = self.place.gauges().last().map(Gauge::read);
        if let Some(truth) = newest {
            self.hottest = self.hottest.max(truth.celsius);
        }
    }
}

/// Where a board is plugged in.
#[derive(Clone)]
struct Place {
    clock: VirtualClock,
    /// The switches that pull the newest transports out.
    plugs: Arc<Mutex<Vec<Plug>>>,
    /// At every board that was opened here, in order; of kinds that can be gauged.
    gauges: Arc<Mutex<Vec<Gauge>>>,
    panics: Arc<AtomicBool>,
}

impl Place {
    fn new(now: Instant) -> Self {
        Self {
            clock: VirtualClock::new(now),
            plugs: Arc::default(),
            gauges: Arc::default(),
            panics: Arc::default(),
        }
    }

    fn plugs(&self) -> MutexGuard<'_, Vec<Plug>> {
        self.plugs.lock().expect("no test panics with it")
    }

    fn gauges(&self) -> MutexGuard<'_, Vec<Gauge>> {
        self.gauges.lock().expect("no test panics with it")
    }
}

/// The whole miner.
pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) links: Vec<Link>,
    pub(crate) boards: Vec<SimBoard>,
    pub(crate) notices: Vec<String>,
    /// What independent witnesses saw on the boards' lines.
    pub(crate) seen: Arc<Seen>,
    /// Shares that the engines told.
    pub(crate) told: u64,
    /// Answers that were no right nonce: wrong nonces and garbage.
    pub(crate) bad: u64,
    share_target: Target,
    start: Instant,
    /// The newest order.
    order: Option<Order>,
}

impl World {
    /// A miner with these pools, most preferred first, all of the same share difficulty.
    pub(crate) fn new(seed: u64, settings: DispatchSettings, pools: Vec<EmulatorSettings>) -> Self {
        let pools = pools.into_iter().map(|pool| (PROTOCOLS[0], pool));
        Self::of(seed, settings, pools.collect())
    }

    /// The same with pools of these protocols.
    pub(crate) fn of(
        seed: u64,
        settings: DispatchSettings,
        pools: Vec<(&'static Protocol, EmulatorSettings)>,
    ) -> Self {
        let start = Instant::now();
        let one = pools[0].1.algorithm.difficulty_one();
        let share_target = Target::from_difficulty_of(pools[0].1.difficulty, one);
        let named = pools.iter().enumerate().map(|(index, (protocol, _))| {
            let url = format!("{}://pool{index}:3333", protocol.plain_schemes[0]);
            (url, "worker".to_owned())
        });
        let dispatcher = Dispatcher::new(settings, named, start);
        let links = (0..).zip(pools).map(|(index, (protocol, pool))| {
            Link::new(SourceId(index), seed ^ u64::from(index), protocol, pool)
        });
        Self {
            now: start,
            dispatcher,
            links: links.collect(),
            boards: Vec::new(),
            notices: Vec::new(),
            seen: Arc::default(),
            told: 0,
            bad: 0,
            share_target,
            start,
            order: None,
        }
    }

    /// Adds a board of `name` with `options`, behind a line with `faults`. Boards with plain Icarus frames are `witnessed`.
    pub(crate) fn add(&mut self, name: &str, options: &str, faults: Faults, witnessed: bool) {
        let id = BoardId(self.boards.len() as u32);
        let model = model(name).expect("the model exists");
        let options = BoardOptions::parse(options).expect("the options parse");
        let place = Place::new(self.now);
        let witness = witnessed.then(|| (self.share_target, Arc::clone(&self.seen)));
        let open = opener(model, options, faults, witness, &place);
        self.join(id, model.name, open, place);
    }

    /// Adds a thread of the processor that does `rate` hashes a second of virtual time.
    pub(crate) fn add_processor(&mut self, rate: f64) {
        let id = BoardId(self.boards.len() as u32);
        let place = Place::new(self.now);
        let its_clock = place.clock.clone();
        let open: Opener = Box::new(move || {
            let clock = Clock::virtual_from(its_clock.now(), rate);
            Ok(Box::new(Software::new(&BoardOptions::none(), clock)?))
        });
        self.join(id, "cpu", open, place);
    }

    fn join(&mut self, id: BoardId, model: &'static str, open: Opener, place: Place) {
        self.dispatcher
            .board_opened(id, &format!("sim{id}"), model, self.now);
        self.boards.push(SimBoard {
            keeper: Keeper::new(id, open),
            place,
            resume_at: self.now,
            ended: false,
            hottest: f64::MIN,
        });
    }

    /// Plugs a board of `name` in where the one at `index` was: the system sees a new one at the old place.
    pub(crate) fn replug(&mut self, index: usize, name: &str, options: &str) {
        let model = model(name).expect("the model exists");
        let options = BoardOptions::parse(options).expect("the options parse");
        let board = &mut self.boards[index];
        let open = opener(model, options, Faults::default(), None, &board.place);
        let id = BoardId(index as u32);
        board.place.clock.advance_to(self.now);
        board.keeper = Keeper::new(id, open);
        board.resume_at = self.now;
        board.ended = false;
        self.dispatcher
            .board_opened(id, &format!("sim{id}"), model.name, self.now);
        // A keeper hears of the order when it is made.
        if let Some(order) = &self.order {
            let (order, now) = (order.clone(), self.now);
            self.boards[index].keeper.obey(order, now, &mut |_| {});
        }
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, time: Duration) {
        let until = self.now + time;
        while self.now < until {
            self.step();
        }
    }

    /// Seconds since the start.
    pub(crate) fn seconds(&self) -> u64 {
        self.now.duration_since(self.start).as_secs()
    }

    fn step(&mut self) {
        self.now += STEP;
        for index in 0..self.links.len() {
            for said in self.links[index].step(self.now) {
                self.dispatcher
                    .pool_said(SourceId(index as u16), said, self.now);
            }
        }
        if self.dispatcher.poll_timeout() <= self.now {
            self.dispatcher.handle_timeout(self.now);
        }
        self.act();
        for index in 0..self.boards.len() {
            self.board_turns(index);
        }
        self.act();
    }

    fn act(&mut self) {
        while let Some(action) = self.dispatcher.poll_action() {
            match action {
                Action::Order(order) => {
                    self.order = Some(order.clone());
                    for index in 0..self.boards.len() {
                        let mut reports = Vec::new();
                        self.boards[index]
                            .keeper
                            .obey(order.clone(), self.now, &mut |report| reports.push(report));
                        self.reported(reports);
                    }
                }
                Action::Connect(pool) => self.links[usize::from(pool.0)].connect(self.now),
                Action::Disconnect(pool, why) => {
                    self.links[usize::from(pool.0)].disconnect(&why, self.now);
                }
                Action::Submit(pool, ticket, share) => {
                    self.links[usize::from(pool.0)].submit(ticket, &share, self.now);
                }
                Action::Tell(notice) => {
                    self.notices.push(format!("{} s: {notice}", self.seconds()));
                }
            }
        }
    }

    fn board_turns(&mut self, index: usize) {
        while !self.boards[index].ended && self.boards[index].is_behind(self.now) {
            let board = &mut self.boards[index];
            let mut reports = Vec::new();
            if board.keeper.board_time().is_none() {
                board.place.clock.advance_to(self.now);
            }
            match board
                .keeper
                .turn(self.now, self.now, &mut |report| reports.push(report))
            {
                Next::Again => {}
                Next::At(time) => board.resume_at = time,
                Next::End => board.ended = true,
            }
            board.feel();
            self.reported(reports);
        }
    }

    fn reported(&mut self, reports: Vec<Report>) {
        for report in reports {
            match &report.said {
                Said::Share(_) => self.told += 1,
                Said::HardwareError(_) | Said::Garbage(_) => self.bad += 1,
                _ => {}
            }
            self.dispatcher.board_said(report, self.now);
        }
    }

    /// What the miner says of itself.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.dispatcher.snapshot(self.now)
    }

    /// Every share that an engine told is in exactly one counter, and what the pools say agrees with it.
    pub(crate) fn assert_books_balance(&self) {
        let snapshot = self.snapshot();
        let totals = snapshot.totals;
        assert_eq!(
            totals.shares(),
            self.told,
            "shares told by boards and shares counted: {totals:?}"
        );
        let by_pools: u64 = snapshot
            .pools
            .iter()
            .map(|pool| pool.counters.shares())
            .sum();
        assert_eq!(by_pools, self.told, "counted by pools");
        let accepted: u64 = self.links.iter().map(|link| link.judged.0).sum();
        // A verdict under way when its connection was cut is one that we never heard.
        assert!(
            (totals.accepted..=totals.accepted + totals.unanswered + totals.pending)
                .contains(&accepted)
        );
    }

    /// No piece of work was ever given out twice, to whichever board.
    pub(crate) fn assert_no_work_was_repeated(&self) {
        assert_eq!(self.seen.repeated.load(Ordering::Relaxed), 0);
    }

    /// Shares that the boards put on the wire.
    pub(crate) fn witnessed(&self) -> u64 {
        self.seen.found.load(Ordering::Relaxed)
    }
}

/// Opens a board of `model`, each time anew, as if it had been plugged in.
fn opener(
    model: &'static Model,
    options: BoardOptions,
    faults: Faults,
    witness: Option<(Target, Arc<Seen>)>,
    place: &Place,
) -> Opener {
    let place = place.clone();
    Box::new(move || {
        let emulated = (model.emulate.expect("the model has an emulator"))(&options)?;
        let mut data = emulated.data;
        if let Some((target, seen)) = &witness {
            data = Box::new(Witness::new(data, *target, Arc::clone(seen)));
        }
        place.gauges().extend(emulated.gauge);
        let mut plugs = place.plugs();
        plugs.clear();
        let mut line = |name: &str, emulator| {
            let line = EmulatedTransport::virtual_time(name, emulator, place.clock.clone());
            plugs.push(line.plug());
            line
        };
        let data = line("sim", data);
        let control = emulated.control.map(|control| line("sim.control", control));
        let data = Fragile::new(Fault::new(data, faults), &place.panics);
        let mut links = Links::port(Box::new(data));
        links.control = control.map(|control| Box::new(control) as _);
        links.vendor = emulated.vendor;
        (model.open)(links, &options)
    })
}

impl SimBoard {
    fn is_behind(&self, now: Instant) -> bool {
        match self.keeper.board_time() {
            Some(time) => time < now,
            None => self.resume_at <= now && self.place.clock.now() <= now,
        }
    }
}
