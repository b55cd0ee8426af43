//! A transport whose user can be stopped while he brings a board up, which takes seconds of straight-line code.
//!
//! Once a board runs, its waits are ended by its [`Waker`]; before that nobody has one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Lookout, Parity, Transport, TransportError, Waker};

/// How often the end is asked about.
const SLICE: Duration = Duration::from_millis(50);

/// What says that the end is wanted.
type Asked = Box<dyn Fn() -> bool + Send>;

/// A transport that fails, once, when the end is asked for before anybody has its waker. After that it works on: a board that is not
/// brought up any more is made safe over the same line.
pub struct Stoppable {
    inner: Box<dyn Transport>,
    asked: Asked,
    told: bool,
    has_waker: AtomicBool,
}

impl Stoppable {
    /// `inner`, until `asked`.
    pub fn new(inner: Box<dyn Transport>, asked: impl Fn() -> bool + Send + 'static) -> Self {
        Self {
            inner,
            asked: Box::new(asked),
            told: false,
            has_waker: AtomicBool::new(false),
        }
    }

    /// Whether the end is to be looked out for.
    fn is_watchful(&self) -> bool {
        !self.told && !self.has_waker.load(Ordering::Relaxed)
    }

    fn check(&mut self, step: &'static str) -> Result<(), TransportError> {
        if self.is_watchful() && (self.asked)() {
            self.told = true;
            return Err(TransportError::Stopped { step });
        }
        Ok(())
    }
}

impl Transport for Stoppable {
    fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.check("writing")?;
        self.inner.write(bytes)
    }

    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        while self.is_watchful() {
            self.check("reading")?;
            let until = deadline.min(self.now() + SLICE);
            let count = self.inner.read(buf, until)?;
            if count > 0 || self.now() >= deadline {
                return Ok(count);
            }
        }
        self.inner.read(buf, deadline)
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), TransportError> {
        self.check("setting the line speed")?;
        self.inner.set_baud(baud)
    }

    fn set_parity(&mut self, parity: Parity) -> Result<(), TransportError> {
        self.inner.set_parity(parity)
    }

    fn now(&self) -> Instant {
        self.inner.now()
    }

    /// Ends early if the end is asked for; the next read or write tells.
    fn sleep(&mut self, time: Duration) {
        let end = self.now() + time;
        while self.is_watchful() && !(self.asked)() {
            let left = end.saturating_duration_since(self.now());
            if left.is_zero() {
                return;
            }
            self.inner.sleep(left.min(SLICE));
        }
        if !self.is_watchful() {
            self.inner
                .sleep(end.saturating_duration_since(self.inner.now()));
        }
    }

    fn waker(&self) -> Waker {
        self.has_waker.store(true, Ordering::Relaxed);
        self.inner.waker()
    }

    fn lookout(&self) -> Option<Lookout> {
        self.inner.lookout()
    }

    fn has_room(&self) -> bool {
        self.inner.has_room()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::transport::testing::Echo;
    use crate::transport::{EmulatedTransport, VirtualClock};

    /// A line that echoes, and the wish that it end at `end` after its start.
    fn line(end: Duration) -> (Stoppable, Instant) {
        let clock = VirtualClock::new(Instant::now());
        let start = clock.now();
        let asked = {
            let clock = clock.clone();
            move || clock.now() >= start + end
        };
        let echo = EmulatedTransport::virtual_time("echo", Box::new(Echo::default()), clock);
        (Stoppable::new(Box::new(echo), asked), start)
    }

    #[test]
    fn a_long_read_ends_soon_and_the_line_works_on() {
        let second = Duration::from_secs(1);
        let (mut line, start) = line(second);
        let error = line.read(&mut [0; 8], start + 60 * second).unwrap_err();
        assert!(error.is_stop() && !error.is_gone(), "{error}");
        assert!(line.now() <= start + second + SLICE);
        line.write(b"cool").unwrap();
        let mut buf = [0; 8];
        let deadline = line.now() + second;
        assert_eq!(line.read(&mut buf, deadline).unwrap(), 4);
    }

    #[test]
    fn a_long_sleep_ends_soon_and_what_follows_tells() {
        let second = Duration::from_secs(1);
        let (mut line, start) = line(second);
        line.sleep(60 * second);
        assert!(line.now() <= start + second + SLICE);
        assert!(line.write(b"more").unwrap_err().is_stop());
        let before = line.now();
        line.sleep(second);
        assert_eq!(line.now(), before + second, "told once");
    }

    #[test]
    fn who_has_the_waker_is_not_stopped() {
        let second = Duration::from_secs(1);
        let (mut line, start) = line(Duration::ZERO);
        drop(line.waker());
        line.write(b"idle").unwrap();
        assert_eq!(line.read(&mut [0; 8], start + second).unwrap(), 4);
    }

    #[test]
    fn nothing_changes_while_nobody_asks() {
        let stop = Arc::new(AtomicBool::new(false));
        let clock = VirtualClock::new(Instant::now());
        let start = clock.now();
        let echo = EmulatedTransport::virtual_time("echo", Box::new(Echo::default()), clock);
        let asked = Arc::clone(&stop);
        let mut line = Stoppable::new(Box::new(echo), move || asked.load(Ordering::Relaxed));
        let second = Duration::from_secs(1);
        assert_eq!(line.read(&mut [0; 8], start + second).unwrap(), 0);
        assert_eq!(line.now(), start + second);
        line.sleep(second);
        assert_eq!(line.now(), start + 2 * second);
    }
}
