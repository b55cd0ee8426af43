//! The chain: commands pass from chip to chip, answers come back in order, and time moves all of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::EmulatedChain;
use super::chip::{Bench, Chip, Common};
use super::faults::Dice;
use super::hearing::{Heard, Hearing};
use super::job::Job;
use super::layout::Layout;
use super::line::Line;
use super::search::Find;
use super::speech::{self, Reply};
use super::thermal::Thermal;
use crate::transport::Emulator;

/// Time that is run at once while chips hash.
const SLICE: Duration = Duration::from_millis(1);
/// How long a chip thinks before it answers.
const THINKS: Duration = Duration::from_micros(20);
/// The part of the stock voltage below which cores do not run.
const LEAST_VOLTAGE: f64 = 0.5;
/// Clock that the stock voltage carries, against the stock clock.
const HEADROOM: f64 = 1.15;
/// The part of a chip's power that it draws whatever it does.
const STATIC: f64 = 0.06;
/// What clocked cores draw that do not hash, against hashing ones.
const IDLE: f64 = 0.2;

/// What an emulated chain has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ChainCounts {
    /// Jobs taken.
    pub jobs: u64,
    /// Jobs dropped because their checksum was wrong.
    pub bent_jobs: u64,
    /// Commands dropped because their checksum was wrong.
    pub bent_commands: u64,
    /// Bytes of the host that made no frame.
    pub noise: u64,
    /// Nonces put on the line.
    pub nonces: u64,
    /// Nonces lost because the line was full.
    pub lost: u64,
}

/// A chain of emulated chips.
pub struct ChainEmulator {
    settings: EmulatedChain,
    chips: Vec<Chip>,
    hearing: Hearing,
    line: Line,
    dice: Dice,
    thermal: Thermal,
    volts: f64,
    in_reset: bool,
    begun: Option<Instant>,
    now: Option<Instant>,
    browned_out: bool,
    stuck: Option<(u8, Find)>,
    found: Vec<(Instant, u16, u8, Find)>,
    remembered: Vec<Find>,
    counts: ChainCounts,
}

impl ChainEmulator {
    /// A chain in its power-on state, out of reset, at its stock voltage.
    pub fn new(settings: EmulatedChain) -> Self {
        let stock_rate = settings.rate / f64::from(settings.chips.max(1));
        let bench = Bench {
            kind: settings.chip,
            rate_per_mhz: stock_rate / settings.stock_clock,
            scale: settings.nominal() / settings.rate,
            zero_bits: settings.zero_bits(),
        };
        let there = settings.chips.saturating_sub(settings.faults.missing);
        let mut chain = Self {
            chips: (0..there).map(|_| Chip::new(bench)).collect(),
            hearing: Hearing::new(settings.chip.silicon().dialect),
            line: Line::new(),
            dice: Dice::new(settings.faults, settings.seed),
            thermal: Thermal::new(settings.cooling),
            volts: settings.stock_voltage,
            in_reset: false,
            begun: None,
            now: None,
            browned_out: false,
            stuck: None,
            found: Vec::new(),
            remembered: Vec::new(),
            counts: ChainCounts::default(),
            settings,
        };
        chain.share_out();
        chain
    }

    /// The regulator gives the cores `volts` from `now` on.
    pub fn set_core_voltage(&mut self, volts: f64, now: Instant) {
        self.run(now);
        self.volts = volts;
        if !self.has_voltage() {
            self.chips.iter_mut().for_each(Chip::lose_cores);
        }
        self.heat(Duration::ZERO, now);
    }

    /// The fan turns at `percent` from `now` on.
    pub fn set_fan(&mut self, percent: f64, now: Instant) {
        self.run(now);
        self.thermal.set_fan(percent);
    }

    /// The air has `celsius` from `now` on.
    pub fn set_ambient(&mut self, celsius: f64, now: Instant) {
        self.run(now);
        self.thermal.set_ambient(celsius);
    }

