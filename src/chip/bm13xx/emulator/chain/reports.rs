//! What chips say of their own accord, true or not.

use std::time::Instant;

use super::super::EmulatedChip;
use super::super::layout::Layout;
use super::super::search::Find;
use super::super::speech::{self, Reply};
use super::ChainEmulator;

/// Clock that the stock voltage carries, against the stock clock.
const HEADROOM: f64 = 1.15;

impl ChainEmulator {
    pub(super) fn say(&mut self, reply: &Reply, at: Instant, urgent: bool) -> bool {
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
    pub(super) fn report(&mut self, chip: u16, id: u8, find: Find, at: Instant) {
        let (id, find) = self.as_told(chip, id, find);
        let silicon = self.settings.chip.silicon();
        let form = self.chips[usize::from(chip)].form();
        let reply = speech::nonce(silicon, form, id, &find);
        let said = self.say(&reply, at, false);
        self.counts.nonces += u64::from(said);
        self.counts.lost += u64::from(!said);
    }

    pub(super) fn as_told(&mut self, chip: u16, id: u8, mut find: Find) -> (u8, Find) {
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
        if self.settings.chip == EmulatedChip::Bm1362 && self.dice.strikes(0.08) {
            find.slot ^= 4;
        }
        (id, find)
    }

    /// The part of a chip's nonces that are wrong because its clock is too fast for its voltage.
    pub(super) fn strain(&self, chip: u16) -> f64 {
        let stock = &self.settings;
        let carried = HEADROOM * stock.stock_clock * (self.volts / stock.stock_voltage).powf(1.5);
        let clock = self.chips[usize::from(chip)].registers.clock();
        ((clock / carried - 1.0) * 5.0).clamp(0.0, 1.0)
    }
}
