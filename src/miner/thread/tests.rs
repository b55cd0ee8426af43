//! Orders on their way to a board's thread: carried out by whoever brings them, or by the thread.

use std::collections::VecDeque;
use std::sync::Condvar;
use std::thread::ThreadId;

use super::*;
use crate::algorithm::sha256d::{self, SHA256D};
use crate::board::{Ability, Board, BoardError, BoardEvent};
use crate::units::{Hash256, Hashrate, Target};
use crate::work::{HeaderTemplate, Job, JobKey, SearchSpace, SourceId, Template, WorkUnit};

/// A board that never speaks; what is done to it is noted with the thread that does it.
struct Silent {
    world: Arc<World>,
}

#[derive(Default)]
struct World {
    notes: Mutex<VecDeque<(ThreadId, String)>>,
    noted: Condvar,
    /// A wake that was not heard yet.
    woken: Mutex<bool>,
    bell: Condvar,
    /// The port has no room.
    full: bool,
    /// After a job the driver has something to do at once.
    restless: bool,
    /// The driver panics when it is polled with work.
    fragile: bool,
    loaded: Mutex<bool>,
    /// What the board says, word by word.
    words: Mutex<u32>,
    /// The only thread that it speaks to, if it minds: a thread that was just rung looks at the board once more.
    speaks_to: Mutex<Option<ThreadId>>,
}

impl World {
    fn note(&self, what: String) {
        let note = (std::thread::current().id(), what);
        self.notes.lock().unwrap().push_back(note);
        self.noted.notify_all();
    }

    /// The next thing that is done to the board, and by whom.
    fn next(&self) -> (ThreadId, String) {
        let notes = self.notes.lock().unwrap();
        let mut notes = self
            .noted
            .wait_while(notes, |notes| notes.is_empty())
            .unwrap();
        notes.pop_front().unwrap()
    }
}

impl Board for Silent {
    fn start(&mut self) -> Result<Ability, BoardError> {
        Ok(Ability {
            algorithms: &["sha256d"],
            rolls_version: false,
            nominal: Hashrate::new(1.0),
            threshold: Target::from_zero_bits(32),
            details: String::new(),
        })
    }

    fn wants_work(&self) -> bool {
        false
    }

    fn load(&mut self, work: WorkUnit, _flush: bool) -> Result<(), BoardError> {
        *self.world.loaded.lock().unwrap() = true;
        let key = String::from_utf8_lossy(&work.job().key.0).into_owned();
        self.world.note(format!("load {key}"));
        Ok(())
    }

    fn poll(&mut self, _deadline: Instant) -> Result<Option<BoardEvent>, BoardError> {
        let loaded = std::mem::take(&mut *self.world.loaded.lock().unwrap());
        assert!(
            !(loaded && self.world.fragile),
            "a panic that the test wants"
        );
        let mut words = self.world.words.lock().unwrap();
        let here = std::thread::current().id();
        let minds = self.world.speaks_to.lock().unwrap();
        if *words > 0 && minds.is_none_or(|listener| listener == here) {
            *words -= 1;
            self.world.note("hear".to_owned());
            return Ok(Some(BoardEvent::Garbage(1)));
        }
        if loaded && self.world.restless {
            self.world.note("poll".to_owned());
        }
        Ok(None)
    }

    fn stop(&mut self) -> Result<(), BoardError> {
        self.world.note("stop".to_owned());
        Ok(())
    }

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn waker(&self) -> Waker {
        let world = Arc::clone(&self.world);
        Waker::new(move || {
            *world.woken.lock().unwrap() = true;
            world.bell.notify_all();
        })
    }

    /// It waits for the waker only, however long that takes: what should wake the thread and does not hangs the test.
    fn lookout(&self) -> Option<Lookout> {
        let world = Arc::clone(&self.world);
        let lookout = Lookout::new(move |_deadline| {
            let woken = world.woken.lock().unwrap();
            *world.bell.wait_while(woken, |woken| !*woken).unwrap() = false;
        });
        Some(lookout.with_port(std::fs::File::open("/dev/null").unwrap().into()))
    }

