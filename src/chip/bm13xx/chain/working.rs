//! Work for the chain: encoded, numbered, replaced before it is used up.

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;

use super::Chain;
use super::rolling::Left;
use crate::algorithm::sha256d::Midstate;
use crate::chip::bm13xx::bring_up;
use crate::chip::bm13xx::chips::{Counting, JobForm, NonceLayout};
use crate::chip::bm13xx::error::ChainError;
use crate::chip::bm13xx::event::ChainEvent;
use crate::chip::bm13xx::frames::{Command, JobFrame, job};
use crate::chip::bm13xx::registers::{HashCounting, NonceOffset, Register, VersionRolling};
use crate::chip::bm13xx::ring::Versions;
use crate::chip::bm13xx::sweep::LONGEST;
use crate::chip::bm13xx::ticket::TicketRule;
use crate::chip::bm13xx::versions::rolled;
use crate::work::{Header, Job, WorkUnit};

impl Chain {
    /// Whether it takes another piece of work: it has none, or the sweep or the version epoch is nearly over.
    pub fn wants_work(&self) -> bool {
        self.line.now() >= self.wants_at()
    }

    /// Gives it work, which replaces what it searches; with `flush`, what it still finds in that is stale.
    ///
    /// # Errors
    /// As the transport's, or [`ChainError::ForeignWork`].
    pub fn load(&mut self, work: WorkUnit, flush: bool) -> Result<(), ChainError> {
        let algorithm = work.job().algorithm.name();
        let header = work
            .header()
            .filter(|_| algorithm == "sha256d")
            .ok_or(ChainError::ForeignWork(algorithm))?;
        if flush {
            self.ring.void();
        }
        self.suit(work.job())?;
        self.watch_chips();
        let lasts = self.give(&header, work, 0)?;
        self.share_nonces()?;
        let now = self.line.now();
        if self.refresh.replace(now + lasts).is_none() {
            self.alive.shown(now);
        }
        Ok(())
    }

    /// Sends a job of `work` with its versions from number `first` on; how long the chips have it for themselves, with what is left.
    pub(super) fn give(
        &mut self,
        header: &Header,
        work: WorkUnit,
        first: u64,
    ) -> Result<Duration, ChainError> {
        let id = self.ring.next_byte();
        self.left = None;
        let rest = Left::of(&work, self.settings.chip.job);
        let (versions, lasts) = match self.settings.chip.job {
            JobForm::Header => self.load_header(id, header, work)?,
            JobForm::Midstates(counts) => self.load_midstates(id, header, work, counts, first)?,
            JobForm::Block => self.load_midstates(id, header, work, &[1], first)?,
        };
        self.counters.jobs += 1;
        self.counters.bytes = self.line.bytes;
        let next = self.line.now() + lasts;
        self.left = rest.and_then(|rest| rest.after(first + versions, next));
        let goes_on = self.left.is_some();
        Ok(if goes_on { LONGEST.max(lasts) } else { lasts })
    }

    /// There is no work for now: stops the chips where they can be stopped, until the next [`load`](Chain::load). The others stand still by
    /// themselves when their sweep is over.
    ///
    /// # Errors
    /// As the transport's.
    pub fn idle(&mut self) -> Result<(), ChainError> {
        let now = self.line.now();
        self.ring.void();
        self.ring.replace(now);
        self.refresh = None;
        self.left = None;
        self.watch.working(false, now);
        if self.settings.chip.counting != Counting::Register {
            return Ok(());
        }
        self.in_force.is_stopped = true;
        self.write_register(HashCounting::ADDRESS, 0)
    }

    /// From when on work is wanted.
    pub(super) fn wants_at(&self) -> Instant {
        let now = self.line.now();
        self.rested(self.refresh.unwrap_or(now))
    }

    /// `time`, or when the next number may be used if that is later.
    pub(super) fn rested(&self, time: Instant) -> Instant {
        self.ring.rested().map_or(time, |rested| rested.max(time))
    }

    /// Makes the chips' registers fit `job`: its mask, a ticket that is no harder than its target, and no standstill.
    fn suit(&mut self, job: &Job) -> Result<(), ChainError> {
        self.ask_for(&job.target)?;
        self.tell_versions(job);
        if !self.settings.chip.job.rolls_version() {
            return Ok(());
        }
        let rolling = VersionRolling::of_pool_mask(job.version_mask);
        if rolling.mask != self.in_force.mask {
            self.in_force.mask = rolling.mask;
            self.write_register(VersionRolling::ADDRESS, rolling.value())?;
        }
        if std::mem::take(&mut self.in_force.is_stopped) {
            self.write_counting(self.fastest_mhz())?;
        }
        Ok(())
    }

