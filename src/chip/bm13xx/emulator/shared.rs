//! One chain in several hands: the data port that carries its bytes, and the bridge that holds its reset, voltage and fan.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::{ChainEmulator, EmulatedChain};
use crate::transport::Emulator;

/// A chain that a board's emulator shares between its ports; clones are one chain.
#[derive(Clone)]
pub struct SharedChain(Arc<Mutex<ChainEmulator>>);

impl SharedChain {
    /// A chain in its power-on state.
    pub fn new(settings: EmulatedChain) -> Self {
        Self(Arc::new(Mutex::new(ChainEmulator::new(settings))))
    }

    /// The chain itself, for a control that takes no longer than a call.
    pub fn lock(&self) -> MutexGuard<'_, ChainEmulator> {
        // A panic elsewhere is a failed test; the chain's values are still values.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Emulator for SharedChain {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.lock().receive(bytes, now);
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        self.lock().advance(until, out)
    }

    fn set_baud(&mut self, baud: u32) {
        self.lock().set_baud(baud);
    }
}