    fn due(&self, deadline: Instant) -> Instant {
        if self.world.restless && *self.world.loaded.lock().unwrap() {
            return self.now();
        }
        deadline
    }

    fn takes_at_once(&self) -> bool {
        !self.world.full
    }
}

struct Rig {
    world: Arc<World>,
    thread: BoardThread,
    orders: watch::Sender<Order>,
    reports: mpsc::Receiver<Report>,
}

impl Rig {
    /// A running board whose thread waits.
    fn new(world: World) -> Self {
        let world = Arc::new(world);
        let (orders, order) = watch::channel(Order {
            job: None,
            epoch: 0,
        });
        let (report, reports) = mpsc::channel(8);
        let silent = Arc::clone(&world);
        let open: Opener = Box::new(move || {
            let world = Arc::clone(&silent);
            Ok(Box::new(Silent { world }))
        });
        let thread = BoardThread::spawn(BoardId(0), open, order, report).unwrap();
        let rig = Self {
            world,
            thread,
            orders,
            reports,
        };
        rig.wait_for_quiet();
        rig
    }

    /// A watch whose board speaks to nobody else.
    fn watch(&self) -> Watch {
        let here = std::thread::current().id();
        *self.world.speaks_to.lock().unwrap() = Some(here);
        self.thread.watch().unwrap()
    }

    /// Hears the board out when its thread has nothing in hand.
    fn hear(&self, watch: &Watch, tell: &mut dyn FnMut(Report)) -> Heard {
        let before = *self.world.words.lock().unwrap();
        loop {
            self.wait_for_quiet();
            let heard = watch.hear(tell);
            if *self.world.words.lock().unwrap() < before {
                return heard;
            }
        }
    }

    fn wait_for_quiet(&self) {
        while self.thread.shared.while_waiting().is_none() {
            std::thread::yield_now();
        }
    }

    fn give(&self, key: &'static str, epoch: u64) {
        let order = Order {
            job: Some(job(key)),
            epoch,
        };
        self.orders.send_replace(order.clone());
        self.thread.give(&order, &mut |report| panic!("{report:?}"));
    }

    /// Ends the thread; what was done to the board that no one has looked at.
    fn end(mut self) -> Vec<String> {
        drop(self.orders);
        self.thread.ring();
        while let Some(report) = self.reports.blocking_recv() {
            if matches!(report.said, super::super::Said::Stopped) {
                break;
            }
        }
        let notes = self.world.notes.lock().unwrap();
        notes.iter().map(|(_, what)| what.clone()).collect()
    }
}

fn job(key: &'static str) -> Arc<Job> {
    Arc::new(Job {
        source: SourceId(0),
        session: 1,
        key: JobKey(key.into()),
        algorithm: &SHA256D,
        hasher: sha256d::hasher(),
        template: Template::Header(HeaderTemplate {
            version: 0x2000_0000,
            previous: Hash256::from_internal([1; 32]),
            merkle_root: Hash256::from_internal([2; 32]),
            ntime: 1_700_000_000,
            nbits: 0x1d00_ffff,
        }),
        target: Target::from_zero_bits(32),
        network_target: None,
        version_mask: 0x1fff_e000,
        max_ntime_roll: 600,
        clean: true,
        voids: true,
        received: Instant::now(),
        space: Arc::new(SearchSpace::new(0, 0, 1_700_000_000)),
    })
}

#[test]
fn a_waiting_boards_order_is_carried_out_by_its_bringer_and_once() {
    let rig = Rig::new(World::default());
    let here = std::thread::current().id();
    rig.give("a", 1);
    assert_eq!(rig.world.next(), (here, "load a".to_owned()));
    rig.wait_for_quiet();
    rig.give("b", 2);
    assert_eq!(rig.world.next(), (here, "load b".to_owned()));
    // The thread finds both in the channel when it wakes, and knows the last one.
    assert_eq!(rig.end(), ["stop"]);
}

