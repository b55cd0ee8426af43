//! A port that is lent to a chain: when the chain is given up, the port is still here for the next one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::transport::{Lookout, Transport, TransportError, Waker};

/// A port in two hands, of which one uses it at a time: both are the board's own thread.
#[derive(Clone)]
pub(super) struct Lent(Arc<Mutex<Box<dyn Transport>>>);

impl Lent {
    pub(super) fn new(port: Box<dyn Transport>) -> Self {
        Self(Arc::new(Mutex::new(port)))
    }

    fn port(&self) -> MutexGuard<'_, Box<dyn Transport>> {
        // A panic in a call leaves a port that still says what is wrong with it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Throws away what is there to be read.
    pub(super) fn drain(&mut self) -> Result<(), TransportError> {
        let (mut buf, now) = ([0; 256], self.now());
        while self.read(&mut buf, now)? > 0 {}
        Ok(())
    }
}

impl Transport for Lent {
    fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.port().write(bytes)
    }

    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        self.port().read(buf, deadline)
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), TransportError> {
        self.port().set_baud(baud)
    }

    fn now(&self) -> Instant {
        self.port().now()
    }

    fn sleep(&mut self, time: Duration) {
        self.port().sleep(time);
    }

    fn waker(&self) -> Waker {
        self.port().waker()
    }

    fn lookout(&self) -> Option<Lookout> {
        self.port().lookout()
    }

    fn has_room(&self) -> bool {
        self.port().has_room()
    }
}
