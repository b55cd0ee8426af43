//! The board itself: a search, a wake flag and a clock.

use std::sync::Arc;
use std::time::Instant;

use super::bell::Bell;
use super::clock::Clock;
use super::pace::Pace;
use super::report::Reporting;
use super::search::{Search, Searchers};
use crate::algorithm::{self, sha256d::Kernel};
use crate::board::{
    Ability, Board, BoardError, BoardEvent, BoardOptions, Connection, Links, Model, OptionHelp,
    Suspects, Waker,
};
use crate::units::Hashrate;
use crate::work::WorkUnit;

/// One thread of the host's processor.
pub static CPU: Model = Model {
    name: "cpu",
    aliases: &["software"],
    title: "The host's processor, one thread",
    chips: "CPU",
    connection: Connection::Host,
    nominal: Hashrate::new(10e6),
    clock_mhz: None,
    core_millivolts: None,
    usb: &[],
    options: &[OptionHelp {
        key: "zero-bits",
        about: "zero bits of the hashes that are reported beside shares, 2 to 64; default 20 for sha256d, else about one hash a second",
    }],
    open,
    emulate: None,
};

fn open(_links: Links, options: &BoardOptions) -> Result<Box<dyn Board>, BoardError> {
    Ok(Box::new(Software::new(options, Clock::real())?))
}

/// The software board.
pub struct Software {
    clock: Clock,
    bell: Arc<Bell>,
    pace: Pace,
    reporting: Reporting,
    searchers: Searchers,
    search: Option<Search>,
}

impl Software {
    /// A software board on `clock`.
    ///
    /// # Errors
    /// [`BoardError::Option`] for what is wrong in `options`.
    pub fn new(options: &BoardOptions, clock: Clock) -> Result<Self, BoardError> {
        options.only(CPU.options.iter().map(|option| option.key))?;
        let zero_bits = match options.text("zero-bits") {
            Some(_) => Some(options.within("zero-bits", 2..=64, 0)?),
            None => None,
        };
        Ok(Self {
            clock,
            bell: Arc::default(),
            pace: Pace::headers(),
            reporting: Reporting::new(zero_bits),
            searchers: Searchers::default(),
            search: None,
        })
    }

    fn wait(&mut self, deadline: Instant) {
        if !self.bell.is_rung() && !self.clock.jumped_to(deadline) {
            self.bell.wait_until(deadline);
        }
    }

    /// Searches one chunk; a nonce if it holds one.
    fn search_chunk(&mut self) -> Option<BoardEvent> {
        let search = self.search.as_mut()?;
        let begun = self.clock.now();
        let (found, hashes) = search.step(self.pace.chunk());
        self.clock.worked(hashes);
        let took = self.clock.now().saturating_duration_since(begun);
        self.pace.learn(hashes, took);
        found.map(|found| BoardEvent::Nonce {
            found,
            works: Suspects::from_iter([search.work().clone()]),
            origin: None,
        })
    }

    /// What there is to tell beside nonces.
    fn news(&mut self, now: Instant) -> Option<BoardEvent> {
        if let Some(rate) = self.pace.news(now) {
            self.reporting.measured(rate);
            return Some(BoardEvent::Rate(rate));
        }
        let threshold = self.reporting.news()?;
        if let Some(search) = &mut self.search {
            search.report(threshold);
        }
        Some(BoardEvent::Threshold(threshold))
    }
}

impl Board for Software {
    /// The thread gives way to everything else: mining must not make the machine sluggish, and a board that waits to be fed comes first.
    fn start(&mut self) -> Result<Ability, BoardError> {
        if self.clock.is_real()
            && let Err(error) = crate::board::lower_thread_priority()
        {
            tracing::debug!(%error, "the thread keeps its priority");
        }
        Ok(Ability {
            algorithms: algorithm::names(),
            // Versions as lanes share their schedule: a gain where the kernel can use it.
            rolls_version: Kernel::chosen().shares_schedule(),
            nominal: CPU.nominal,
            threshold: self.reporting.threshold(),
            details: "one thread".to_owned(),
        })
    }

    fn wants_work(&self) -> bool {
        self.search.as_ref().is_none_or(Search::is_over)
    }

    /// New work always replaces the work before, so `flush` changes nothing.
    fn load(&mut self, work: WorkUnit, _flush: bool) -> Result<(), BoardError> {
        let before = self.search.take().map(Search::into_searcher);
        self.searchers.put_back(before.flatten());
        if self.reporting.turn_to(work.job().algorithm) {
            self.pace = Pace::of(work.job().algorithm);
        }
        let searcher = self.searchers.take_for(&work);
        self.search = Some(Search::new(work, searcher, self.reporting.threshold()));
        Ok(())
    }

    fn poll(&mut self, deadline: Instant) -> Result<Option<BoardEvent>, BoardError> {
        if self.wants_work() {
            self.wait(deadline);
            self.bell.heard();
            return Ok(None);
        }
        // Where every chunk holds a share the loop never comes to its own look.
        if let Some(event) = self.news(self.clock.now()) {
            return Ok(Some(event));
        }
        loop {
            if self.bell.is_rung() && self.bell.heard() {
                return Ok(None);
            }
            if let Some(event) = self.search_chunk() {
                return Ok(Some(event));
            }
            let now = self.clock.now();
            if let Some(event) = self.news(now) {
                return Ok(Some(event));
            }
            if self.wants_work() || now >= deadline {
                return Ok(None);
            }
        }
    }

    fn idle(&mut self) -> Result<(), BoardError> {
        self.search = None;
        Ok(())
    }

    /// Two seconds' worth.
    fn slice(&self) -> Option<u64> {
        Some(self.pace.nonces_in(2.0))
    }

    fn stop(&mut self) -> Result<(), BoardError> {
        self.idle()
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn waker(&self) -> Waker {
        let bell = Arc::clone(&self.bell);
        Waker::new(move || bell.ring())
    }
}
