//! One chip of the chain: its registers, its address, its cores, and the search that they do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::EmulatedChip;
use super::faults::Dice;
use super::job::{Form, Job};
use super::layout::Layout;
use super::registers::{Registers, Shown};
use super::search::{Find, Piece, Search, Ticket};
use super::silicon::{Dialect, Silicon};
use super::speech;
use super::sweep::{Spot, Sweep};

/// Time of hashing that is done at once.
const PIECE: f64 = 0.002;
/// A piece's hashes.
const PIECE_HASHES: std::ops::RangeInclusive<f64> = 128.0..=8192.0;
/// Finds of a job that chips can repeat when they run beyond their part of the nonces.
const REMEMBERED: usize = 16;

/// What a chain's chips share while they hash.
pub(super) struct Common<'a> {
    pub(super) dice: &'a mut Dice,
    /// What was found for the present job, by any of them.
    pub(super) remembered: &'a mut Vec<Find>,
}

/// What all chips of a chain share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bench {
    pub(super) kind: EmulatedChip,
    /// Hashes a second of one chip for each MHz.
    pub(super) rate_per_mhz: f64,
    /// How many hashes of the real chip stand behind one of ours.
    pub(super) scale: f64,
    /// Leading zero bits with ticket mask 0.
    pub(super) zero_bits: u32,
}

impl Bench {
    pub(super) fn silicon(&self) -> &'static Silicon {
        self.kind.silicon()
    }
}

/// What a chip knows of its place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing: out of reset it passes everything on.
    Fresh,
    /// It waits for an address, and passes nothing on until it has one.
    Waits,
    /// It has an address.
    Addressed,
}

/// A chip.
pub(super) struct Chip {
    bench: Bench,
    pub(super) registers: Registers,
    pub(super) address: u8,
    pub(super) standing: Standing,
    pub(super) dead: bool,
    /// Places from its own start to that of the next chip.
    pub(super) share: u64,
    open: Vec<bool>,
    clock_set: bool,
    search: Option<(Search, Instant)>,
    sweep: Option<Sweep>,
    core: u16,
    owed: f64,
    hashes: f64,
    finds: Vec<Find>,
}

impl Chip {
    /// A chip out of reset.
    pub(super) fn new(bench: Bench) -> Self {
        let cores = usize::from(bench.silicon().cores);
        Self {
            bench,
            registers: Registers::new(bench.kind),
            address: 0,
            standing: Standing::Fresh,
            dead: false,
            share: u64::MAX,
            open: vec![false; cores],
            clock_set: false,
            search: None,
            sweep: None,
            core: 0,
            owed: 0.0,
            hashes: 0.0,
            finds: Vec::new(),
        }
    }

    /// Falls back to its power-on state; a dead chip stays dead.
    pub(super) fn reset(&mut self) {
        let dead = self.dead;
        *self = Self::new(self.bench);
        self.dead = dead;
    }

    /// Without core voltage cores forget that they were enabled.
    pub(super) fn lose_cores(&mut self) {
        self.open.fill(false);
    }

    /// Whether jobs are whole headers.
    pub(super) fn takes_headers(&self) -> bool {
        self.registers.rolls_versions()
    }

    pub(super) fn form(&self) -> speech::Form {
        if self.registers.rolls_versions() {
            speech::Form::Long
        } else {
            speech::Form::Short
        }
    }

    /// Where its sweep starts.
    pub(super) fn start(&self) -> u64 {
        if self.bench.silicon().address_starts {
            Layout::of(self.bench.kind).start(self.address)
        } else {
            self.registers.nonce_offset()
        }
    }

    /// Whether a command for `address` means it: BM1372 and BM1373 are called by a quarter of what they were given.
    pub(super) fn is_called(&self, address: Option<u8>) -> bool {
        let own = match self.bench.kind {
            EmulatedChip::Bm1373 => self.address >> 2,
            _ => self.address,
        };
        address.is_none_or(|address| address == own)
    }

