//! The driver as the miner sees it: a board that takes work and speaks, and that is left cold however it ends. It has no lookout: sensors
//! are looked after on the board's own thread, by requests that take their time.

use std::time::Instant;

use super::driver::Gekko;
use crate::board::{Ability, Board, BoardError, BoardEvent, Waker};
use crate::chip::bm13xx::Chain;
use crate::transport::Transport;
use crate::work::WorkUnit;

impl Board for Gekko {
    fn start(&mut self) -> Result<Ability, BoardError> {
        let started = self.power_up();
        if started.is_err() {
            // What went wrong is what counts; the way back is tried all the same.
            let _ = self.cool_down();
        }
        started
    }

    fn wants_work(&self) -> bool {
        self.chain.as_ref().is_some_and(Chain::wants_work)
    }

    fn load(&mut self, work: WorkUnit, flush: bool) -> Result<(), BoardError> {
        self.has_work = true;
        match &mut self.chain {
            Some(chain) => Ok(chain.load(work, flush)?),
            None => Ok(()),
        }
    }

    fn idle(&mut self) -> Result<(), BoardError> {
        self.has_work = false;
        match &mut self.chain {
            Some(chain) => Ok(chain.idle()?),
            None => Ok(()),
        }
    }

    fn poll(&mut self, deadline: Instant) -> Result<Option<BoardEvent>, BoardError> {
        if self.said.is_empty() && self.now() >= self.own_due() {
            self.look_after()?;
        }
        if let Some(event) = self.said.pop_front() {
            return Ok(Some(event));
        }
        self.listen(deadline.min(self.own_due()))
    }

    fn stop(&mut self) -> Result<(), BoardError> {
        self.cool_down()
    }

    fn now(&self) -> Instant {
        self.port.now()
    }

    fn waker(&self) -> Waker {
        self.port.waker()
    }

    fn due(&self, deadline: Instant) -> Instant {
        if !self.said.is_empty() {
            return self.now();
        }
        let deadline = deadline.min(self.own_due());
        self.chain
            .as_ref()
            .map_or(deadline, |chain| chain.due(deadline))
    }
}

/// A stick whose driver goes, goes cold.
impl Drop for Gekko {
    fn drop(&mut self) {
        let _ = self.cool_down();
    }
}
