//! The driver's side of the wire: whole jobs out, decoded replies in, and a patience for replies that stay incomplete.

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;

use super::params::Member;
use super::replies::{Decoder, Reply};
use crate::transport::{Lookout, Transport, TransportError, Waker, read_until_quiet};

/// A reply may be cut in two by the adapter's latency timer (FTDI: 16 ms, cgminer sets 32 ms).
const ADAPTER_PATIENCE: Duration = Duration::from_millis(50);

/// Silence after which nothing more comes of what was said before.
const QUIET: Duration = Duration::from_millis(10);

/// A transport with the decoder of one member.
pub(super) struct Line {
    port: Box<dyn Transport>,
    decoder: Decoder,
    read: [u8; 64],
    unread: std::ops::Range<usize>,
    incomplete_since: Option<Instant>,
    patience: Duration,
    /// The first bytes heard since [`Line::forget`], for error messages.
    heard: ArrayVec<u8, 32>,
}

impl Line {
    /// `port` at `baud` with a `member` at its far end.
    pub(super) fn new(port: Box<dyn Transport>, member: &Member, baud: u32) -> Self {
        Self {
            port,
            decoder: Decoder::new(member),
            read: [0; 64],
            unread: 0..0,
            incomplete_since: None,
            patience: ADAPTER_PATIENCE + member.line_time(8, baud),
            heard: ArrayVec::new(),
        }
    }

    pub(super) fn now(&self) -> Instant {
        self.port.now()
    }

    pub(super) fn sleep(&mut self, time: Duration) {
        self.port.sleep(time);
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

    /// Until when to wait for bytes: `deadline`, or the end of the patience with an incomplete reply.
    pub(super) fn due(&self, deadline: Instant) -> Instant {
        self.incomplete_since
            .map_or(deadline, |since| (since + self.patience).min(deadline))
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.port.write(bytes)
    }

    /// The next reply; `None` when none was complete by `deadline` or the waker was called.
    ///
    /// A reply that stays incomplete becomes [`Reply::Garbage`].
    pub(super) fn reply(&mut self, deadline: Instant) -> Result<Option<Reply>, TransportError> {
        loop {
            if let Some(reply) = self.decode() {
                return Ok(Some(reply));
            }
            let give_up = self.incomplete_since.map(|since| since + self.patience);
            let until = give_up.map_or(deadline, |give_up| give_up.min(deadline));
            let count = self.port.read(&mut self.read, until)?;
            self.unread = 0..count;
            if count == 0 {
                return Ok(self.give_up(give_up));
            }
            for byte in &self.read[..count] {
                let _ = self.heard.try_push(*byte);
            }
        }
    }

    fn decode(&mut self) -> Option<Reply> {
        let (read, decoder) = (&self.read, &mut self.decoder);
        let reply = self.unread.find_map(|at| decoder.feed(read[at]));
        if decoder.partial() == 0 {
            self.incomplete_since = None;
        } else if reply.is_some() || self.incomplete_since.is_none() {
            self.incomplete_since = Some(self.port.now());
        }
        reply
    }

    fn give_up(&mut self, give_up: Option<Instant>) -> Option<Reply> {
        if self.port.now() < give_up? {
            return None;
        }
        self.incomplete_since = None;
        Some(Reply::Garbage(self.decoder.drop_partial()))
    }

    /// Forgets an incomplete reply; how many bytes it had.
    pub(super) fn drop_partial(&mut self) -> usize {
        self.incomplete_since = None;
        self.decoder.drop_partial()
    }

    /// Whether a reply has begun and is not complete.
    pub(super) fn is_incomplete(&self) -> bool {
        self.decoder.partial() > 0
    }

    /// Reads and forgets what was said before, for at most `time`, until the line is quiet.
    pub(super) fn forget(&mut self, time: Duration) -> Result<(), TransportError> {
        read_until_quiet(self.port.as_mut(), QUIET, time)?;
        self.unread = 0..0;
        self.heard.clear();
        self.drop_partial();
        Ok(())
    }

    /// The first bytes heard since [`Line::forget`].
    pub(super) fn heard(&self) -> &[u8] {
        &self.heard
    }
}
