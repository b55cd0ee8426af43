//! A board's life and its engine, with boards that follow a script, on a clock of numbers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::*;
use crate::algorithm::sha256d::{self, SHA256D};
use crate::board::{Ability, BoardEvent, Origin, Suspects};
use crate::transport::TransportError;
use crate::units::{Hash256, Hashrate, Nonce, Target};
use crate::work::{Found, HeaderTemplate, Job, JobKey, SearchSpace, SourceId, Template, WorkUnit};

/// What a scripted board does at one poll.
enum Step {
    Nothing,
    /// Reports this nonce for the newest work, after which it wants work.
    Nonce(u32),
    /// The same from its chip 2.
    FromChip(u32),
    Garbage,
    Unplugged,
    Fault,
}

/// What happened to scripted boards, over restarts.
#[derive(Default)]
struct Log {
    opened: u32,
    calls: Vec<String>,
}

struct Scripted {
    log: Arc<Mutex<Log>>,
    steps: VecDeque<Step>,
    now: Instant,
    work: Option<WorkUnit>,
    hungry: bool,
    threshold: Target,
}

impl Scripted {
    fn note(&self, call: impl Into<String>) {
        self.log.lock().unwrap().calls.push(call.into());
    }
}

impl Board for Scripted {
    fn start(&mut self) -> Result<Ability, BoardError> {
        Ok(Ability {
            algorithms: &["sha256d"],
            rolls_version: false,
            nominal: Hashrate::new(1.0),
            threshold: self.threshold,
            details: String::new(),
        })
    }

    fn wants_work(&self) -> bool {
        self.hungry
    }

    fn load(&mut self, work: WorkUnit, flush: bool) -> Result<(), BoardError> {
        let key = String::from_utf8_lossy(&work.job().key.0).into_owned();
        self.note(format!("load {key}{}", if flush { " flush" } else { "" }));
        self.work = Some(work);
        self.hungry = false;
        Ok(())
    }

    fn poll(&mut self, _deadline: Instant) -> Result<Option<BoardEvent>, BoardError> {
        self.now += Duration::from_millis(100);
        match self.steps.pop_front().unwrap_or(Step::Nothing) {
            Step::Nothing => Ok(None),
            step @ (Step::Nonce(nonce) | Step::FromChip(nonce)) => {
                self.hungry = true;
                let chip = matches!(step, Step::FromChip(_)).then_some(2);
                let works: Suspects = self.work.iter().cloned().collect();
                Ok(Some(BoardEvent::Nonce {
                    found: Found::nonce(Nonce::from_u32(nonce)),
                    works,
                    origin: chip.map(|chip| Origin { chip, core: None }),
                }))
            }
            Step::Garbage => Ok(Some(BoardEvent::Garbage(3))),
            Step::Unplugged => Err(TransportError::Gone {
                port: "p".into(),
                step: "reading",
            }
            .into()),
            Step::Fault => Err(BoardError::Probe {
                step: "test",
                expected: "a".into(),
                got: "b".into(),
            }),
        }
    }

    fn stop(&mut self) -> Result<(), BoardError> {
        self.note("stop");
        Ok(())
    }

    fn now(&self) -> Instant {
        self.now
    }

    fn waker(&self) -> Waker {
        Waker::none()
    }
}

struct Bench {
    keeper: Keeper,
    log: Arc<Mutex<Log>>,
    now: Instant,
    said: Vec<String>,
}

impl Bench {
    /// A keeper whose board follows the next script each time it is opened; afterwards it does nothing.
    fn new(threshold: Target, scripts: Vec<Vec<Step>>) -> Self {
        let now = Instant::now();
        let log = Arc::new(Mutex::new(Log::default()));
        let mut scripts = VecDeque::from(scripts);
        let opened = Arc::clone(&log);
        let open: Opener = Box::new(move || {
            opened.lock().unwrap().opened += 1;
            let steps = scripts.pop_front().unwrap_or_default().into();
            let log = Arc::clone(&opened);
            Ok(Box::new(Scripted {
                log,
                steps,
                now,
                work: None,
                hungry: true,
                threshold,
            }))
        });
        Self {
            keeper: Keeper::new(BoardId(1), open),
            log,
            now,
            said: Vec::new(),
        }
    }

    fn turn(&mut self) -> Next {
        let said = &mut self.said;
        self.keeper.turn(self.now, self.now, &mut |report| {
            said.push(word(&report.said));
        })
    }

    fn turns(&mut self, count: u32) {
        for _ in 0..count {
            if let Next::At(time) = self.turn() {
                self.now = time;
            }
        }
    }

