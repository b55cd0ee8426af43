//! A stick's driver and its emulator on virtual time, and an engine's part of the work.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::board::{Ability, Board, BoardError, BoardEvent, BoardOptions, Model, Telemetry};
use crate::transport::VirtualClock;
use crate::units::{Hash256, Hashrate, Target};
use crate::work::testing::{POOL_MASK, long_job};
use crate::work::{Assignment, Checked, Job, WorkUnit};

/// What a stick told.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) good: usize,
    pub(super) wrong: usize,
    pub(super) twice: usize,
    pub(super) garbage: usize,
    pub(super) chips: std::collections::BTreeSet<u16>,
    pub(super) faults: Vec<&'static str>,
    pub(super) notices: Vec<String>,
    pub(super) rates: Vec<Hashrate>,
    pub(super) telemetry: Vec<(Instant, Telemetry)>,
    seen: std::collections::HashSet<Hash256>,
}

impl Told {
    pub(super) fn hottest(&self) -> f32 {
        let celsius = self
            .telemetry
            .iter()
            .filter_map(|(_, values)| values.chip_temperature);
        celsius.fold(f32::MIN, f32::max)
    }

    pub(super) fn said(&self, words: &str) -> bool {
        self.notices.iter().any(|notice| notice.contains(words))
    }
}

/// A driver over its emulator.
pub(super) struct Rig {
    pub(super) board: Box<dyn Board>,
    pub(super) told: Told,
    threshold: Target,
    job: Arc<Job>,
}

impl Rig {
    /// Both with the same options; the rate is small, so that a test's hours are short.
    pub(super) fn new(model: &Model, options: &str) -> Self {
        let clock = VirtualClock::new(Instant::now());
        let options = BoardOptions::parse(options).unwrap();
        let emulated = (model.emulate.unwrap())(&options).unwrap();
        let links = emulated.virtual_time(model.name, &clock);
        Self::over((model.open)(links, &options).unwrap())
    }

    /// With a board that is open.
    pub(super) fn over(board: Box<dyn Board>) -> Self {
        Self {
            board,
            told: Told::default(),
            threshold: Target::MAX,
            job: long_job(Target::from_zero_bits(20), POOL_MASK, Instant::now()),
        }
    }

    pub(super) fn start(&mut self) -> Result<Ability, BoardError> {
        let ability = self.board.start()?;
        self.threshold = ability.threshold;
        Ok(ability)
    }

    /// Mines for `time`.
    pub(super) fn mine(&mut self, time: Duration) -> Result<&mut Told, BoardError> {
        let mut assignment = Assignment::new(Arc::clone(&self.job), true);
        let end = self.board.now() + time;
        while self.board.now() < end {
            if self.board.wants_work() {
                let work = assignment.next_work(self.job.received).unwrap();
                self.board.load(work, false)?;
            }
            let until = self.board.due(end).max(self.board.now());
            if let Some(event) = self.board.poll(until)? {
                self.hear(event);
            }
        }
        Ok(&mut self.told)
    }

    fn hear(&mut self, event: BoardEvent) {
        let now = self.board.now();
        let told = &mut self.told;
        match event {
            BoardEvent::Nonce {
                found,
                works,
                origin,
            } => {
                told.chips.extend(origin.map(|origin| origin.chip));
                let check = |work: &WorkUnit| work.check(found, &self.threshold);
                let hash = works.iter().find_map(|work| match check(work) {
                    Checked::Wrong(_) => None,
                    Checked::Share(share) => Some(*share.hash()),
                    Checked::Weak(hash) => Some(hash),
                });
                match hash {
                    Some(hash) if told.seen.insert(hash) => told.good += 1,
                    Some(_) => told.twice += 1,
                    None => told.wrong += 1,
                }
            }
            BoardEvent::Threshold(threshold) => self.threshold = threshold,
            BoardEvent::Garbage(bytes) => told.garbage += bytes,
            BoardEvent::Fault { kind, .. } => told.faults.push(kind),
            BoardEvent::Notice(words) => told.notices.push(words),
            BoardEvent::Rate(rate) => told.rates.push(rate),
            BoardEvent::Telemetry(values) => told.telemetry.push((now, values)),
        }
    }
}