    /// The reset line is asserted or released; chips come out of reset in their power-on state.
    pub fn reset(&mut self, asserted: bool, now: Instant) {
        self.run(now);
        if asserted || self.in_reset {
            self.power_on();
        }
        self.in_reset = asserted;
    }

    /// The supply dips: every chip falls back to its power-on state.
    pub fn brown_out(&mut self, now: Instant) {
        self.run(now);
        self.power_on();
    }

    /// The hottest chip at `now`, degrees Celsius.
    pub fn temperature(&mut self, now: Instant) -> f64 {
        self.run(now);
        self.thermal.temperature()
    }

    /// Watts that the chips draw at `now`.
    pub fn power(&mut self, now: Instant) -> f64 {
        self.run(now);
        self.thermal.power()
    }

    /// Volts at the cores.
    pub fn core_voltage(&self) -> f64 {
        self.volts
    }

    /// The first chip's clock, MHz.
    pub fn clock(&self) -> f64 {
        self.chips
            .first()
            .map_or(0.0, |chip| chip.registers.clock())
    }

    /// What it has seen.
    pub fn counts(&self) -> ChainCounts {
        let misheard = self.hearing.misheard;
        ChainCounts {
            bent_jobs: misheard.jobs,
            bent_commands: misheard.commands,
            noise: misheard.bytes,
            ..self.counts
        }
    }

    fn power_on(&mut self) {
        self.chips.iter_mut().for_each(Chip::reset);
        self.hearing = Hearing::new(self.settings.chip.silicon().dialect);
        self.line.clear();
        self.stuck = None;
        self.share_out();
    }

    fn has_voltage(&self) -> bool {
        self.volts >= LEAST_VOLTAGE * self.settings.stock_voltage
    }

    /// The line speed of the chip next to the host.
    fn baud(&self) -> f64 {
        self.chips
            .first()
            .map_or(115_200.0, |chip| chip.registers.baud())
    }

    /// How many chips hear what the host says: not those behind one that waits for its address or runs at another speed.
    fn reach(&self) -> usize {
        let baud = self.baud();
        let mut reach = 0;
        for chip in &self.chips {
            if (chip.registers.baud() - baud).abs() > 1.0 {
                break;
            }
            reach += 1;
            if chip.waits {
                break;
            }
        }
        reach
    }

