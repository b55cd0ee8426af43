//! The board itself: a scanner, a range of nonces and a wake flag.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use super::clock::Clock;
use super::pace::Pace;
use crate::algorithm::sha256d::Scanner;
use crate::board::{
    Ability, Board, BoardError, BoardEvent, BoardOptions, Connection, Links, Model, OptionHelp,
    Suspects, Waker,
};
use crate::units::{Hashrate, Nonce, Target};
use crate::work::{Found, WorkUnit};

/// Zero bits of the hashes that are reported beside shares, for the statistics: two a second at 10 MH/s.
const ZERO_BITS: u32 = 20;

/// One thread of the host's processor.
pub static CPU: Model = Model {
    name: "cpu",
    aliases: &["software"],
    title: "The host's processor, one thread",
    chips: "CPU",
    connection: Connection::Host,
    nominal: Hashrate::new(10e6),
    usb: &[],
    options: &[OptionHelp {
        key: "zero-bits",
        about: "zero bits of the hashes that are reported beside shares, 8 to 64; default 20",
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
    threshold: Target,
    search: Option<Search>,
}

struct Search {
    work: WorkUnit,
    scanner: Scanner,
    /// Nonce words that are not searched yet.
    words: Range<u64>,
}

/// What ends a wait or a search from another thread; a ring is kept until it is heard.
#[derive(Debug, Default)]
struct Bell {
    rung: AtomicBool,
    lock: Mutex<()>,
    waiting: Condvar,
}

impl Bell {
    fn ring(&self) {
        self.rung.store(true, Ordering::Release);
        // The lock keeps a ring from falling between a waiter's look at the flag and its sleep.
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.waiting.notify_all();
    }

    fn is_rung(&self) -> bool {
        self.rung.load(Ordering::Relaxed)
    }

    fn heard(&self) -> bool {
        self.rung.swap(false, Ordering::Acquire)
    }

    fn wait_until(&self, deadline: Instant) {
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || self.is_rung() {
                return;
            }
            guard = self
                .waiting
                .wait_timeout(guard, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

impl Software {
    /// A software board on `clock`.
    ///
    /// # Errors
    /// [`BoardError::Option`] for what is wrong in `options`.
    pub fn new(options: &BoardOptions, clock: Clock) -> Result<Self, BoardError> {
        options.only(CPU.options.iter().map(|option| option.key))?;
        let zero_bits = options.within("zero-bits", 8..=64, ZERO_BITS)?;
        Ok(Self {
            clock,
            bell: Arc::default(),
            pace: Pace::new(),
            threshold: Target::from_zero_bits(zero_bits),
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
        let first = search.words.start;
        let end = search.words.end.min(first + self.pace.chunk());
        let mut chunk = first..end;
        let hit = search.scanner.scan(&mut chunk);
        search.words.start = chunk.start;
        let hashes = chunk.start - first;
        self.clock.worked(hashes);
        let took = self.clock.now().saturating_duration_since(begun);
        if hit.is_none() {
            self.pace.learn(hashes, took);
        }
        hit.map(|word| BoardEvent::Nonce {
            found: Found::nonce(Nonce::from_message_word(word)),
            works: Suspects::from_iter([search.work.clone()]),
            origin: None,
        })
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
            algorithms: &["sha256d"],
            rolls_version: false,
            nominal: CPU.nominal,
            threshold: self.threshold,
            details: "one thread".to_owned(),
        })
    }

    fn wants_work(&self) -> bool {
        self.search
            .as_ref()
            .is_none_or(|search| search.words.is_empty())
    }

    /// New work always replaces the work before, so `flush` changes nothing.
    fn load(&mut self, work: WorkUnit, _flush: bool) -> Result<(), BoardError> {
        let algorithm = work.job().algorithm.name();
        let header = work
            .header()
            .filter(|_| algorithm == "sha256d")
            .ok_or(BoardError::ForeignWork(algorithm))?;
        // Shares easier than the threshold are reported too.
        let limit = self.threshold.max(work.job().target);
        self.search = Some(Search {
            scanner: Scanner::new(header.midstate(), header.tail(), limit),
            words: 0..1 << 32,
            work,
        });
        Ok(())
    }

    fn poll(&mut self, deadline: Instant) -> Result<Option<BoardEvent>, BoardError> {
        if self.wants_work() {
            self.wait(deadline);
            self.bell.heard();
            return Ok(None);
        }
        loop {
            if self.bell.is_rung() && self.bell.heard() {
                return Ok(None);
            }
            if let Some(event) = self.search_chunk() {
                return Ok(Some(event));
            }
            let now = self.clock.now();
            if let Some(rate) = self.pace.news(now) {
                return Ok(Some(BoardEvent::Rate(rate)));
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
