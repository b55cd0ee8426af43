//! Bytes and time to and from hardware.
//!
//! The seam between drivers and everything that answers them: a serial port, an emulator, the RTL. A [`Transport`] carries time as well
//! as bytes, so straight-line bring-up code with sleeps in it runs in microseconds of virtual time. Wrappers (tap, fault) are transports
//! themselves. This room knows no board and no protocol, and imports nothing of the crate.

mod emulated;
mod fault;
mod pace;
pub mod ports;
#[cfg(unix)]
mod pty;
mod quiet;
mod serial;
mod shared;
mod stoppable;
mod tap;
#[cfg(test)]
mod testing;
mod vendor;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use emulated::{EmulatedTransport, Plug, VirtualClock, say_due};
pub use fault::{Fault, Faults, LineFaults};
#[cfg(unix)]
pub use pty::{Pty, serve_emulator};
pub use quiet::read_until_quiet;
pub use serial::SerialTransport;
pub use shared::SharedTransport;
pub use stoppable::Stoppable;
pub use tap::{Direction, Tap};
pub use vendor::UsbRequests;

/// Bytes and time.
pub trait Transport: Send {
    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// [`TransportError::Gone`] when the device has vanished; other variants as named.
    fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError>;

    /// Reads what is there, waiting for the first byte until `deadline`. `Ok(0)`: nothing came by then, or
    /// [`Waker::wake`] was called.
    ///
    /// # Errors
    /// As [`write`](Transport::write).
    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, TransportError>;

    /// Changes the line speed and checks that the adapter took it.
    ///
    /// # Errors
    /// [`TransportError::Baud`] when it did not.
    fn set_baud(&mut self, baud: u32) -> Result<(), TransportError>;

    /// Changes what follows the eight bits of a byte; lines on which nothing does take no notice.
    ///
    /// # Errors
    /// As [`write`](Transport::write).
    fn set_parity(&mut self, _parity: Parity) -> Result<(), TransportError> {
        Ok(())
    }

    /// The time on this side: the clock's, or virtual.
    fn now(&self) -> Instant;

    /// Lets time pass.
    fn sleep(&mut self, time: Duration);

    /// What ends a wait in [`read`](Transport::read) from another thread.
    fn waker(&self) -> Waker;

    /// What waits for bytes while the transport is in other hands; `None`: only [`read`](Transport::read) can wait.
    fn lookout(&self) -> Option<Lookout> {
        None
    }

    /// Whether a [`write`](Transport::write) of a piece of work would certainly not have to wait.
    fn has_room(&self) -> bool {
        false
    }
}

/// What follows the eight bits of a byte on the line, before its stop bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parity {
    /// Nothing: 8N1.
    #[default]
    None,
    /// A bit that is always 1: 8M1. On the wire it is one more stop bit.
    Mark,
}

/// Vendor requests to the USB device behind a board's ports: reset lines, latches.
pub trait VendorRequests: Send {
    /// Sends a control request without waiting for more than its acknowledgement. Fields as in USB 2.0, section 9.3.
    ///
    /// # Errors
    /// As [`Transport::write`].
    fn write_control(
        &mut self,
        request_type: u8,
        request: u8,
        value: u16,
        index: u16,
        data: &[u8],
    ) -> Result<(), TransportError>;
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        (**self).write(bytes)
    }

    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        (**self).read(buf, deadline)
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), TransportError> {
        (**self).set_baud(baud)
    }

    fn set_parity(&mut self, parity: Parity) -> Result<(), TransportError> {
        (**self).set_parity(parity)
    }

    fn now(&self) -> Instant {
        (**self).now()
    }

    fn sleep(&mut self, time: Duration) {
        (**self).sleep(time);
    }

    fn waker(&self) -> Waker {
        (**self).waker()
    }

    fn lookout(&self) -> Option<Lookout> {
        (**self).lookout()
    }

    fn has_room(&self) -> bool {
        (**self).has_room()
    }
}

/// Ends a wait from another thread: cheap, and sticky (a wake before the wait ends the next wait at once).
#[derive(Clone)]
pub struct Waker(Arc<dyn Fn() + Send + Sync>);

impl Waker {
    /// A waker that calls `wake`.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(wake))
    }

    /// A waker for what never waits: virtual time.
    pub fn none() -> Self {
        Self::new(|| {})
    }

    /// Ends the wait.
    pub fn wake(&self) {
        (self.0)();
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waker")
    }
}