    fn obey(&mut self, job: Option<Arc<Job>>, epoch: u64) {
        let said = &mut self.said;
        self.keeper
            .obey(Order { job, epoch }, self.now, &mut |report| {
                said.push(word(&report.said));
            });
    }

    fn calls(&self) -> Vec<String> {
        self.log.lock().unwrap().calls.clone()
    }
}

fn word(said: &Said) -> String {
    let text = format!("{said:?}");
    text.split(['(', ' ']).next().unwrap_or_default().to_owned()
}

fn job(key: &'static str, target: Target, places: usize) -> Arc<Job> {
    let fixed = HeaderTemplate {
        version: 1,
        previous: Hash256::ZERO,
        merkle_root: Hash256::ZERO,
        ntime: 5,
        nbits: 0x1d00_ffff,
    };
    Arc::new(Job {
        source: SourceId(0),
        session: 1,
        key: JobKey(key.into()),
        algorithm: &SHA256D,
        hasher: sha256d::hasher(),
        template: Template::Header(fixed),
        target,
        network_target: None,
        version_mask: (0..places).fold(0, |mask, bit| mask | 0x2000 << bit),
        max_ntime_roll: 0,
        clean: true,
        voids: true,
        received: Instant::now(),
        space: Arc::new(SearchSpace::new(0, 0, 5)),
    })
}

#[test]
fn the_next_work_is_written_before_a_nonce_is_told() {
    let mut bench = Bench::new(Target::MAX, vec![vec![Step::Nothing, Step::Nonce(1)]]);
    bench.obey(Some(job("a", Target::MAX, 4)), 1);
    bench.turns(3);
    assert_eq!(bench.calls(), ["load a flush", "load a"]);
    assert_eq!(bench.said, ["Started", "Share"]);
}

#[test]
fn a_clean_job_is_written_at_once_and_another_at_the_next_need() {
    let mut bench = Bench::new(
        Target::MAX,
        vec![vec![Step::Nothing, Step::Nothing, Step::Nonce(1)]],
    );
    bench.obey(Some(job("a", Target::MAX, 4)), 1);
    bench.turns(2);
    bench.obey(Some(job("b", Target::MAX, 4)), 1);
    bench.turns(1);
    assert_eq!(bench.calls(), ["load a flush"]);
    bench.turns(1);
    assert_eq!(bench.calls(), ["load a flush", "load b"]);
    bench.obey(Some(job("c", Target::MAX, 4)), 2);
    assert_eq!(bench.calls(), ["load a flush", "load b", "load c flush"]);
}

#[test]
fn nonces_are_told_apart_and_a_repeated_weak_one_counts_once() {
    let steps = || vec![Step::Nonce(1), Step::Nonce(2)];
    let mut weak = Bench::new(Target::MAX, vec![steps()]);
    weak.obey(Some(job("a", Target::ZERO, 0)), 1);
    weak.turns(3);
    assert_eq!(weak.said, ["Started", "Weak", "Weak"]);
    let mut same = Bench::new(Target::MAX, vec![vec![Step::Nonce(1), Step::Nonce(1)]]);
    same.obey(Some(job("a", Target::ZERO, 0)), 1);
    same.turns(3);
    assert_eq!(same.said, ["Started", "Weak"]);
    let mut wrong = Bench::new(Target::ZERO, vec![steps()]);
    wrong.obey(Some(job("a", Target::ZERO, 0)), 1);
    wrong.turns(3);
    assert_eq!(wrong.said, ["Started", "HardwareError", "HardwareError"]);
}

#[test]
fn a_dry_job_starves_the_board_without_harm_and_the_next_job_feeds_it() {
    let nonces = || {
        vec![
            Step::Nonce(1),
            Step::Nonce(2),
            Step::Nonce(3),
            Step::Nonce(4),
        ]
    };
    let mut bench = Bench::new(Target::MAX, vec![nonces()]);
    bench.obey(Some(job("a", Target::MAX, 1)), 1); // two versions, so two pieces of work
    bench.turns(5);
    assert_eq!(bench.calls(), ["load a flush", "load a"]);
    bench.obey(Some(job("b", Target::MAX, 1)), 1);
    bench.turns(1);
    assert_eq!(bench.calls(), ["load a flush", "load a", "load b"]);
}

