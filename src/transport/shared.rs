//! A transport in several hands of one thread: it outlives what is driven over it, and the next driver finds it as it was left.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Lookout, Parity, Transport, TransportError, Waker};

/// A transport; clones are the same one. They are meant for one thread, so the lock is never waited for.
#[derive(Clone)]
pub struct SharedTransport(Arc<Mutex<Box<dyn Transport>>>);

impl SharedTransport {
    /// Shares `port`.
    pub fn new(port: Box<dyn Transport>) -> Self {
        Self(Arc::new(Mutex::new(port)))
    }

    /// Throws away what is there to be read.
    ///
    /// # Errors
    /// As [`Transport::read`].
    pub fn drain(&mut self) -> Result<(), TransportError> {
        let (mut buf, now) = ([0; 256], self.now());
        while self.read(&mut buf, now)? > 0 {}
        Ok(())
    }

    fn port(&self) -> MutexGuard<'_, Box<dyn Transport>> {
        // A panic in a call leaves a port that still says what is wrong with it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for SharedTransport {
    fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.port().write(bytes)
    }

    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        self.port().read(buf, deadline)
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), TransportError> {
        self.port().set_baud(baud)
    }

    fn set_parity(&mut self, parity: Parity) -> Result<(), TransportError> {
        self.port().set_parity(parity)
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