/// Waits for a transport's bytes without holding the transport, so that another thread may write meanwhile.
///
/// What comes is told once: read until nothing is left, then wait.
#[derive(Clone)]
pub struct Lookout {
    wait: Arc<dyn Fn(Instant) + Send + Sync>,
    #[cfg(unix)]
    port: Option<Arc<std::os::fd::OwnedFd>>,
}

impl Lookout {
    /// A lookout that waits by `wait`.
    pub fn new(wait: impl Fn(Instant) + Send + Sync + 'static) -> Self {
        Self {
            wait: Arc::new(wait),
            #[cfg(unix)]
            port: None,
        }
    }

    /// The same for a port that an event loop may watch as well.
    #[cfg(unix)]
    #[must_use]
    pub fn with_port(mut self, port: std::os::fd::OwnedFd) -> Self {
        self.port = Some(Arc::new(port));
        self
    }

    /// Waits for bytes, the end of the device or the transport's [`Waker`], until `deadline` at the latest.
    pub fn wait(&self, deadline: Instant) {
        (self.wait)(deadline);
    }

    /// A descriptor that becomes readable when the device speaks or ends, for an event loop that watches many; it reads nothing
    /// from it.
    #[cfg(unix)]
    pub fn port(&self) -> Option<Arc<std::os::fd::OwnedFd>> {
        self.port.clone()
    }
}

impl fmt::Debug for Lookout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookout")
    }
}

/// A device made of software, or the RTL: the far end of an emulated transport. It reads no clock; time is given to it.
pub trait Emulator: Send {
    /// Bytes arrive from the host at `now`.
    fn receive(&mut self, bytes: &[u8], now: Instant);

    /// Runs the device up to `until`, or to the moment of its next output if that is earlier; appends the output to `out` and returns
    /// the time reached. Called with times that never go back.
    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant;

    /// The host has changed the line speed; devices that care answer garbage at the wrong one.
    fn set_baud(&mut self, _baud: u32) {}

    /// The host has changed what follows the eight bits of a byte; devices that care do not understand the wrong thing.
    fn set_parity(&mut self, _parity: Parity) {}
}

/// What goes wrong between us and a device.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The device was unplugged, or the far end closed.
    #[error("{port} is gone while {step}")]
    Gone {
        /// Which port.
        port: String,
        /// What we were doing.
        step: &'static str,
    },
    /// There is no such port.
    #[error("there is no {}", .0.display())]
    NotFound(PathBuf),
    /// We may not open it.
    #[error("permission denied on {}", .0.display())]
    Denied(PathBuf),
    /// Another program has it.
    #[error("{} is in use by another program", .0.display())]
    Busy(PathBuf),
    /// The adapter took another line speed than asked.
    #[error("{port} runs at {got} baud instead of {asked}")]
    Baud {
        /// Which port.
        port: String,
        /// What was asked.
        asked: u32,
        /// What it does.
        got: u32,
    },
    /// The user of the line was asked to stop, and had not come far enough to be told otherwise.
    #[error("stopped while {step}")]
    Stopped {
        /// What we were doing.
        step: &'static str,
    },
    /// Anything else that the system says.
    #[error("{port}: {step}: {source}")]
    Io {
        /// Which port.
        port: String,
        /// What we were doing.
        step: &'static str,
        /// The system's word.
        source: std::io::Error,
    },
}

impl TransportError {
    /// Whether the device has vanished, so that waiting for it to come back is what is left.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Gone { .. } | Self::NotFound(_))
    }

    /// Whether nothing went wrong but that the end was asked for.
    pub fn is_stop(&self) -> bool {
        matches!(self, Self::Stopped { .. })
    }

    /// What the system said about an open `port`: its word, or that the device has vanished.
    pub(crate) fn from_io(port: &str, step: &'static str, source: io::Error) -> Self {
        let port = port.to_owned();
        if means_gone(&source) {
            Self::Gone { port, step }
        } else {
            Self::Io { port, step, source }
        }
    }
}

/// Whether the system speaks of a device that is no more. A pulled USB adapter and a closed pseudo-terminal hang the port up:
/// reads end, everything else is an I/O error.
#[cfg(unix)]
fn means_gone(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let gone = [Errno::IO, Errno::NXIO, Errno::NODEV, Errno::PIPE];
    error.kind() == io::ErrorKind::BrokenPipe
        || Errno::from_io_error(error).is_some_and(|errno| gone.contains(&errno))
}

/// As on Unix; Windows answers "access denied" or "no such device" on a handle whose device was pulled.
#[cfg(not(unix))]
fn means_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, NotFound, PermissionDenied};
    matches!(error.kind(), BrokenPipe | NotFound | PermissionDenied)
}