    /// What it measures about itself.
    pub(super) fn shown(&self, temperature: f64) -> Shown {
        let hash_rate = if self.sweep.is_some() {
            self.rate() * self.bench.scale
        } else {
            0.0
        };
        Shown {
            hash_rate,
            hashes: self.hashes * self.bench.scale,
            temperature,
        }
    }

    /// It takes its address and passes on what comes.
    pub(super) fn take_address(&mut self, address: u8) {
        self.address = address;
        self.standing = Standing::Addressed;
    }

    /// A register is written.
    pub(super) fn write(&mut self, register: u8, value: u32) {
        if register == 0 {
            self.address = value as u8;
            return;
        }
        self.registers.set(register, value);
        self.clock_set |= self.registers.is_pll(register);
        if self.bench.silicon().dialect == Dialect::C {
            match register {
                0x3c => self.mailbox(value),
                0xa8 if value & 0x01f2 != 0 => self.lose_cores(),
                _ => {}
            }
        }
        self.plan();
    }

    /// The BM1384's clock.
    pub(super) fn set_pll_word(&mut self, word: u16) {
        self.registers.set_pll_word(word);
        self.clock_set = true;
        self.plan();
    }

    /// CORE_REGISTER_CONTROL: core enable is core register 2 with AA; on the BM1397 the clock delay after the ordered clock was enabled.
    fn mailbox(&mut self, word: u32) {
        let (writes, register, value) = (word >> 15 & 1 == 1, word >> 8 & 0x1f, word & 0xff);
        let enables = match self.bench.kind {
            EmulatedChip::Bm1397 => register == 0 && self.registers.get(0x20) == 1,
            _ => register == 2 && value == 0xaa,
        };
        if !writes || !enables {
            return;
        }
        if word >> 31 == 1 {
            self.open.fill(true);
        } else if let Some(open) = self.open.get_mut((word >> 16 & 0xff) as usize) {
            *open = true;
        }
    }

    /// A job arrives: it replaces what is searched. A dummy job opens the next core where jobs do that.
    pub(super) fn take(&mut self, job: &Arc<Job>, at: Instant) {
        if job.midstates() > 1 && !self.registers.takes_midstates() {
            return;
        }
        if job.is_dummy()
            && self.registers.opens_cores_by_jobs()
            && let Some(open) = self.open.iter_mut().find(|open| !**open)
        {
            *open = true;
        }
        let mask = job
            .own
            .map_or_else(|| self.registers.ticket_mask(), |own| own.ticket_mask);
        let ticket = Ticket {
            zero_bits: self.bench.zero_bits,
            mask,
        };
        self.search = Some((Search::new(Arc::clone(job), ticket), at));
        self.plan();
    }

    /// Works out anew how the job is searched.
    fn plan(&mut self) {
        let (kind, registers) = (self.bench.kind, &self.registers);
        let search = self.search.as_ref().filter(|_| self.clock_set);
        self.sweep = search.and_then(|(search, _)| {
            let whole = matches!(search.job().form, Form::Header(_));
            (whole == registers.rolls_versions() || !whole)
                .then(|| Sweep::new(kind, registers, search.job()))?
        });
    }

    /// Hashes a second that it really does now.
    fn rate(&self) -> f64 {
        let open = self.open.iter().filter(|open| **open).count();
        let busy = self.sweep.map_or(0.0, |sweep| sweep.busy);
        self.bench.rate_per_mhz * self.registers.clock() * busy * open as f64
            / self.open.len() as f64
    }

    /// Whether it hashes at `at`.
    pub(super) fn is_busy(&self, at: Instant) -> bool {
        let Some(((_, begun), sweep)) = self.search.as_ref().zip(self.sweep) else {
            return false;
        };
        let seconds = at.saturating_duration_since(*begun).as_secs_f64();
        let places = Layout::of(self.bench.kind).places();
        !self.dead && self.open.contains(&true) && sweep.at(seconds, places).is_some()
    }

