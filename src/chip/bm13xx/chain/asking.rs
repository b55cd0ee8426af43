//! How hard the hashes are that the chips are asked for: as the clock, the line and the job's target want it, at any time.

use super::Chain;
use crate::chip::bm13xx::error::ChainError;
use crate::chip::bm13xx::event::ChainEvent;
use crate::units::Target;

impl Chain {
    /// Gives the chips the mask for a job of this target.
    pub(super) fn ask_for(&mut self, target: &Target) -> Result<(), ChainError> {
        let bits = self.ticket.bits_for(self.real_rate(), self.baud, target);
        if bits == self.tickets.set() {
            return Ok(());
        }
        if self.tickets.change(bits, self.line.now()) {
            self.tell_threshold();
        }
        self.write_ticket()
    }

    /// Promises more of the replies once those to an easier mask have died out. Chips that have not heard of the harder one hear it again.
    pub(super) fn settle_ticket(&mut self) -> Result<(), ChainError> {
        if !self.tickets.settle(self.line.now()) {
            return Ok(());
        }
        self.tell_threshold();
        self.write_ticket()
    }

    fn write_ticket(&mut self) -> Result<(), ChainError> {
        match self.ticket.write(self.tickets.set()) {
            Some((register, value)) => self.write_register(register, value),
            None => Ok(()),
        }
    }

    fn tell_threshold(&mut self) {
        let threshold = self.threshold();
        self.news.push_back(ChainEvent::Threshold(threshold));
    }
}