    /// Works out anew how far each chip is from the next one's nonces.
    fn share_out(&mut self) {
        let places = Layout::of(self.settings.chip).places();
        let starts: Vec<u64> = self.chips.iter().map(Chip::start).collect();
        for (index, chip) in self.chips.iter_mut().enumerate() {
            let others = starts
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index);
            let gaps =
                others.map(
                    |(other, start)| match start.wrapping_sub(starts[index]) % places {
                        0 if other > index => places,
                        gap => gap,
                    },
                );
            chip.share = gaps.min().unwrap_or(places);
        }
    }

    fn act(&mut self, heard: Heard, at: Instant) {
        let reach = self.reach();
        match heard {
            Heard::SetAddress(address) => self.set_address(address, reach),
            Heard::Inactive => self.chips[..reach].iter_mut().for_each(|chip| {
                chip.waits = true;
                chip.address = 0;
            }),
            Heard::Read { address, register } => self.read(address, register, reach, at),
            Heard::Write {
                address,
                register,
                value,
            } => {
                let called = |chip: &&mut Chip| chip.is_called(address);
                let chips = self.chips[..reach].iter_mut();
                chips
                    .filter(called)
                    .for_each(|chip| chip.write(register, value));
                self.share_out();
            }
            Heard::PllWord(word) => {
                let chips = self.chips[..reach].iter_mut();
                chips.for_each(|chip| chip.set_pll_word(word));
            }
            Heard::Job(job) => self.take(*job, reach, at),
        }
    }

    fn set_address(&mut self, address: u8, reach: usize) {
        match self.chips[..reach].iter_mut().find(|chip| chip.waits) {
            Some(chip) => chip.take_address(address),
            // Out of reset every chip hears it and takes it for itself.
            None => self.chips[..reach]
                .iter_mut()
                .filter(|chip| !chip.addressed)
                .for_each(|chip| chip.take_address(address)),
        }
        self.share_out();
    }

    fn take(&mut self, job: Job, reach: usize, at: Instant) {
        self.counts.jobs += 1;
        self.remembered.clear();
        let job = Arc::new(job);
        self.chips[..reach]
            .iter_mut()
            .for_each(|chip| chip.take(&job, at));
    }

    fn read(&mut self, address: Option<u8>, register: u8, reach: usize, at: Instant) {
        let dialect = self.settings.chip.silicon().dialect;
        let temperature = self.thermal.temperature();
        for index in 0..reach {
            let chip = &self.chips[index];
            if chip.dead || !chip.is_called(address) {
                continue;
            }
            let shown = chip.shown(temperature);
            let value = chip.registers.shown(register, chip.address, &shown);
            let reply = speech::register(dialect, chip.form(), value, chip.address, register);
            self.say(&reply, at + THINKS, true);
        }
    }

    fn say(&mut self, reply: &Reply, at: Instant, urgent: bool) -> bool {
        let mut reply = reply.clone();
        self.dice.bend(&mut reply);
        let baud = self.baud();
        let said = self.line.say(&reply, at, baud, urgent);
        if said && self.dice.repeats() {
            self.line.say(&reply, at, baud, urgent);
        }
        said
    }

    /// Reports what `chip` found, or what it takes for it.
    fn report(&mut self, chip: u16, id: u8, find: Find, at: Instant) {
        let (id, find) = self.as_told(chip, id, find);
        let silicon = self.settings.chip.silicon();
        let form = self.chips[usize::from(chip)].form();
        let reply = speech::nonce(silicon, form, id, &find);
        let said = self.say(&reply, at, false);
        self.counts.nonces += u64::from(said);
        self.counts.lost += u64::from(!said);
    }

    fn as_told(&mut self, chip: u16, id: u8, mut find: Find) -> (u8, Find) {
        let layout = Layout::of(self.settings.chip);
        let faults = &self.settings.faults;
        let lies = faults
            .lying_core
            .is_some_and(|(liar, core)| liar == chip && layout.core(find.word) == Some(core));
        if faults.stuck == Some(chip) {
            return *self.stuck.get_or_insert((id, find));
        }
        let strain = self.strain(chip);
        if lies || self.dice.strikes(strain) {
            find.word = layout.elsewhere(find.word);
        }
        // On the BM1362 sub-core and version differ by 4 in 8 percent of replies (section 10).
        if self.settings.chip == super::EmulatedChip::Bm1362 && self.dice.strikes(0.08) {
            find.slot ^= 4;
        }
        (id, find)
    }

    /// The part of a chip's nonces that are wrong because its clock is too fast for its voltage.
    fn strain(&self, chip: u16) -> f64 {
        let stock = &self.settings;
        let carried = HEADROOM * stock.stock_clock * (self.volts / stock.stock_voltage).powf(1.5);
        let clock = self.chips[usize::from(chip)].registers.clock();
        ((clock / carried - 1.0) * 5.0).clamp(0.0, 1.0)
    }

    /// Lives up to `until`.
    fn run(&mut self, until: Instant) {
        self.begun.get_or_insert(until);
        self.now.get_or_insert(until);
        while self.now.is_some_and(|now| now < until) {
            self.step(until);
        }
    }

    /// One slice towards `until`.
    fn step(&mut self, until: Instant) {
        let now = self.now.unwrap_or(until);
        self.mishaps(now);
        let idle = !self.line.is_busy() && !self.hashes(now);
        let horizon = if idle && !self.awaits_mishap() {
            until
        } else {
            until.min(now + SLICE)
        };
        let mut reached = now;
        while let Some((heard, at)) = self.hear(horizon) {
            self.hash(reached, at.max(reached));
            reached = at.max(reached);
            self.act(heard, reached);
        }
        self.hash(reached, horizon);
        self.heat(horizon.saturating_duration_since(now), horizon);
        self.now = Some(horizon);
    }

    fn hashes(&self, now: Instant) -> bool {
        self.has_voltage() && !self.in_reset && self.chips.iter().any(|chip| chip.is_busy(now))
    }

    /// The next thing that the host said by `until`.
    fn hear(&mut self, until: Instant) -> Option<(Heard, Instant)> {
        let headers = self.chips.first().is_some_and(Chip::takes_headers);
        let at = self.now.unwrap_or(until);
        if let Some(heard) = self.hearing.more(headers) {
            return Some((heard, at));
        }
        let baud = self.baud();
        while let Some(byte) = self.line.next_byte(until, baud, &mut self.dice) {
            if self.in_reset || self.chips.is_empty() {
                continue;
            }
            if let Some(heard) = self.hearing.take(byte.byte, byte.end, byte.at, headers) {
                return Some((heard, byte.at));
            }
        }
        None
    }

    /// Every chip hashes from `from` to `to`.
    fn hash(&mut self, from: Instant, to: Instant) {
        if from >= to || self.in_reset || !self.has_voltage() {
            return;
        }
        let found = &mut self.found;
        let mut common = Common {
            dice: &mut self.dice,
            remembered: &mut self.remembered,
        };
        for (index, chip) in self.chips.iter_mut().enumerate() {
            chip.run(from, to, &mut common, |at, id, find| {
                found.push((at, index as u16, id, find));
            });
        }
        let mut found = std::mem::take(&mut self.found);
        found.sort_by_key(|(at, ..)| *at);
        for (at, chip, id, find) in found.drain(..) {
            self.report(chip, id, find, at);
        }
        self.found = found;
    }

    /// Chips warm up for `time`, by what they do at its end.
    fn heat(&mut self, time: Duration, at: Instant) {
        self.thermal.pass(time);
        let stock = self.settings.chip.stock();
        let pull = (self.volts / self.settings.stock_voltage).powi(2);
        let runs = self.has_voltage() && !self.in_reset;
        let watts = self.chips.iter().map(|chip| {
            let work = if chip.is_busy(at) { 1.0 } else { IDLE };
            let speed = chip.registers.clock() / self.settings.stock_clock;
            let clocked = if runs { work * speed * pull } else { 0.0 };
            stock.watts * (STATIC + (1.0 - STATIC) * clocked)
        });
        let watts = watts.sum();
        self.thermal.set_power(watts);
    }

    fn awaits_mishap(&self) -> bool {
        let faults = &self.settings.faults;
        faults.brown_out.is_some() && !self.browned_out
            || faults.dies.is_some_and(|(chip, _)| {
                self.chips
                    .get(usize::from(chip))
                    .is_some_and(|chip| !chip.dead)
            })
    }

    /// What happens at its time.
    fn mishaps(&mut self, now: Instant) {
        let age = self.begun.map_or(Duration::ZERO, |begun| now - begun);
        let faults = self.settings.faults;
        if let Some((chip, time)) = faults.dies
            && age >= time
            && let Some(chip) = self.chips.get_mut(usize::from(chip))
        {
            chip.dead = true;
        }
        if faults.brown_out.is_some_and(|time| age >= time) && !self.browned_out {
            self.browned_out = true;
            self.power_on();
        }
    }

    /// Says what its first chip would say about `word`, were its sweep there at `now`.
    #[cfg(test)]
    pub(super) fn examine(&mut self, word: u32, slot: u16, field: u16, now: Instant) {
        self.run(now);
        if let Some((id, find)) = self.chips[0].examine(word, slot, field) {
            self.report(0, id, find, now);
        }
    }
}

impl Emulator for ChainEmulator {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.run(now);
        self.line.receive(bytes, now, &mut self.dice);
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        self.begun.get_or_insert(until);
        self.now.get_or_insert(until);
        loop {
            let baud = self.baud();
            if let Some(due) = self.line.deliver(until, baud, &mut self.dice, out) {
                return due.min(until);
            }
            if self.now.is_none_or(|now| now >= until) {
                return until;
            }
            self.step(until);
        }
    }

    fn set_baud(&mut self, baud: u32) {
        self.line.set_host_baud(baud);
    }
}