    /// Lives from `from` to `to`; calls `found` with the time and the job byte of each find.
    pub(super) fn run(
        &mut self,
        from: Instant,
        to: Instant,
        common: &mut Common<'_>,
        mut found: impl FnMut(Instant, u8, Find),
    ) {
        let time = to.saturating_duration_since(from);
        let Some(id) = self.hash(to, time, common) else {
            return;
        };
        let parts = self.finds.len() as u32 + 1;
        for (number, find) in (1..).zip(self.finds.drain(..)) {
            if common.remembered.len() < REMEMBERED {
                common.remembered.push(find);
            }
            found(from + time * number / parts, id, find);
        }
    }

    /// Does what hashes have become due; the job byte that its finds belong to.
    fn hash(&mut self, at: Instant, time: Duration, common: &mut Common<'_>) -> Option<u8> {
        if !self.is_busy(at) {
            self.owed = 0.0;
            return None;
        }
        let rate = self.rate();
        let (search, begun) = self.search.as_ref()?;
        let (id, sweep) = (search.job().id, self.sweep?);
        let seconds = at.saturating_duration_since(*begun).as_secs_f64();
        let before = (seconds - time.as_secs_f64()).max(0.0);
        let own = sweep.within(self.share, seconds) - sweep.within(self.share, before);
        self.owed += rate * own;
        self.repeat(rate * (seconds - before - own).max(0.0), common);
        if let Some(places) = self.due(rate) {
            let spot = sweep.at(seconds, Layout::of(self.bench.kind).places())?;
            self.search_at(spot, places);
        }
        Some(id)
    }

    /// How many places are to be searched for the hashes that are owed; `None`: too few for a piece.
    fn due(&mut self, rate: f64) -> Option<u64> {
        let (search, _) = self.search.as_ref()?;
        let layout = Layout::of(self.bench.kind);
        let a_place = search.hashes_a_place(layout, &self.sweep?, &self.open) as f64;
        let piece = (rate * PIECE).clamp(*PIECE_HASHES.start(), *PIECE_HASHES.end());
        if self.owed < piece.max(a_place) {
            return None;
        }
        let places = (self.owed / a_place).floor();
        self.owed -= places * a_place;
        self.hashes += places * a_place;
        Some(places as u64)
    }

    /// Searches `places` places of the next core, those before `spot` or before the end of its share.
    fn search_at(&mut self, mut spot: Spot, places: u64) {
        self.next_core();
        let start = self.start();
        spot.passed = spot.passed.min(self.share);
        let (Some((search, _)), Some(sweep)) = (&self.search, &self.sweep) else {
            return;
        };
        let piece = Piece {
            layout: Layout::of(self.bench.kind),
            sweep,
            spot,
            start,
            core: self.core,
            open: &self.open,
            places,
        };
        search.run(&piece, &mut self.finds);
    }

    /// `hashes` beyond its share: they find what another chip has found, or itself before.
    fn repeat(&mut self, hashes: f64, common: &mut Common<'_>) {
        let Some((search, _)) = &self.search else {
            return;
        };
        let chance = hashes / search.hashes_a_find();
        self.hashes += hashes;
        let known = &common.remembered;
        if !known.is_empty() && common.dice.strikes(chance) {
            let which = common.dice.below(known.len() as u32) as usize;
            self.finds.push(known[which]);
        }
    }

    /// The next core that is enabled.
    fn next_core(&mut self) {
        let cores = self.open.len() as u16;
        let next = (1..=cores).map(|step| (self.core + step) % cores);
        if let Some(core) = next.into_iter().find(|core| self.open[usize::from(*core)]) {
            self.core = core;
        }
    }

    /// What it would say about `word`, were its sweep there now: for checks against published solutions.
    #[cfg(test)]
    pub(super) fn examine(&self, word: u32, slot: u16, field: u16) -> Option<(u8, Find)> {
        let layout = Layout::of(self.bench.kind);
        let core = layout.core(word)?;
        let (search, _) = self.search.as_ref()?;
        let open = self.open[usize::from(core)] && self.sweep.is_some();
        let find = search.judge(word, slot, field).filter(|_| open)?;
        Some((search.job().id, find))
    }
}
