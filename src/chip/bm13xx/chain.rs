//! A chain of chips that is up: kept fed, listened to, and left cold.
//!
//! It is the part of a board's driver that all BM13xx boards share. Power, voltage, fans and the reset line are the board's; so is the
//! order in which they come. A board calls [`Chain::bring_up`] when its chips have power, passes each of its own
//! `Board` methods on to the method of the same name, and takes the voltage away after [`Chain::halt`].

use std::time::{Duration, Instant};

use super::chips::ChipType;
use super::error::ChainError;
use super::event::{ChainCounters, ChainEvent};
use super::settings::{ChainSettings, ResetLine};
use crate::transport::{Lookout, Transport, Waker};
use crate::units::{Hashrate, Target};
use crate::work::WorkUnit;

/// A chain of chips that is up.
pub struct Chain {
    port: Box<dyn Transport>,
    settings: ChainSettings,
}

impl Chain {
    /// Resets, counts, addresses and configures the chips on `transport`, raises their clock and the line's speed.
    ///
    /// The transport is at [`ChainSettings::reset_baud`]; the chips have power. Notices (a missing chip, a line that had to stay slow) come
    /// as the first events of [`poll`](Chain::poll).
    ///
    /// # Errors
    /// Which step failed, at which chip, and what came instead. The transport is closed then; the board takes the power away.
    pub fn bring_up(
        transport: Box<dyn Transport>,
        settings: ChainSettings,
        lines: &mut dyn ResetLine,
    ) -> Result<Self, ChainError> {
        let _ = (&transport, lines);
        settings.check()?;
        Ok(Self {
            port: transport,
            settings,
        })
    }

    /// The type of its chips.
    pub fn chip(&self) -> &'static ChipType {
        self.settings.chip
    }

    /// How many chips answer.
    pub fn chips(&self) -> u16 {
        self.settings.expected_chips
    }

    /// The clock as set, MHz.
    pub fn clock_mhz(&self) -> f64 {
        self.settings.clock_mhz
    }

    /// The rate that its clock and cores make; on an emulated chain with easier zero bits, accordingly less.
    pub fn nominal(&self) -> Hashrate {
        Hashrate::ZERO
    }

    /// What every nonce that it reports meets.
    pub fn threshold(&self) -> Target {
        Target::MAX
    }

    /// Chips, clock, line speed and ticket, for people.
    pub fn details(&self) -> String {
        String::new()
    }

    /// What it has counted.
    pub fn counters(&self) -> &ChainCounters {
        unimplemented!("skeleton")
    }

    /// Whether it takes another piece of work: it has none, or the sweep or the version epoch is nearly over.
    pub fn wants_work(&self) -> bool {
        false
    }

    /// Gives it work. What it searches is replaced at once, with `flush` or without; with it, even if the next job number is still in use.
    ///
    /// # Errors
    /// As the transport's, or [`ChainError::ForeignWork`].
    pub fn load(&mut self, work: WorkUnit, flush: bool) -> Result<(), ChainError> {
        let _ = (work, flush);
        Ok(())
    }

    /// There is no work for now: stops the chips where they can be stopped, until the next [`load`](Chain::load).
    ///
    /// # Errors
    /// As the transport's.
    pub fn idle(&mut self) -> Result<(), ChainError> {
        Ok(())
    }

    /// Waits for what the chain says, until `deadline` at the latest; `None` early when it begins to want work or its waker was called.
    ///
    /// # Errors
    /// As the transport's.
    pub fn poll(&mut self, deadline: Instant) -> Result<Option<ChainEvent>, ChainError> {
        let _ = deadline;
        Ok(None)
    }

    /// When [`poll`](Chain::poll) wants to be called though nothing was said.
    pub fn due(&self, deadline: Instant) -> Instant {
        deadline
    }

    /// Changes the clock, in the ramp's steps; the clock that the chips' dividers make of it, MHz. The new rate comes as an event.
    ///
    /// # Errors
    /// As the transport's, or [`ChainError::Setting`] with the possible range.
    pub fn set_clock(&mut self, mhz: f64) -> Result<f64, ChainError> {
        Ok(mhz)
    }

    /// Stops the chips for good: no hashing, no reports. The board takes reset and voltage away next.
    ///
    /// # Errors
    /// As the transport's.
    pub fn halt(&mut self) -> Result<(), ChainError> {
        Ok(())
    }

    /// Reads a register of chip `chip` (counted from the host). Nonces that come meanwhile are kept, in order.
    ///
    /// # Errors
    /// As the transport's, or [`ChainError::Step`] when the chip does not answer.
    pub fn read_register(&mut self, chip: u16, register: u8) -> Result<u32, ChainError> {
        let _ = (chip, register);
        Ok(0)
    }

    /// Writes a register of all chips.
    ///
    /// # Errors
    /// As the transport's.
    pub fn write_register(&mut self, register: u8, value: u32) -> Result<(), ChainError> {
        let _ = (register, value);
        Ok(())
    }

    /// The transport's time.
    pub fn now(&self) -> Instant {
        self.port.now()
    }

    /// Lets time pass on the transport.
    pub fn sleep(&mut self, time: Duration) {
        self.port.sleep(time);
    }

    /// What ends a wait in [`poll`](Chain::poll) from another thread.
    pub fn waker(&self) -> Waker {
        self.port.waker()
    }

    /// What waits for the chain's next word while the chain is in other hands.
    pub fn lookout(&self) -> Option<Lookout> {
        self.port.lookout()
    }

    /// Whether a [`load`](Chain::load) would certainly not have to wait.
    pub fn has_room(&self) -> bool {
        self.port.has_room()
    }
}
