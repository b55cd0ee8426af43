//! What the chain says, sorted: nonces to their works, everything else counted under its reason.

use std::time::Instant;

use super::Chain;
use crate::chip::bm13xx::bring_up::Step;
use crate::chip::bm13xx::error::ChainError;
use crate::chip::bm13xx::event::{ChainEvent, ChipCounters, fault};
use crate::chip::bm13xx::frames::NonceReply;
use crate::chip::bm13xx::layout::{Place, place};
use crate::chip::bm13xx::line::Heard;
use crate::chip::bm13xx::ring::Resolved;

impl Chain {
    /// Waits for what the chain says, until `deadline` at the latest; `None` early when it begins to want work or its waker was called.
    ///
    /// # Errors
    /// As the transport's.
    pub fn poll(&mut self, deadline: Instant) -> Result<Option<ChainEvent>, ChainError> {
        let wanted = self.wants_work();
        loop {
            self.settle_ticket()?;
            if let Some(event) = self.news.pop_front() {
                return Ok(Some(event));
            }
            self.check_alive()?;
            self.ramp()?;
            self.roll()?;
            let until = self.listen_until(deadline, wanted);
            match self.line.hear(until)? {
                Some(heard) => self.take(heard),
                None => return Ok(None),
            }
            if self.news.is_empty() && !wanted && self.wants_work() {
                return Ok(None);
            }
        }
    }

    /// When [`poll`](Chain::poll) wants to be called though nothing was said.
    pub fn due(&self, deadline: Instant) -> Instant {
        if !self.news.is_empty() {
            return self.line.now();
        }
        let until = self.listen_until(deadline, self.wants_work());
        self.line.due(until)
    }

    fn listen_until(&self, deadline: Instant, wanted: bool) -> Instant {
        let work = (!wanted).then(|| self.wants_at());
        [
            work,
            self.asks_at(),
            self.tickets.settles_at(),
            self.rolls_at(),
            self.ramps_at(),
        ]
        .into_iter()
        .flatten()
        .fold(deadline, Instant::min)
    }

    fn take(&mut self, heard: Heard) {
        self.counters.bytes = self.line.bytes;
        match heard {
            Heard::Nonce(reply) => self.nonce(&reply),
            // The answer to a question that was given up.
            Heard::Register(_) => {}
            Heard::Noise { bytes, broken } => self.noise(bytes, broken),
            Heard::Lost(replies) => {
                self.counters.overflows += replies as u64;
                self.fault(None, fault::OVERFLOW);
            }
        }
    }

    fn noise(&mut self, bytes: usize, broken: usize) {
        self.counters.garbage += bytes as u64;
        self.counters.wrong_crcs += broken as u64;
        for _ in 0..broken {
            self.fault(None, fault::CRC);
        }
        self.news.push_back(ChainEvent::Garbage(bytes));
    }

    fn nonce(&mut self, reply: &NonceReply) {
        self.alive.shown(self.line.now());
        let place = place(self.settings.chip, self.addresses, reply.nonce);
        let threshold = self.threshold();
        let resolved = self.ring.resolve(reply, &threshold, self.line.now());
        let chip = Some(place.chip);
        match resolved {
            Resolved::Nonce(found, works) => {
                self.count_nonce(place);
                let core = place.core.filter(|_| place.is_inside);
                self.news.push_back(ChainEvent::Nonce {
                    found,
                    works,
                    chip,
                    core,
                });
                self.outside(place);
                self.stale(reply, place);
            }
            Resolved::Duplicate => {
                self.counted(place).duplicates += 1;
                self.fault(chip, fault::DUPLICATE);
            }
            // What the job that opened the cores finds until the first work is there.
            Resolved::UnknownJob if self.opens_cores(reply.job) => {}
            Resolved::UnknownJob => {
                self.counted(place).unknown_jobs += 1;
                self.fault(chip, fault::UNKNOWN_JOB);
            }
            Resolved::ForbiddenVersion => {
                self.counted(place).wrong_versions += 1;
                self.fault(chip, fault::VERSION);
            }
        }
    }

    /// Whether `job` is the number that dummy jobs have, with the index of a midstate. No work has it.
    fn opens_cores(&self, job: u8) -> bool {
        let is_step = |step: &Step| matches!(step, Step::OpenCores(_));
        job < 4 && self.settings.script.steps.iter().any(is_step)
    }

    fn count_nonce(&mut self, place: Place) {
        let cores = usize::from(self.settings.chip.cores);
        let chip = self.counted(place);
        chip.nonces += 1;
        if let Some(core) = place.core.filter(|_| place.is_inside) {
            chip.cores.resize(cores, 0);
            chip.cores[usize::from(core)] += 1;
        }
        if let Some(words) = self.watch.heard(place.chip) {
            self.news.push_back(ChainEvent::Notice(words));
        }
    }

    /// A nonce that no core visits is odd, but its hash decides.
    fn outside(&mut self, place: Place) {
        if !place.is_inside {
            self.counted(place).outside_layout += 1;
            self.fault(Some(place.chip), fault::OUTSIDE_LAYOUT);
        }
    }

    /// Its hash may still be one that counts elsewhere.
    fn stale(&mut self, reply: &NonceReply, place: Place) {
        if self.ring.is_void(reply.job) {
            self.counted(place).stale += 1;
            self.fault(Some(place.chip), fault::STALE);
        }
    }

    fn counted(&mut self, place: Place) -> &mut ChipCounters {
        &mut self.counters.chips[usize::from(place.chip)]
    }

    fn fault(&mut self, chip: Option<u16>, kind: &'static str) {
        self.news.push_back(ChainEvent::Fault { chip, kind });
    }
}