/// Found by reading: a board in a hot room was parked after two minutes, and stayed parked when the room had cooled.
#[test]
fn a_board_that_is_too_hot_to_start_is_tried_until_it_is_not() {
    let open: Opener = Box::new(|| Err(BoardError::Unsafe("it is still at 70 C".to_owned())));
    let mut keeper = Keeper::new(BoardId(0), open);
    let (mut now, mut said) = (Instant::now(), Vec::new());
    let end = now + Duration::from_secs(3600);
    while now < end {
        match keeper.turn(now, now, &mut |report| said.push(word(&report.said))) {
            Next::Again => {}
            Next::At(time) => now = time,
            Next::End => break,
        }
    }
    assert!(now >= end, "{said:?}");
    assert!(said.len() > 60 && said.iter().all(|word| *word == "Resetting"));
}

#[test]
fn only_garbage_means_resets_with_growing_pauses_and_then_parking() {
    let garbage = || (0..40).map(|_| Step::Garbage).collect::<Vec<_>>();
    let mut bench = Bench::new(Target::ZERO, (0..20).map(|_| garbage()).collect());
    bench.obey(Some(job("a", Target::ZERO, 8)), 1);
    let mut pauses = Vec::new();
    loop {
        let next = bench.keeper.turn(bench.now, bench.now, &mut |report| {
            bench.said.push(word(&report.said));
            if let Said::Resetting { until, .. } = report.said {
                pauses.push(until.duration_since(report.at).as_secs());
            }
        });
        match next {
            Next::Again => {}
            Next::At(time) => bench.now = time,
            Next::End => break,
        }
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32]);
    assert_eq!(bench.log.lock().unwrap().opened, 7);
    assert_eq!(
        bench
            .said
            .iter()
            .filter(|word| *word == "Resetting")
            .count(),
        6
    );
    assert_eq!(bench.said.last().unwrap(), "Parked");
    assert_eq!(
        bench.calls().iter().filter(|call| *call == "stop").count(),
        7,
        "it is made safe each time"
    );
}

#[test]
fn a_good_run_forgives_the_resets_before_it() {
    let run = || vec![Step::Nonce(1), Step::Nonce(2), Step::Nonce(3), Step::Fault];
    let mut bench = Bench::new(Target::MAX, (0..20).map(|_| run()).collect());
    bench.obey(Some(job("a", Target::MAX, 16)), 1);
    bench.turns(200);
    assert!(
        bench.log.lock().unwrap().opened > 15,
        "it is never given up"
    );
}

#[test]
fn an_unplugged_board_ends_with_a_report() {
    let mut bench = Bench::new(Target::MAX, vec![vec![Step::Nothing, Step::Unplugged]]);
    bench.turns(3);
    assert_eq!(bench.said, ["Started", "Gone"]);
    assert_eq!(bench.turn(), Next::End);
}

#[test]
fn wrong_options_are_not_tried_again() {
    let open: Opener = Box::new(|| {
        Err(BoardError::Option {
            key: "clock".into(),
            value: "9".into(),
            problem: "too low".into(),
        })
    });
    let mut keeper = Keeper::new(BoardId(1), open);
    let mut said = Vec::new();
    let now = Instant::now();
    assert_eq!(
        keeper.turn(now, now, &mut |report| said
            .push(format!("{:?}", report.said))),
        Next::End
    );
    assert_eq!(said, ["Parked(\"option clock=9: too low\")"]);
}

#[test]
fn a_hash_that_is_no_accident_and_misses_the_ticket_is_counted_at_its_chip() {
    // Bitcoin's first block: 43 zero bits.
    let root = "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a";
    let root = hex::decode(root).unwrap().try_into().unwrap();
    let header = HeaderTemplate {
        version: 1,
        previous: Hash256::ZERO,
        merkle_root: Hash256::from_internal(root),
        ntime: 1_231_006_505,
        nbits: 0x1d00_ffff,
    };
    let mut first = Arc::into_inner(job("a", Target::ZERO, 0)).unwrap();
    first.template = Template::Header(header);
    first.space = Arc::new(SearchSpace::new(0, 0, header.ntime));
    let steps = vec![Step::FromChip(2_083_236_893), Step::FromChip(1)];
    let mut bench = Bench::new(Target::from_zero_bits(60), vec![steps]);
    bench.obey(Some(Arc::new(first)), 1);
    let mut told = Vec::new();
    for _ in 0..3 {
        bench.keeper.turn(bench.now, bench.now, &mut |report| {
            told.extend(match report.said {
                Said::Answered { origin, right } => Some(format!("{} {right}", origin.chip)),
                Said::Fault { chip, kind } => Some(format!("{kind} {chip:?}")),
                _ => None,
            });
        });
    }
    assert_eq!(told, ["2 true", "below-ticket Some(2)", "2 false"]);
}
