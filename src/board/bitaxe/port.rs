//! The data port, which outlives the chains that are brought up on it: a chain keeps its transport, and a board that was switched off
//! needs it again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::transport::{Lookout, Transport, TransportError, Waker};

/// The data port; clones are one port, in the hands of one board's thread, so the lock is never waited for.
#[derive(Clone)]
pub(super) struct Port(Arc<Mutex<Box<dyn Transport>>>);

impl Port {
    pub(super) fn new(port: Box<dyn Transport>) -> Self {
        Self(Arc::new(Mutex::new(port)))
    }

    fn lock(&self) -> MutexGuard<'_, Box<dyn Transport>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Port {
    fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.lock().write(bytes)
    }

    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        self.lock().read(buf, deadline)
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), TransportError> {
        self.lock().set_baud(baud)
    }

    fn now(&self) -> Instant {
        self.lock().now()
    }

    fn sleep(&mut self, time: Duration) {
        self.lock().sleep(time);
    }

    fn waker(&self) -> Waker {
        self.lock().waker()
    }

    fn lookout(&self) -> Option<Lookout> {
        self.lock().lookout()
    }

    fn has_room(&self) -> bool {
        self.lock().has_room()
    }
}
