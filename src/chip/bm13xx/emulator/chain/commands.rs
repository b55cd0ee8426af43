//! What the host's commands do to the chips, and what these answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::chip::{Chip, Standing};
use super::super::hearing::Heard;
use super::super::job::Job;
use super::super::layout::Layout;
use super::super::speech;
use super::ChainEmulator;

/// How long a chip thinks before it answers.
const THINKS: Duration = Duration::from_micros(20);

impl ChainEmulator {
    /// How many chips hear what the host says: not those behind one that waits for its address or runs at another speed.
    pub(super) fn reach(&self) -> usize {
        let baud = self.baud();
        let mut reach = 0;
        for chip in &self.chips {
            if (chip.registers.baud() - baud).abs() > 1.0 {
                break;
            }
            reach += 1;
            if chip.standing == Standing::Waits {
                break;
            }
        }
        reach
    }

    /// Works out anew how far each chip is from the next one's nonces.
    pub(super) fn share_out(&mut self) {
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

    pub(super) fn act(&mut self, heard: Heard, at: Instant) {
        let reach = self.reach();
        match heard {
            Heard::SetAddress(address) => self.set_address(address, reach),
            Heard::Inactive => self.chips[..reach].iter_mut().for_each(|chip| {
                chip.standing = Standing::Waits;
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

    pub(super) fn set_address(&mut self, address: u8, reach: usize) {
        match self.chips[..reach]
            .iter_mut()
            .find(|chip| chip.standing == Standing::Waits)
        {
            Some(chip) => chip.take_address(address),
            // Out of reset every chip hears it and takes it for itself.
            None => self.chips[..reach]
                .iter_mut()
                .filter(|chip| chip.standing == Standing::Fresh)
                .for_each(|chip| chip.take_address(address)),
        }
        self.share_out();
    }

    pub(super) fn take(&mut self, job: Job, reach: usize, at: Instant) {
        self.counts.jobs += 1;
        self.remembered.clear();
        let job = Arc::new(job);
        self.chips[..reach]
            .iter_mut()
            .for_each(|chip| chip.take(&job, at));
    }

    pub(super) fn read(&mut self, address: Option<u8>, register: u8, reach: usize, at: Instant) {
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
}
