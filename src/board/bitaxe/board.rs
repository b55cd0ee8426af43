//! The driver as the miner sees it: a board that takes work and speaks, and that is left cold however it ends.

use std::time::Instant;

use super::driver::Bitaxe;
use crate::board::{Ability, Board, BoardError, BoardEvent, Lookout, Stop, Waker};
use crate::chip::bm13xx::Chain;
use crate::transport::Transport;
use crate::work::WorkUnit;

impl Board for Bitaxe {
    fn start(&mut self) -> Result<Ability, BoardError> {
        self.stopper.arm(true);
        let started = self.try_start();
        self.stopper.arm(false);
        if started.is_err() {
            // What went wrong is what is told.
            let _ = self.make_safe();
        }
        started
    }

    fn heed(&mut self, stop: Stop) {
        self.stopper.heed(stop);
    }

    fn wants_work(&self) -> bool {
        self.chain.as_ref().is_some_and(Chain::wants_work)
    }

    fn load(&mut self, work: WorkUnit, flush: bool) -> Result<(), BoardError> {
        self.has_work = true;
        let load = |chain: &mut Chain| chain.load(work, flush);
        // Without voltage there is nobody to load; it is asked for again when there is.
        Ok(self.chain.as_mut().map_or(Ok(()), load)?)
    }

    fn idle(&mut self) -> Result<(), BoardError> {
        self.has_work = false;
        Ok(self.chain.as_mut().map_or(Ok(()), Chain::idle)?)
    }

    fn poll(&mut self, deadline: Instant) -> Result<Option<BoardEvent>, BoardError> {
        if let Some(event) = self.news.pop_front() {
            return Ok(Some(event));
        }
        if self.now() >= self.next_check {
            self.check()?;
            return Ok(self.news.pop_front());
        }
        let until = deadline.min(self.next_check);
        let Some(chain) = &mut self.chain else {
            self.rest(until)?;
            return Ok(None);
        };
        let event = chain.poll(until)?.map(BoardEvent::from);
        if let Some(event) = &event {
            self.count(event);
        }
        Ok(event)
    }

    fn stop(&mut self) -> Result<(), BoardError> {
        self.make_safe()
    }

    fn now(&self) -> Instant {
        self.port.now()
    }

    fn waker(&self) -> Waker {
        self.port.waker()
    }

    /// Nobody else has this board in hand: its sensors are looked after on its own thread, by requests that take their time.
    fn lookout(&self) -> Option<Lookout> {
        None
    }

    fn due(&self, deadline: Instant) -> Instant {
        if !self.news.is_empty() {
            return self.now();
        }
        let chain = self.chain.as_ref();
        let due = chain.map_or(deadline, |chain| chain.due(deadline));
        due.min(self.next_check)
    }

    fn is_resting(&self) -> bool {
        self.chain.is_none()
    }
}

/// However the driver ends, by a panic too, its board is left cold.
impl Drop for Bitaxe {
    fn drop(&mut self) {
        if !self.is_cut {
            let _ = self.make_safe();
        }
    }
}