    /// Says once if the pool lets too few versions be rolled for all sub-cores to have one.
    fn tell_versions(&mut self, job: &Job) {
        let bits = match self.settings.chip.job {
            JobForm::Header => u32::from(VersionRolling::of_pool_mask(job.version_mask).mask),
            JobForm::Midstates(_) | JobForm::Block => job.version_mask,
        };
        let needed = u32::from(self.settings.chip.sub_cores);
        let allowed = 1u32.checked_shl(bits.count_ones()).unwrap_or(u32::MAX);
        let few = (allowed < needed).then_some(allowed);
        if std::mem::replace(&mut self.few_versions, few) != few && few.is_some() {
            self.news.push_back(ChainEvent::Notice(format!(
                "the pool lets {allowed} versions be rolled; {} use all their sub-cores with {needed} or more",
                self.settings.chip.name
            )));
        }
    }

    /// Sends a whole header; how many versions that are, and how long it lasts.
    fn load_header(
        &mut self,
        id: u8,
        header: &Header,
        work: WorkUnit,
    ) -> Result<(u64, Duration), ChainError> {
        let frame = job::header(id, header);
        let mask = self.in_force.mask;
        self.send(&frame, work, Versions::OnChip(mask))?;
        let versions = 1 << mask.count_ones();
        Ok((u64::from(versions), self.lasts(versions, &frame)))
    }

    /// Sends as many midstates as a job of these chips may carry; how many, and how long they last.
    fn load_midstates(
        &mut self,
        id: u8,
        header: &Header,
        work: WorkUnit,
        counts: &[u8],
        first: u64,
    ) -> Result<(u64, Duration), ChainError> {
        let versions = rolled(&work, counts, first);
        let midstates: ArrayVec<Midstate, 4> = versions
            .iter()
            .map(|version| header.with_version(*version).midstate())
            .collect();
        let frame = self.midstates_frame(id, &midstates, header);
        self.send(&frame, work, Versions::Midstates(&versions))?;
        let count = versions.len() as u32;
        Ok((u64::from(count), self.lasts(count, &frame)))
    }

    fn midstates_frame(&self, id: u8, midstates: &[Midstate], header: &Header) -> JobFrame {
        let tail = header.tail();
        if self.settings.chip.job == JobForm::Block {
            let ticket = TicketRule::in_job(self.tickets.set());
            let counting = self
                .sweep(self.fastest_mhz())
                .counting()
                .unwrap_or(u32::MAX);
            return job::block(id, midstates[0], &tail, ticket, counting);
        }
        job::midstates(self.settings.chip.dialect, id, midstates, &tail, 0)
    }

    fn send(
        &mut self,
        frame: &JobFrame,
        work: WorkUnit,
        versions: Versions<'_>,
    ) -> Result<(), ChainError> {
        self.line.send(frame)?;
        self.ring.load(work, versions, self.line.now());
        Ok(())
    }

    fn lasts(&self, versions: u32, frame: &JobFrame) -> Duration {
        self.sweep(self.fastest_mhz())
            .refresh_after(versions, frame.len())
    }

    /// Chips whose nonces carry no address start their counters apart, from the first job on (section 12).
    fn share_nonces(&mut self) -> Result<(), ChainError> {
        let by_offset = self.settings.chip.layout == NonceLayout::CoreAndOffset;
        if !by_offset || self.addresses.chips == 1 || self.in_force.has_offsets {
            return Ok(());
        }
        self.in_force.has_offsets = true;
        for chip in 0..self.addresses.chips {
            let offset = NonceOffset {
                enabled: true,
                offset: self.addresses.offset(chip),
            };
            self.line.command(Command::Write {
                to: bring_up::to_chip(&self.settings, self.addresses, chip),
                register: NonceOffset::ADDRESS,
                value: offset.value(),
            })?;
        }
        Ok(())
    }

    /// The part of the sub-cores that have a version of their own to search, 0 to 1: less than 1 when the pool lets too few be rolled.
    pub fn busy(&self) -> f64 {
        let sub_cores = f64::from(self.settings.chip.sub_cores);
        self.few_versions
            .map_or(1.0, |versions| f64::from(versions) / sub_cores)
    }

    /// Counts what each chip should have found meanwhile.
    pub(super) fn watch_chips(&mut self) {
        let hashes = self.ticket.threshold(self.tickets.set());
        let chips = f64::from(self.addresses.chips);
        let rate = self.nominal().get() * self.busy() / hashes.expected_hashes() / chips;
        let now = self.line.now();
        if let Some(words) = self.watch.count(rate, now)
            && self.addresses.chips > 1
        {
            self.news.push_back(ChainEvent::Notice(words));
        }
        self.watch.working(true, now);
    }
}
