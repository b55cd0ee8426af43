//! A device for this room's own tests.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Emulator;

/// Answers every piece with itself, [`Echo::DELAY`] after it came.
#[derive(Debug, Default)]
pub(super) struct Echo {
    due: VecDeque<(Instant, Vec<u8>)>,
}

impl Echo {
    pub(super) const DELAY: Duration = Duration::from_millis(3);
}

impl Emulator for Echo {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.due.push_back((now + Self::DELAY, bytes.to_vec()));
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        match self.due.front() {
            Some((at, _)) if *at <= until => {
                let (at, bytes) = self.due.pop_front().unwrap();
                out.extend(bytes);
                at
            }
            _ => until,
        }
    }
}