#[test]
fn a_board_without_room_is_not_waited_for() {
    let rig = Rig::new(World {
        full: true,
        ..World::default()
    });
    rig.give("a", 1);
    let (who, what) = rig.world.next();
    assert_eq!(what, "load a");
    assert_ne!(who, std::thread::current().id());
    assert_eq!(rig.end(), ["stop"]);
}

#[test]
fn what_an_order_makes_the_driver_do_soon_is_done_by_the_thread() {
    let rig = Rig::new(World {
        restless: true,
        ..World::default()
    });
    rig.give("a", 1);
    assert_eq!(rig.world.next().1, "load a");
    let (who, what) = rig.world.next();
    assert_eq!(what, "poll");
    assert_ne!(who, std::thread::current().id());
    assert_eq!(rig.end(), ["stop"]);
}

#[test]
fn a_board_whose_driver_panics_is_let_go_of_and_started_again() {
    let mut rig = Rig::new(World {
        fragile: true,
        ..World::default()
    });
    rig.give("a", 1);
    assert_eq!(rig.world.next().1, "load a");
    rig.thread.ring();
    assert_eq!(rig.world.next().1, "stop");
    let why =
        std::iter::from_fn(|| rig.reports.blocking_recv()).find_map(|report| match report.said {
            super::super::Said::Resetting { why, .. } => Some(why),
            _ => None,
        });
    assert_eq!(
        why.as_deref(),
        Some("its driver panicked: a panic that the test wants")
    );
    // It is started again after a pause, as after any other trouble, and given the newest work.
    rig.give("b", 2);
    assert_eq!(rig.world.next().1, "load b");
}

#[test]
fn whoever_watches_the_port_hears_the_board_out_and_its_thread_does_not() {
    let rig = Rig::new(World::default());
    let watch = rig.watch();
    assert!(rig.thread.watch().is_none(), "one watches");
    *rig.world.words.lock().unwrap() = 2;
    let mut reports = 0;
    assert_eq!(rig.hear(&watch, &mut |_| reports += 1), Heard::Out);
    assert_eq!(reports, 2);
    let here = std::thread::current().id();
    assert_eq!(rig.world.next(), (here, "hear".to_owned()));
    assert_eq!(rig.world.next(), (here, "hear".to_owned()));
    assert_eq!(rig.end(), ["stop"]);
}

#[test]
fn a_chatterer_does_not_keep_others_from_being_heard() {
    let rig = Rig::new(World::default());
    let watch = rig.watch();
    *rig.world.words.lock().unwrap() = TURNS as u32 + 3;
    assert_eq!(rig.hear(&watch, &mut |_| ()), Heard::More);
    assert_eq!(*rig.world.words.lock().unwrap(), 3);
    assert_eq!(rig.hear(&watch, &mut |_| ()), Heard::Out);
    assert_eq!(*rig.world.words.lock().unwrap(), 0);
}

#[test]
fn a_board_without_room_is_heard_out_by_its_thread() {
    let rig = Rig::new(World {
        full: true,
        ..World::default()
    });
    let watch = rig.thread.watch().unwrap();
    rig.wait_for_quiet();
    *rig.world.words.lock().unwrap() = 1;
    assert_eq!(watch.hear(&mut |_| ()), Heard::Out);
    let (who, what) = rig.world.next();
    assert_eq!(what, "hear");
    assert_ne!(who, std::thread::current().id());
}

#[test]
fn when_nobody_watches_any_more_the_thread_does_again() {
    let rig = Rig::new(World::default());
    drop(rig.thread.watch().unwrap());
    assert_eq!(rig.thread.shared.watched.load(Ordering::Acquire), 0);
    rig.wait_for_quiet();
    *rig.world.words.lock().unwrap() = 1;
    rig.thread.ring();
    assert_ne!(rig.world.next().0, std::thread::current().id());
}
