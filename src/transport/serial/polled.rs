//! Bytes of a port by readiness: one system call to write, two from sleep to byte, none that blocks.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::termios::{ControlModes, OptionalActions, tcgetattr, tcsetattr};

use super::STUCK;
use crate::transport::{Lookout, Parity, Waker};

const PORT: Token = Token(0);
const WAKE: Token = Token(1);

/// How often a write that waits for room tries again, whether or not the system told that there is some.
const RETRY: Duration = Duration::from_millis(20);

/// A description of the port of our own, non-blocking, beside the one that `serialport` holds: reads and writes on it are single
/// system calls, and the setting of one does not disturb the other.
#[derive(Debug)]
pub(super) struct Polled {
    file: File,
    registry: Registry,
    waker: Arc<mio::Waker>,
    waits: Arc<Waits>,
}

/// The waiting side, apart from the file: whoever waits keeps nobody from writing.
#[derive(Debug)]
struct Waits {
    /// Held while waiting; there is one who waits.
    queue: Mutex<(Poll, Events)>,
    /// Woken while bytes were there too: the bytes went first, the next read ends at once.
    woken: AtomicBool,
}

impl Waits {
    fn wait(&self, time: Duration) -> io::Result<()> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let (poll, events) = &mut *queue;
        if let Err(error) = poll.poll(events, Some(time)) {
            return not_yet(error);
        }
        if events.iter().any(|event| event.token() == WAKE) {
            self.woken.store(true, Ordering::Release);
        }
        Ok(())
    }
}

/// Opens `path` without becoming its session's terminal, and looks whether another program has locked it.
///
/// The lock is let go again: `serialport` takes it. Asking first keeps it from clearing the other's exclusive mode when it fails.
pub(super) fn open_file(path: &str) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags((OFlags::NOCTTY | OFlags::NONBLOCK).bits().cast_signed())
        .open(path)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    flock(&file, FlockOperation::Unlock)?;
    Ok(file)
}

impl Polled {
    pub(super) fn new(file: File) -> io::Result<Self> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        registry.register(&mut SourceFd(&file.as_raw_fd()), PORT, Interest::READABLE)?;
        let waker = Arc::new(mio::Waker::new(&registry, WAKE)?);
        let waits = Waits {
            queue: Mutex::new((poll, Events::with_capacity(4))),
            woken: AtomicBool::new(false),
        };
        Ok(Self {
            file,
            registry,
            waker,
            waits: Arc::new(waits),
        })
    }

    pub(super) fn lookout(&self) -> Lookout {
        let waits = Arc::clone(&self.waits);
        let lookout = Lookout::new(move |deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            if !left.is_zero() && waits.wait(left).is_err() {
                // The next read or write tells what is wrong; until then, no faster than this.
                std::thread::sleep(RETRY.min(left));
            }
        });
        match self.file.try_clone() {
            Ok(port) => lookout.with_port(port.into()),
            // No descriptor to spare: the board's thread waits by itself.
            Err(_) => lookout,
        }
    }

    /// Whether the system says that the port takes bytes: serial drivers do so while next to nothing waits to be sent.
    pub(super) fn has_room(&self) -> bool {
        let now = Timespec::default();
        poll(&mut [PollFd::new(&self.file, PollFlags::OUT)], Some(&now)) == Ok(1)
    }

    pub(super) fn waker(&self) -> Waker {
        let waker = Arc::clone(&self.waker);
        // It fails only when the counter is full, and then the wait ends anyway.
        Waker::new(move || drop(waker.wake()))
    }

    /// Sets what follows the eight bits of a byte. `serialport` knows no mark; it keeps this when it changes the speed.
    pub(super) fn set_parity(&self, parity: Parity) -> io::Result<()> {
        let mut settings = tcgetattr(&self.file)?;
        settings.control_modes = with_parity(settings.control_modes, parity);
        Ok(tcsetattr(&self.file, OptionalActions::Now, &settings)?)
    }

    /// Whether the port was hung up: its settings cannot even be read any more.
    pub(super) fn is_gone(&self) -> bool {
        tcgetattr(&self.file).is_err()
    }

    pub(super) fn read(&mut self, buf: &mut [u8], deadline: Instant) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            match self.file.read(buf) {
                Ok(0) => return Err(io::ErrorKind::BrokenPipe.into()),
                Ok(count) => return Ok(count),
                Err(error) => not_yet(error)?,
            }
            if self.waits.woken.swap(false, Ordering::AcqRel) {
                return Ok(0);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(0);
            }
            self.waits.wait(left)?;
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.file.write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) => {
                    not_yet(error)?;
                    rest = &rest[self.write_when_room(rest)?..];
                }
            }
        }
        Ok(())
    }

    /// The slow path of a write: waits for room, at most [`STUCK`], and says how much was written then.
    fn write_when_room(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.interest(Interest::READABLE | Interest::WRITABLE)?;
        let written = self.retry_write(bytes, Instant::now() + STUCK);
        self.interest(Interest::READABLE)?;
        written
    }

    fn retry_write(&mut self, bytes: &[u8], give_up: Instant) -> io::Result<usize> {
        while Instant::now() < give_up {
            self.waits.wait(RETRY)?;
            match self.file.write(bytes) {
                Ok(count) if count > 0 => return Ok(count),
                Ok(_) => {}
                Err(error) => not_yet(error)?,
            }
        }
        Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the port takes no bytes",
        ))
    }

    fn interest(&self, interest: Interest) -> io::Result<()> {
        let fd = self.file.as_raw_fd();
        self.registry.reregister(&mut SourceFd(&fd), PORT, interest)
    }
}

/// A parity bit that "sticks" at 1.
#[cfg(target_os = "linux")]
const MARK: ControlModes = ControlModes::PARENB
    .union(ControlModes::CMSPAR)
    .union(ControlModes::PARODD);
/// Where there is none: one more stop bit is the same on the wire.
#[cfg(not(target_os = "linux"))]
const MARK: ControlModes = ControlModes::CSTOPB;

fn with_parity(modes: ControlModes, parity: Parity) -> ControlModes {
    match parity {
        Parity::None => modes - MARK,
        Parity::Mark => modes | MARK,
    }
}

/// Passes on every error but those that mean: try again.
fn not_yet(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(()),
        _ => Err(error),
    }
}
