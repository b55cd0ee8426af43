//! A line at which a driver can be made to panic.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use midstate::transport::{Parity, Transport, TransportError, Waker};

/// A transport whose next read panics once it was told so, and only that one.
pub(crate) struct Fragile<T> {
    inner: T,
    panics: Arc<AtomicBool>,
}

impl<T: Transport> Fragile<T> {
    /// `inner`, until `panics`.
    pub(crate) fn new(inner: T, panics: &Arc<AtomicBool>) -> Self {
        let panics = Arc::clone(panics);
        Self { inner, panics }
    }
}

impl<T: Transport> Transport for Fragile<T> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.inner.write(bytes)
    }

    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        let panics = self.panics.swap(false, Ordering::Relaxed);
        assert!(!panics, "a panic that the test wants");
        self.inner.read(buf, deadline)
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), TransportError> {
        self.inner.set_baud(baud)
    }

    fn set_parity(&mut self, parity: Parity) -> Result<(), TransportError> {
        self.inner.set_parity(parity)
    }

    fn now(&self) -> Instant {
        self.inner.now()
    }

    fn sleep(&mut self, time: Duration) {
        self.inner.sleep(time);
    }

    fn waker(&self) -> Waker {
        self.inner.waker()
    }
}
