//! A serial port: `serialport` sets the line and holds it for us alone; bytes go straight to the port.
//!
//! Waits end at once on a byte, on a wake or on hang-up. Nothing here knows who is at the other end.

#[cfg(unix)]
mod polled;
#[cfg(any(not(unix), test))]
mod sliced;

use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serialport::{ClearBuffer, DataBits, FlowControl, SerialPort, StopBits};

use super::{Lookout, Parity, Transport, TransportError, Waker};
#[cfg(unix)]
use polled::Polled;
#[cfg(any(not(unix), test))]
use sliced::Sliced;

/// How long a write waits for room without a byte getting through before it fails.
const STUCK: Duration = Duration::from_secs(1);

/// How long the bytes of the last write may take to leave before the line speed changes.
const DRAIN: Duration = Duration::from_secs(1);

/// A serial port, 8N1 unless told otherwise, raw, ours alone.
#[derive(Debug)]
pub struct SerialTransport {
    name: String,
    port: Box<dyn SerialPort>,
    bytes: Bytes,
    /// Bits a second.
    baud: u32,
    /// When all that was written has left, at the line's speed; `None`: the last write failed.
    drained: Option<Instant>,
}

/// The way bytes go.
#[derive(Debug)]
enum Bytes {
    /// The system tells when there are some.
    #[cfg(unix)]
    Polled(Polled),
    /// We ask every few milliseconds.
    #[cfg(any(not(unix), test))]
    Sliced(Sliced),
}

impl SerialTransport {
    /// Opens the port at `path` with `baud` bits a second, 8N1, without flow control, and discards what was received before.
    ///
    /// # Errors
    /// [`TransportError::NotFound`], [`Denied`](TransportError::Denied) and [`Busy`](TransportError::Busy) name the path;
    /// [`Baud`](TransportError::Baud) when the adapter cannot do `baud`; else [`Io`](TransportError::Io).
    pub fn open(path: &str, baud: u32) -> Result<Self, TransportError> {
        #[cfg(unix)]
        let file = polled::open_file(path).map_err(|error| open_error(path, error))?;
        let port = open_port(path, baud)?;
        low_latency(Path::new(path));
        #[cfg(unix)]
        let bytes = Polled::new(file).map_err(|error| open_error(path, error))?;
        #[cfg(unix)]
        let bytes = Bytes::Polled(bytes);
        #[cfg(not(unix))]
        let bytes = Bytes::Sliced(sliced(path, port.as_ref())?);
        let name = path.to_owned();
        let transport = Self {
            name,
            port,
            bytes,
            baud,
            drained: Some(Instant::now()),
        };
        transport.check_baud(baud)?;
        transport.discard_input()?;
        Ok(transport)
    }

