//! Steps that compute what they write: tickets, voltage domains, dummy jobs, sweeps.

use std::time::Duration;

use super::{BringUp, nominal, ticket_rule};
use crate::algorithm::sha256d::Midstate;
use crate::chip::bm13xx::chips::PllCoding;
use crate::chip::bm13xx::error::ChainError;
use crate::chip::bm13xx::frames::{To, job};
use crate::chip::bm13xx::registers::{HashCounting, Register, UartRelay};
use crate::chip::bm13xx::sweep::Sweep;
use crate::units::Hashrate;

/// The pause after each dummy job that opens a core.
const OPEN_CORE: Duration = Duration::from_millis(10);
/// What travels beside a dummy job's empty midstate.
const DUMMY_TAIL: [u8; 12] = [0xff; 12];

impl BringUp<'_> {
    /// The rate that the chain will have.
    fn rate(&self) -> Hashrate {
        nominal(self.settings, self.addresses.chips, self.settings.clock_mhz)
    }

    pub(super) fn ticket_bits(&self) -> u32 {
        ticket_rule(self.settings).bits(self.rate(), self.baud)
    }

    pub(super) fn ticket(&mut self) -> Result<(), ChainError> {
        match ticket_rule(self.settings).write(self.ticket_bits()) {
            Some((register, value)) => self.write(To::All, register, value),
            None => Ok(()),
        }
    }

    /// The first and the last chip of each voltage domain relay with a gap, and the last drives the clock harder (section 12).
    pub(super) fn domains(&mut self, drivers: u32) -> Result<(), ChainError> {
        let Some(size) = self.settings.chips_per_domain else {
            return Ok(());
        };
        for domain in domains(self.addresses.chips, size) {
            let relay = UartRelay {
                gap: domain.gap,
                replies: true,
                commands: true,
            };
            self.write_one(domain.first, UartRelay::ADDRESS, relay.value())?;
            self.write_one(domain.last, UartRelay::ADDRESS, relay.value())?;
            self.write_one(domain.last, 0x58, drivers)?;
        }
        Ok(())
    }

    /// Dummy jobs wake one core each. What they find is no work of anybody.
    pub(super) fn open_cores(&mut self, cores: u16) -> Result<(), ChainError> {
        let empty = Midstate::from_words([0; 8]);
        let frame = match self.settings.chip.pll {
            PllCoding::Word => job::block(0, empty, &DUMMY_TAIL, 0, 0),
            PllCoding::Dividers(_) => {
                job::midstates(self.settings.chip.dialect, 0, &[empty], &DUMMY_TAIL, 0)
            }
        };
        for _ in 0..cores {
            self.line.send(&frame)?;
            self.pause(OPEN_CORE)?;
        }
        self.line.forget()
    }

    pub(super) fn counting(&mut self) -> Result<(), ChainError> {
        let sweep = Sweep {
            chip: self.settings.chip,
            addresses: self.addresses,
            mhz: self.pll.mhz,
            baud: self.baud,
        };
        match sweep.counting() {
            Some(ticks) => self.write(To::All, HashCounting::ADDRESS, ticks),
            None => Ok(()),
        }
    }
}

/// A voltage domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Domain {
    first: u16,
    last: u16,
    /// The relay's gap count: 14, and the chips of this domain and of those farther from the host.
    gap: u16,
}

/// The voltage domains of `chips` chips, `size` each, the host's end first.
fn domains(chips: u16, size: u16) -> impl Iterator<Item = Domain> {
    let count = chips.div_ceil(size);
    (0..count).map(move |domain| Domain {
        first: domain * size,
        last: (domain * size + size - 1).min(chips - 1),
        gap: 14 + size * (count - domain),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_those_of_three_machines() {
        for (chips, size, nearest, farthest) in [
            (65, 5, 0x4f, 0x13),
            (91, 7, 0x69, 0x15),
            (110, 10, 0x7c, 0x18),
        ] {
            let all: Vec<Domain> = domains(chips, size).collect();
            let (first, last) = (all[0], all[all.len() - 1]);
            assert_eq!((first.gap, last.gap), (nearest, farthest));
            assert_eq!((first.first, first.last), (0, size - 1));
            assert_eq!(last.last, chips - 1);
        }
        let uneven: Vec<Domain> = domains(12, 5).collect();
        assert_eq!((uneven.len(), uneven[2].first, uneven[2].last), (3, 10, 11));
    }
}
