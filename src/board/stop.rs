//! The end of everything, seen from a bring-up: a board that is being started lets its sleeps and its conversation end early.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::transport::{Lookout, Transport, TransportError, Waker};

/// How soon a sleep notices that it is to end.
const NOTICE: Duration = Duration::from_millis(50);

/// Tells whether everything is to stop.
#[derive(Clone)]
pub struct Stop(Arc<dyn Fn() -> bool + Send + Sync>);

impl Stop {
    /// By a question that costs little.
    pub fn new(is_asked: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_asked))
    }

    /// For boards that nobody stops.
    pub fn never() -> Self {
        Self::new(|| false)
    }

    /// Whether everything is to stop.
    pub fn is_asked(&self) -> bool {
        (self.0)()
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stop")
    }
}

/// A board's hand on its [`Stoppable`] port: only while it is armed does a stop end anything, so that the board can be made safe after.
#[derive(Debug, Clone, Default)]
pub(super) struct Stopper {
    stop: Arc<Mutex<Option<Stop>>>,
    armed: Arc<AtomicBool>,
}

impl Stopper {
    /// From now on it is `stop` that tells.
    pub(super) fn heed(&self, stop: Stop) {
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop);
    }

    /// Whether a stop ends what the port does.
    pub(super) fn arm(&self, armed: bool) {
        self.armed.store(armed, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        let is_asked = || {
            let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
            stop.as_ref().is_some_and(Stop::is_asked)
        };
        self.armed.load(Ordering::Relaxed) && is_asked()
    }

    /// # Errors
    /// [`TransportError::Io`] when a bring-up is to end.
    pub(super) fn check(&self) -> Result<(), TransportError> {
        if !self.is_over() {
            return Ok(());
        }
        Err(TransportError::Io {
            port: "the board".to_owned(),
            step: "bringing it up",
            source: io::Error::new(io::ErrorKind::Interrupted, "everything is to stop"),
        })
    }
}

/// A port whose conversation ends early when everything is to stop.
pub(super) struct Stoppable {
    port: Box<dyn Transport>,
    stopper: Stopper,
}

impl Stoppable {
    pub(super) fn new(port: Box<dyn Transport>, stopper: Stopper) -> Self {
        Self { port, stopper }
    }
}

impl Transport for Stoppable {
    fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.stopper.check()?;
        self.port.write(bytes)
    }

    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        self.stopper.check()?;
        self.port.read(buf, deadline)
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), TransportError> {
        self.port.set_baud(baud)
    }

    fn now(&self) -> Instant {
        self.port.now()
    }

    fn sleep(&mut self, time: Duration) {
        let mut left = time;
        while !left.is_zero() && !self.stopper.is_over() {
            let part = left.min(NOTICE);
            self.port.sleep(part);
            left -= part;
        }
    }

    fn waker(&self) -> Waker {
        self.port.waker()
    }

    fn lookout(&self) -> Option<Lookout> {
        self.port.lookout()
    }

    fn has_room(&self) -> bool {
        self.port.has_room()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::{BoardOptions, model};
    use crate::transport::VirtualClock;

    #[test]
    fn a_bring_up_ends_when_everything_is_to_stop_and_leaves_the_board_cold() {
        for (name, after, longest) in [
            ("bitaxe-gamma", 700, 1500),
            ("emberone00", 1500, 1500),
            ("gekko-r909", 900, 1500),
            ("gekko-compac-a2", 1500, 2000),
        ] {
            let options = BoardOptions::parse("rate=20k").unwrap();
            let model = model(name).unwrap();
            let emulated = (model.emulate.unwrap())(&options).unwrap();
            let clock = VirtualClock::new(Instant::now());
            let links = emulated.virtual_time(name, &clock);
            let mut board = (model.open)(links, &options).unwrap();
            let (begun, time) = (clock.now(), clock.clone());
            let at = begun + Duration::from_millis(after);
            board.heed(Stop::new(move || time.now() >= at));
            let error = board.start().unwrap_err().to_string();
            assert!(error.contains("everything is to stop"), "{name}: {error}");
            let took = clock.now() - at;
            assert!(took < Duration::from_millis(longest), "{name}: {took:?}");
            // Nobody asks for an end any more.
            board.heed(Stop::never());
            board.start().unwrap();
            board.stop().unwrap();
        }
    }
}