    /// The path that it was opened by.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn check_baud(&self, asked: u32) -> Result<(), TransportError> {
        let got = self
            .port
            .baud_rate()
            .map_err(|error| self.line_error("reading the line speed", error))?;
        if got == asked {
            return Ok(());
        }
        let port = self.name.clone();
        Err(TransportError::Baud { port, asked, got })
    }

    /// Whether everything has had the time to leave. Such a port is not even asked for room: its buffer holds many pieces of work.
    fn has_drained(&self) -> bool {
        self.drained
            .is_some_and(|drained| Instant::now() >= drained)
    }

    fn discard_input(&self) -> Result<(), TransportError> {
        self.port
            .clear(ClearBuffer::Input)
            .map_err(|error| self.line_error("discarding old input", error))
    }

    /// Waits until what was written has left: at a new speed it would arrive as garbage. Ports that cannot tell do not hold us up.
    fn drain(&self) {
        let patience = Instant::now() + DRAIN;
        while self.port.bytes_to_write().is_ok_and(|left| left > 0) && Instant::now() < patience {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// `serialport` keeps no error number, so whether the device is gone is asked again.
    fn line_error(&self, step: &'static str, error: serialport::Error) -> TransportError {
        match &self.bytes {
            #[cfg(unix)]
            Bytes::Polled(polled) if polled.is_gone() => {
                let port = self.name.clone();
                TransportError::Gone { port, step }
            }
            #[cfg(any(not(unix), test))]
            Bytes::Sliced(_) => TransportError::from_io(&self.name, step, error.into()),
            #[cfg(unix)]
            Bytes::Polled(_) => TransportError::from_io(&self.name, step, error.into()),
        }
    }
}

impl Transport for SerialTransport {
    fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        let written = match &mut self.bytes {
            #[cfg(unix)]
            Bytes::Polled(polled) => polled.write(bytes),
            #[cfg(any(not(unix), test))]
            Bytes::Sliced(sliced) => sliced.write(bytes),
        };
        let begin = self.drained.max(Some(Instant::now()));
        self.drained = begin
            .map(|begin| begin + time_on_line(bytes.len(), self.baud))
            .filter(|_| written.is_ok());
        written.map_err(|error| TransportError::from_io(&self.name, "writing", error))
    }

    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        let read = match &mut self.bytes {
            #[cfg(unix)]
            Bytes::Polled(polled) => polled.read(buf, deadline),
            #[cfg(any(not(unix), test))]
            Bytes::Sliced(sliced) => sliced.read(buf, deadline),
        };
        read.map_err(|error| TransportError::from_io(&self.name, "reading", error))
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), TransportError> {
        self.drain();
        self.port
            .set_baud_rate(baud)
            .map_err(|error| self.line_error("setting the line speed", error))?;
        self.check_baud(baud)?;
        self.baud = baud;
        Ok(())
    }

    fn set_parity(&mut self, parity: Parity) -> Result<(), TransportError> {
        self.drain();
        let set = match &self.bytes {
            #[cfg(unix)]
            Bytes::Polled(polled) => polled.set_parity(parity),
            #[cfg(any(not(unix), test))]
            Bytes::Sliced(_) => self
                .port
                .set_stop_bits(match parity {
                    Parity::None => StopBits::One,
                    // No mark to be had: one more stop bit is the same on the wire.
                    Parity::Mark => StopBits::Two,
                })
                .map_err(io::Error::from),
        };
        let step = "setting the line's format";
        set.map_err(|error| TransportError::from_io(&self.name, step, error))
    }

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&mut self, time: Duration) {
        thread::sleep(time);
    }

    fn waker(&self) -> Waker {
        match &self.bytes {
            #[cfg(unix)]
            Bytes::Polled(polled) => polled.waker(),
            #[cfg(any(not(unix), test))]
            Bytes::Sliced(sliced) => sliced.waker(),
        }
    }

    fn lookout(&self) -> Option<Lookout> {
        match &self.bytes {
            #[cfg(unix)]
            Bytes::Polled(polled) => Some(polled.lookout()),
            #[cfg(any(not(unix), test))]
            Bytes::Sliced(_) => None,
        }
    }

    fn has_room(&self) -> bool {
        match &self.bytes {
            #[cfg(unix)]
            Bytes::Polled(polled) => self.has_drained() || polled.has_room(),
            #[cfg(any(not(unix), test))]
            Bytes::Sliced(_) => false,
        }
    }
}

/// How long `count` bytes of ten bits take at `baud`.
fn time_on_line(count: usize, baud: u32) -> Duration {
    Duration::from_secs_f64(10.0 * count as f64 / f64::from(baud.max(1)))
}

fn open_port(path: &str, baud: u32) -> Result<Box<dyn SerialPort>, TransportError> {
    serialport::new(path, baud)
        .data_bits(DataBits::Eight)
        .parity(serialport::Parity::None)
        .stop_bits(StopBits::One)
        .flow_control(FlowControl::None)
        .open()
        .map_err(|error| port_error(path, error))
}

/// `serialport` says "no device" both for a lock that another holds and for a missing port; the latter was excluded before on Unix.
fn port_error(path: &str, error: serialport::Error) -> TransportError {
    match error.kind() {
        serialport::ErrorKind::NoDevice if Path::new(path).exists() => {
            TransportError::Busy(path.into())
        }
        serialport::ErrorKind::NoDevice => TransportError::NotFound(path.into()),
        _ => open_error(path, error.into()),
    }
}

fn open_error(path: &str, error: io::Error) -> TransportError {
    use io::ErrorKind::{NotFound, PermissionDenied, ResourceBusy, WouldBlock};
    match error.kind() {
        NotFound => TransportError::NotFound(path.into()),
        PermissionDenied => TransportError::Denied(path.into()),
        ResourceBusy | WouldBlock => TransportError::Busy(path.into()),
        _ => TransportError::Io {
            port: path.to_owned(),
            step: "opening (is it a serial port?)",
            source: error,
        },
    }
}

#[cfg(any(not(unix), test))]
fn sliced(path: &str, port: &dyn SerialPort) -> Result<Sliced, TransportError> {
    port.try_clone()
        .and_then(Sliced::new)
        .map_err(|error| port_error(path, error))
}

/// FTDI adapters hold bytes back for 16 ms unless told otherwise; best effort, as it takes rights that we may not have.
fn low_latency(path: &Path) {
    let Ok(device) = path.canonicalize() else {
        return;
    };
    let Some(name) = device.file_name() else {
        return;
    };
    let timer = Path::new("/sys/bus/usb-serial/devices")
        .join(name)
        .join("latency_timer");
    if timer.exists() && std::fs::write(&timer, "1").is_err() {
        tracing::debug!(port = %path.display(), "the adapter's latency timer stays as it is: no permission to set it");
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
