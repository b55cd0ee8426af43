//! Bytes of a port in short waits, for systems that do not tell when there are some. Unix has better; there only tests use this.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serialport::SerialPort;

use super::STUCK;
use crate::transport::Waker;

/// How long one wait lasts: what a wake may be late.
const SLICE: Duration = Duration::from_millis(2);

/// A port read with short time-outs.
#[derive(Debug)]
pub(super) struct Sliced {
    port: Box<dyn SerialPort>,
    woken: Arc<AtomicBool>,
}

impl Sliced {
    pub(super) fn new(mut port: Box<dyn SerialPort>) -> serialport::Result<Self> {
        port.set_timeout(SLICE)?;
        let woken = Arc::default();
        Ok(Self { port, woken })
    }

    pub(super) fn waker(&self) -> Waker {
        let woken = Arc::clone(&self.woken);
        Waker::new(move || woken.store(true, Ordering::Release))
    }

    pub(super) fn read(&mut self, buf: &mut [u8], deadline: Instant) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            match self.port.read(buf) {
                Ok(0) => return Err(io::ErrorKind::BrokenPipe.into()),
                Ok(count) => return Ok(count),
                Err(error) => not_yet(error)?,
            }
            if self.woken.swap(false, Ordering::AcqRel) || Instant::now() >= deadline {
                return Ok(0);
            }
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        let mut give_up = Instant::now() + STUCK;
        while !rest.is_empty() {
            match self.port.write(rest) {
                Ok(count) if count > 0 => {
                    rest = &rest[count..];
                    give_up = Instant::now() + STUCK;
                }
                Ok(_) => {}
                Err(error) => not_yet(error)?,
            }
            if !rest.is_empty() && Instant::now() >= give_up {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        Ok(())
    }
}

/// Passes on every error but those that mean: try again.
fn not_yet(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(()),
        _ => Err(error),
    }
}
