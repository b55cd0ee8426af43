//! The chain: commands pass from chip to chip, answers come back in order, and time moves all of it.

mod commands;
mod life;
mod reports;

use std::time::{Duration, Instant};

use super::EmulatedChain;
use super::chip::{Bench, Chip};
use super::faults::Dice;
use super::hearing::Hearing;
use super::line::Line;
use super::search::Find;
use super::thermal::Thermal;
use crate::transport::Emulator;

/// The part of the stock voltage below which cores do not run.
const LEAST_VOLTAGE: f64 = 0.5;

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
        self.reset_line(asserted);
    }

    /// As [`reset`](ChainEmulator::reset), at the time that the chain has reached: for bridges whose requests carry no time.
    pub fn reset_line(&mut self, asserted: bool) {
        if asserted || self.in_reset {
            self.power_on();
        }
        self.in_reset = asserted;
    }

    /// The cores lose their voltage, at the time that the chain has reached.
    pub fn cut_core_voltage(&mut self) {
        self.volts = 0.0;
        self.chips.iter_mut().for_each(Chip::lose_cores);
        self.thermal.set_power(0.0);
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

    /// Lets `time` pass in which no host is there.
    pub fn live_on(&mut self, time: Duration) {
        if let Some(now) = self.now {
            self.run(now + time);
        }
    }

    /// The hottest chip at the time that the chain has reached, degrees Celsius.
    pub fn celsius(&self) -> f64 {
        self.thermal.temperature()
    }

    /// Watts that the chips draw at the time that the chain has reached.
    pub fn watts(&self) -> f64 {
        self.thermal.power()
    }

    /// Whether the reset line is asserted.
    pub fn is_in_reset(&self) -> bool {
        self.in_reset
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
