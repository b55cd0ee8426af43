//! A chain of chips that is up: kept fed, listened to, and left cold.
//!
//! It is the part of a board's driver that all BM13xx boards share. Power, voltage, fans and the reset line are the board's; so is the
//! order in which they come. A board calls [`Chain::bring_up`] when its chips have power, passes each of its own
//! `Board` methods on to the method of the same name, and takes the voltage away after [`Chain::halt`].

mod alive;
mod asking;
mod control;
mod listening;
mod rolling;
mod working;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use alive::Alive;
use control::Ramping;
use rolling::Left;

use super::bring_up::{self, Up};
use super::chips::ChipType;
use super::error::ChainError;
use super::event::{ChainCounters, ChainEvent, ChipCounters};
use super::layout::Addresses;
use super::line::Line;
use super::pll::Pll;
use super::ring::Ring;
use super::settings::{ChainSettings, ResetLine};
use super::sweep::Sweep;
use super::ticket::{TicketRule, Tickets};
use super::watch::Watch;
use crate::transport::{Lookout, Transport, Waker};
use crate::units::{Hashrate, Target};

/// A chain of chips that is up.
pub struct Chain {
    line: Line,
    settings: ChainSettings,
    addresses: Addresses,
    pll: Pll,
    /// Where the clock is going; `None`: it stays.
    ramp: Option<Ramping>,
    baud: u32,
    ticket: TicketRule,
    tickets: Tickets,
    in_force: InForce,
    ring: Ring,
    /// When the work that is searched is to be replaced; `None`: there is none.
    refresh: Option<Instant>,
    /// Versions of that work which the chips have not had yet, where the chain's driver rolls them.
    left: Option<Left>,
    /// Versions that the pool allows, where they are too few for all sub-cores.
    few_versions: Option<u32>,
    watch: Watch,
    alive: Alive,
    counters: ChainCounters,
    /// Not told yet.
    news: VecDeque<ChainEvent>,
}

/// What the chips hold that changes with the work.
#[derive(Debug, Clone, Copy)]
struct InForce {
    /// Version bits that the chips roll, in units of 2^13; all of them after bring-up.
    mask: u16,
    /// Whether the chips were stopped by a hash counting number of 0.
    is_stopped: bool,
    /// Whether chips that share their nonces by offsets have theirs.
    has_offsets: bool,
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chain")
            .field("chip", &self.settings.chip.name)
            .field("addresses", &self.addresses)
            .field("pll", &self.pll)
            .field("baud", &self.baud)
            .finish_non_exhaustive()
    }
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
        settings.check()?;
        let mut line = Line::new(transport, settings.chip);
        let up = bring_up::bring_up(&mut line, &settings, lines)?;
        let mut chain = Self::new(line, settings, up);
        chain.remember_clock()?;
        Ok(chain)
    }

    fn new(line: Line, settings: ChainSettings, up: Up) -> Self {
        let chips = up.addresses.chips;
        let counters = ChainCounters {
            chips: vec![ChipCounters::default(); usize::from(chips)],
            ..ChainCounters::default()
        };
        Self {
            addresses: up.addresses,
            pll: up.pll,
            ramp: None,
            baud: up.baud,
            ticket: bring_up::ticket_rule(&settings),
            tickets: Tickets::new(up.ticket_bits),
            in_force: InForce {
                mask: u16::MAX,
                is_stopped: false,
                has_offsets: false,
            },
            ring: Ring::new(settings.chip.ids_on_wire),
            refresh: None,
            left: None,
            few_versions: None,
            watch: Watch::new(chips),
            alive: Alive::new(line.now()),
            counters,
            news: up.notices.into_iter().map(ChainEvent::Notice).collect(),
            line,
            settings,
        }
    }

    /// The type of its chips.
    pub fn chip(&self) -> &'static ChipType {
        self.settings.chip
    }

    /// How many chips answer.
    pub fn chips(&self) -> u16 {
        self.addresses.chips
    }

    /// The clock that the chips' dividers make, MHz.
    pub fn clock_mhz(&self) -> f64 {
        self.pll.mhz
    }

    /// The host's line speed.
    pub fn baud(&self) -> u32 {
        self.baud
    }

    /// The rate that its clock and cores make; on an emulated chain with easier zero bits, accordingly less.
    pub fn nominal(&self) -> Hashrate {
        let by_bits = || (32.0 - f64::from(self.settings.zero_bits)).exp2();
        let slower = self.settings.slower.unwrap_or_else(by_bits);
        Hashrate::new(self.real_rate().get() / slower)
    }

    /// What every nonce that it reports meets. It follows clock and jobs, each time with a [`ChainEvent::Threshold`].
    pub fn threshold(&self) -> Target {
        self.ticket.threshold(self.tickets.promised())
    }

    /// Chips, clock, line speed and ticket, for people.
    pub fn details(&self) -> String {
        let found = self.chips();
        let expected = self.settings.expected_chips;
        let of = if found == expected {
            String::new()
        } else {
            format!(" of {expected}")
        };
        format!(
            "{found}{of} {} at {:.2} MHz, {} baud, ticket {} bits",
            self.settings.chip.name,
            self.pll.mhz,
            self.baud,
            self.settings.zero_bits + self.tickets.set()
        )
    }

    /// The part of the nonces to be expected that it has found since its bring-up, if that is too little. A command that was lost on the way
    /// leaves cores asleep or a register as it was, and only what the chain finds tells. Another bring-up may mend it.
    pub fn weakness(&self) -> Option<f64> {
        self.watch.weakness()
    }

    /// What it has counted.
    pub fn counters(&self) -> &ChainCounters {
        &self.counters
    }

    /// The transport's time.
    pub fn now(&self) -> Instant {
        self.line.now()
    }

    /// Lets time pass on the transport.
    pub fn sleep(&mut self, time: Duration) {
        self.line.sleep(time);
    }

    /// What ends a wait in [`poll`](Chain::poll) from another thread.
    pub fn waker(&self) -> Waker {
        self.line.waker()
    }

    /// What waits for the chain's next word while the chain is in other hands.
    pub fn lookout(&self) -> Option<Lookout> {
        self.line.lookout()
    }

    /// Whether a [`load`](Chain::load) would certainly not have to wait.
    pub fn has_room(&self) -> bool {
        self.line.has_room()
    }

    /// The rate of real chips at this clock.
    fn real_rate(&self) -> Hashrate {
        bring_up::nominal(&self.settings, self.addresses.chips, self.pll.mhz)
    }

    fn sweep(&self, mhz: f64) -> Sweep {
        Sweep {
            chip: self.settings.chip,
            addresses: self.addresses,
            mhz,
            baud: self.baud,
        }
    }
}
