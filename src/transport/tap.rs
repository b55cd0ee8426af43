//! Shows what goes over a line, both ways, without changing it: for people who look for a mistake, and for recordings.

use std::fmt;
use std::time::{Duration, Instant};

use super::{Lookout, Parity, Transport, TransportError, Waker};

/// Which way bytes went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From us to the device.
    ToDevice,
    /// From the device to us.
    ToHost,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ToDevice => ">",
            Self::ToHost => "<",
        })
    }
}

/// What is called with every piece that went over the line, on the transport's time.
type Listener = Box<dyn FnMut(Instant, Direction, &[u8]) + Send>;

/// A transport that shows everything to a listener. Writes are shown when they succeeded.
pub struct Tap<T> {
    inner: T,
    listener: Listener,
}

impl<T: Transport> Tap<T> {
    /// Shows everything on `inner` to `listener`.
    pub fn new(inner: T, listener: impl FnMut(Instant, Direction, &[u8]) + Send + 'static) -> Self {
        let listener = Box::new(listener);
        Self { inner, listener }
    }

    /// Traces everything on `inner`, which people call `name`, in hex under the target `midstate::board_bytes`.
    pub fn tracing(inner: T, name: impl Into<String>) -> Self {
        let name = name.into();
        Self::new(inner, move |_, direction, bytes| {
            tracing::trace!(target: "midstate::board_bytes", "{name} {direction} {}", hex::encode(bytes));
        })
    }
}

impl<T: Transport> Transport for Tap<T> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        let now = self.inner.now();
        self.inner.write(bytes)?;
        (self.listener)(now, Direction::ToDevice, bytes);
        Ok(())
    }

    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        let count = self.inner.read(buf, deadline)?;
        if count > 0 {
            (self.listener)(self.inner.now(), Direction::ToHost, &buf[..count]);
        }
        Ok(count)
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

    fn lookout(&self) -> Option<Lookout> {
        self.inner.lookout()
    }

    fn has_room(&self) -> bool {
        self.inner.has_room()
    }
}

impl<T> fmt::Debug for Tap<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tap")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::transport::testing::Echo;
    use crate::transport::{EmulatedTransport, VirtualClock};

    #[test]
    fn both_directions_are_shown_with_their_times() {
        let clock = VirtualClock::new(Instant::now());
        let start = clock.now();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&seen);
        let line = EmulatedTransport::virtual_time("echo", Box::new(Echo::default()), clock);
        let plug = line.plug();
        let mut tap = Tap::new(line, move |at, direction, bytes| {
            let text = format!("{direction} {}", hex::encode(bytes));
            record.lock().unwrap().push((at - start, text));
        });
        let mut buf = [0; 8];
        tap.write(&[0xab, 0xcd]).unwrap();
        assert_eq!(
            tap.read(&mut buf, start + Duration::from_secs(1)).unwrap(),
            2
        );
        plug.unplug();
        assert!(tap.write(&[1]).is_err());
        let seen = seen.lock().unwrap();
        let expected = [
            (Duration::ZERO, "> abcd".to_owned()),
            (Echo::DELAY, "< abcd".to_owned()),
        ];
        assert_eq!(*seen, expected);
    }
}
