//! How time passes in a chain: bytes arrive, chips hash and warm up, mishaps happen.

use std::time::{Duration, Instant};

use super::super::chip::{Chip, Common};
use super::super::hearing::Heard;
use super::ChainEmulator;

/// Time that is run at once while chips hash.
const SLICE: Duration = Duration::from_millis(1);
/// The part of a chip's power that it draws whatever it does.
const STATIC: f64 = 0.06;
/// What clocked cores draw that do not hash, against hashing ones.
const IDLE: f64 = 0.2;

impl ChainEmulator {
    /// Lives up to `until`.
    pub(super) fn run(&mut self, until: Instant) {
        self.begun.get_or_insert(until);
        self.now.get_or_insert(until);
        while self.now.is_some_and(|now| now < until) {
            self.step(until);
        }
    }

    /// One slice towards `until`.
    pub(super) fn step(&mut self, until: Instant) {
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

    pub(super) fn hashes(&self, now: Instant) -> bool {
        self.has_voltage() && !self.in_reset && self.chips.iter().any(|chip| chip.is_busy(now))
    }

    /// The next thing that the host said by `until`.
    pub(super) fn hear(&mut self, until: Instant) -> Option<(Heard, Instant)> {
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
    pub(super) fn hash(&mut self, from: Instant, to: Instant) {
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
    pub(super) fn heat(&mut self, time: Duration, at: Instant) {
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

    pub(super) fn awaits_mishap(&self) -> bool {
        let faults = &self.settings.faults;
        faults.brown_out.is_some() && !self.browned_out
            || faults.dies.is_some_and(|(chip, _)| {
                self.chips
                    .get(usize::from(chip))
                    .is_some_and(|chip| !chip.dead)
            })
    }

    /// What happens at its time.
    pub(super) fn mishaps(&mut self, now: Instant) {
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
}
