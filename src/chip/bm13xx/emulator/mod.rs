//! A chain of emulated BM13xx chips, written from the fact sheet `bm13xx-boards.md` (section 18) and not from the driver.
//!
//! Bytes of the host come in, bytes of the chips go out, at the line's speed; in between every chip has its registers, and hashes for
//! real where its layout, sweep window and version epoch stand at that time, though only as many hashes as the chain's `rate` allows.
//! It reads no clock, knows no board and shares no code with the driver, so that the two can disagree. Boards' emulators own the
//! bridge around it and feed it reset, core voltage and fan.

mod chain;
mod chip;
mod crc;
mod faults;
mod hearing;
mod job;
mod layout;
mod line;
mod registers;
mod search;
mod shared;
mod silicon;
mod speech;
mod sweep;
#[cfg(test)]
mod tests;
mod thermal;

pub use chain::{ChainCounts, ChainEmulator};
pub use faults::ChainFaults;
pub use shared::SharedChain;
pub use silicon::EmulatedChip;
pub use thermal::{Cooling, Thermal};

/// What a chain is made of, and how fast it is.
#[derive(Debug, Clone, PartialEq)]
pub struct EmulatedChain {
    /// The kind of its chips.
    pub chip: EmulatedChip,
    /// How many chips the board should have.
    pub chips: u16,
    /// Hashes a second that the whole chain really does at `stock_clock`; far below the nominal rate.
    pub rate: f64,
    /// Leading zero bits that take the place of the real chips' 32; `None`: as many fewer as `rate` is below the nominal rate, so that
    /// replies come as often as from the real chain.
    pub zero_bits: Option<u32>,
    /// Where the dice of faults and searches start.
    pub seed: u64,
    /// The board's stock clock, MHz: at it the chain does `rate`.
    pub stock_clock: f64,
    /// The core voltage that the stock clock is meant for, volts; the chain has it until the board says otherwise.
    pub stock_voltage: f64,
    /// How its heat comes and goes.
    pub cooling: Cooling,
    /// What goes wrong.
    pub faults: ChainFaults,
}

impl EmulatedChain {
    /// Hashes a second of an emulated chain unless told otherwise.
    pub const RATE: f64 = 2e6;

    /// `chips` healthy chips at the clock and voltage that boards run them at.
    pub fn new(chip: EmulatedChip, chips: u16) -> Self {
        let stock = chip.stock();
        Self {
            chip,
            chips,
            rate: Self::RATE,
            zero_bits: None,
            seed: 0,
            stock_clock: stock.clock,
            stock_voltage: stock.volts,
            cooling: Cooling::for_power(stock.watts * f64::from(chips)),
            faults: ChainFaults::default(),
        }
    }

    /// Hashes a second that the real chain would do at its stock clock.
    pub fn nominal(&self) -> f64 {
        self.chip.hashes_per_clock() * self.stock_clock * 1e6 * f64::from(self.chips)
    }

    /// Leading zero bits of every nonce that the chain reports with ticket mask 0: 32 on the real one.
    pub fn zero_bits(&self) -> u32 {
        let slower = (self.nominal() / self.rate).log2().round();
        self.zero_bits
            .unwrap_or((32.0 - slower).clamp(1.0, 32.0) as u32)
    }
}
