//! The driver's side of the wire over a transport: whole frames out, decoded replies in.

use std::time::{Duration, Instant};

use super::frames::{Command, Decoder, END, Reply};
use crate::transport::{Lookout, Transport, TransportError, Waker, read_until_quiet};

/// Silence after which nothing more comes of what was said before.
const QUIET: Duration = Duration::from_millis(20);

/// A transport with a decoder.
pub(super) struct Line {
    port: Box<dyn Transport>,
    decoder: Decoder,
    read: [u8; 64],
    unread: std::ops::Range<usize>,
}

impl Line {
    pub(super) fn new(port: Box<dyn Transport>) -> Self {
        Self {
            port,
            decoder: Decoder::default(),
            read: [0; 64],
            unread: 0..0,
        }
    }

    pub(super) fn now(&self) -> Instant {
        self.port.now()
    }

    pub(super) fn waker(&self) -> Waker {
        self.port.waker()
    }

    pub(super) fn lookout(&self) -> Option<Lookout> {
        self.port.lookout()
    }

    pub(super) fn has_room(&self) -> bool {
        self.port.has_room()
    }

    pub(super) fn send(&mut self, command: Command<'_>) -> Result<(), TransportError> {
        self.port.write(&command.encode())
    }

    /// The next reply; `None` when none was complete by `deadline` or the waker was called.
    pub(super) fn reply(&mut self, deadline: Instant) -> Result<Option<Reply>, TransportError> {
        loop {
            let (read, decoder) = (&self.read, &mut self.decoder);
            if let Some(reply) = self.unread.find_map(|at| decoder.feed(read[at])) {
                return Ok(Some(reply));
            }
            let count = self.port.read(&mut self.read, deadline)?;
            self.unread = 0..count;
            if count == 0 {
                return Ok(None);
            }
        }
    }

    /// Ends whatever frame the core may be in, and forgets what it says until it is quiet, for at most `time`.
    pub(super) fn resynchronise(&mut self, time: Duration) -> Result<(), TransportError> {
        self.port.write(&[END, END])?;
        read_until_quiet(self.port.as_mut(), QUIET, time)?;
        self.unread = 0..0;
        self.decoder = Decoder::default();
        Ok(())
    }

    /// Any bytes, as they are.
    #[cfg(test)]
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.port.write(bytes).unwrap();
    }

    /// Changes the host's line speed.
    #[cfg(test)]
    pub(super) fn set_baud(&mut self, baud: u32) {
        self.port.set_baud(baud).unwrap();
    }
}
