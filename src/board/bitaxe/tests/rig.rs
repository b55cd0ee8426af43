//! A driver and its emulated board on one virtual clock, fed as an engine does, with an eye on what truly happens to the board.

use std::time::{Duration, Instant};

use crate::board::bitaxe::Bitaxe;
use crate::board::bitaxe::emulator::{Firmware, Hand, build};
use crate::board::bitaxe::kind::Kind;
use crate::board::{Ability, Board, BoardError, BoardEvent, BoardOptions, Telemetry};
use crate::transport::VirtualClock;
use crate::units::Target;
use crate::work::testing::{POOL_MASK, long_job};
use crate::work::{Assignment, Checked};

/// Zero bits of emulated chips in these tests.
pub(super) const ZERO_BITS: &str = "zero-bits=6";

/// What a board told, and what truly happened to it.
#[derive(Debug, Default)]
pub(super) struct Mined {
    pub(super) good: usize,
    pub(super) wrong: usize,
    pub(super) garbage: usize,
    pub(super) faults: usize,
    pub(super) notices: Vec<String>,
    pub(super) telemetry: Vec<Telemetry>,
    /// The hottest that the chips truly were, degrees Celsius.
    pub(super) hottest: f32,
    /// The longest time between two looks after the board.
    pub(super) longest_unwatched: Duration,
}

impl Mined {
    pub(super) fn said(&self, words: &str) -> bool {
        self.notices.iter().any(|notice| notice.contains(words))
    }
}

/// A driver and its board.
pub(super) struct Rig {
    pub(super) board: Bitaxe,
    pub(super) bench: Hand,
    pub(super) clock: VirtualClock,
    assignment: Assignment,
    ability: Option<Ability>,
}

/// What truly is.
pub(super) struct Truth {
    pub(super) celsius: f32,
    pub(super) volts: f32,
    pub(super) in_reset: bool,
    pub(super) fan: f32,
}

impl Rig {
    /// A driver that takes its board for one of `kinds`, and a board of `kind`; both have `options`.
    pub(super) fn new(
        kinds: &'static [&'static Kind],
        kind: &'static Kind,
        firmware: Firmware,
        options: &str,
    ) -> Self {
        let options = BoardOptions::parse(&format!("{ZERO_BITS},{options}")).unwrap();
        let (emulated, bench) = build(kind, firmware, &options).unwrap();
        let clock = VirtualClock::new(Instant::now());
        let job = long_job(Target::from_zero_bits(40), POOL_MASK, clock.now());
        let mut links = emulated.virtual_time("sim", &clock);
        links.serial_number = Some("B310CC52".to_owned());
        Self {
            board: Bitaxe::open(kinds, links, &options).unwrap(),
            bench,
            clock,
            assignment: Assignment::new(job, true),
            ability: None,
        }
    }

    pub(super) fn start(&mut self) -> Result<Ability, BoardError> {
        let ability = self.board.start()?;
        self.ability = Some(ability.clone());
        Ok(ability)
    }

    pub(super) fn truth(&self) -> Truth {
        let bench = self.bench.lock();
        let truth = bench.truth();
        Truth {
            celsius: truth.celsius as f32,
            volts: truth.core_volts as f32,
            in_reset: truth.in_reset,
            fan: bench.fan(),
        }
    }

    /// Mines for `seconds`.
    pub(super) fn mine(&mut self, seconds: u64) -> Mined {
        let mut mined = Mined::default();
        let end = self.clock.now() + Duration::from_secs(seconds);
        let mut watched = self.clock.now();
        while self.clock.now() < end {
            self.turn(&mut mined, &mut watched).unwrap();
        }
        mined
    }

    fn turn(&mut self, mined: &mut Mined, watched: &mut Instant) -> Result<(), BoardError> {
        if self.board.wants_work() {
            let work = self.assignment.next_work(self.clock.now()).unwrap();
            self.board.load(work, false)?;
        }
        let now = self.clock.now();
        let event = self.board.poll(now + Duration::from_millis(200))?;
        mined.hottest = mined.hottest.max(self.truth().celsius);
        if let Some(BoardEvent::Telemetry(_)) = &event {
            let unwatched = self.clock.now() - *watched;
            mined.longest_unwatched = mined.longest_unwatched.max(unwatched);
            *watched = self.clock.now();
        }
        self.note(event, mined);
        Ok(())
    }

    fn note(&mut self, event: Option<BoardEvent>, mined: &mut Mined) {
        match event {
            Some(BoardEvent::Nonce { found, works, .. }) => {
                let threshold = self
                    .ability
                    .as_ref()
                    .map_or(Target::MAX, |ability| ability.threshold);
                let right = works
                    .iter()
                    .any(|work| !matches!(work.check(found, &threshold), Checked::Wrong(_)));
                mined.good += usize::from(right);
                mined.wrong += usize::from(!right);
            }
            Some(BoardEvent::Garbage(_)) => mined.garbage += 1,
            Some(BoardEvent::Fault { .. }) => mined.faults += 1,
            Some(BoardEvent::Notice(words)) => mined.notices.push(words),
            Some(BoardEvent::Telemetry(telemetry)) => mined.telemetry.push(telemetry),
            Some(BoardEvent::Threshold(threshold)) => {
                if let Some(ability) = &mut self.ability {
                    ability.threshold = threshold;
                }
            }
            Some(BoardEvent::Rate(_)) | None => {}
        }
    }
}
