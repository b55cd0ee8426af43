//! What goes to the clients, in the manner of the moment: at once or late, whole or byte by byte, or not at all.

use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use bytes::Bytes;

use super::{Late, Manner};
use crate::pool::{ClientId, Transmit};

/// How many frames may be late at a time; above, they go out at once.
const MAX_LATE: usize = 10_000;
/// One piece of a line without end, and how many are sent: more than any client may keep.
const HUGE_PIECE: usize = 64 * 1024;
const HUGE_PIECES: usize = 4;

/// How a protocol's frames become bytes.
pub(in crate::pool) trait Seal: Default + Send {
    /// What is sent.
    type Frame: Send;
    /// The bytes of a frame; `None`: the client cannot get any.
    fn seal(&mut self, client: ClientId, frame: &Self::Frame) -> Option<Bytes>;
    /// The beginning of a frame beyond every bound, in the pieces in which it is written; `None`: the client cannot get any.
    fn endless(&mut self, client: ClientId) -> Option<Vec<Bytes>>;
    /// A client is gone.
    fn forget(&mut self, client: ClientId) {
        let _ = client;
    }
}

/// Lines of text.
#[derive(Debug, Default)]
pub(in crate::pool) struct Lines;

impl Seal for Lines {
    type Frame = String;

    fn seal(&mut self, _: ClientId, line: &String) -> Option<Bytes> {
        Some(Bytes::from(format!("{line}\n")))
    }

    fn endless(&mut self, _: ClientId) -> Option<Vec<Bytes>> {
        let piece = Bytes::from(vec![b'x'; HUGE_PIECE]);
        Some(vec![piece; HUGE_PIECES])
    }
}

impl Outbox<Lines> {
    /// Sends what is no JSON.
    pub(in crate::pool) fn garble(&mut self, client: ClientId) {
        self.send(client, &"}{ this is no JSON \u{fffd}".to_owned());
    }
}

/// Everything that is to be done to clients. A frame is sealed when it leaves, for what is not sent must not count.
pub(in crate::pool) struct Outbox<S: Seal = Lines> {
    pub(in crate::pool) seal: S,
    manner: Manner,
    now: Option<Instant>,
    queue: VecDeque<(ClientId, Transmit)>,
    late: Late<(ClientId, S::Frame)>,
    /// Clients in the middle of a frame without end.
    flooded: BTreeSet<ClientId>,
}

impl<S: Seal> Default for Outbox<S> {
    fn default() -> Self {
        Self {
            seal: S::default(),
            manner: Manner::default(),
            now: None,
            queue: VecDeque::new(),
            late: Late::default(),
            flooded: BTreeSet::new(),
        }
    }
}

impl<S: Seal> Outbox<S> {
    /// Sends a frame now.
    pub(in crate::pool) fn send(&mut self, client: ClientId, frame: &S::Frame) {
        if self.manner.mute || self.flooded.contains(&client) {
            return;
        }
        if let Some(bytes) = self.seal.seal(client, frame) {
            self.write(client, &bytes);
        }
    }

    /// Sends an answer: late, if that is the manner.
    pub(in crate::pool) fn answer(&mut self, client: ClientId, frame: S::Frame) {
        self.send_at(self.delayed(), client, frame);
    }

    /// Sends a frame as an answer, and never before one that was sent to the client earlier.
    #[cfg(feature = "sv2")]
    pub(in crate::pool) fn send_in_order(&mut self, client: ClientId, frame: S::Frame) {
        let last = self.late.last_due(|(to, _)| *to == client);
        self.send_at(last.max(self.delayed()), client, frame);
    }

    /// When an answer leaves, if that is later.
    fn delayed(&self) -> Option<Instant> {
        let (delay, now) = self.manner.delay.zip(self.now)?;
        Some(now + delay)
    }

    fn send_at(&mut self, due: Option<Instant>, client: ClientId, frame: S::Frame) {
        match due {
            Some(due) if self.late.len() < MAX_LATE => self.late.add(due, (client, frame)),
            _ => self.send(client, &frame),
        }
    }

    /// Writes bytes that are no frame.
    pub(in crate::pool) fn write(&mut self, client: ClientId, bytes: &Bytes) {
        if self.manner.mute || bytes.is_empty() {
            return;
        }
        let size = if self.manner.split { 1 } else { bytes.len() };
        let pieces = (0..bytes.len()).step_by(size);
        let pieces = pieces.map(|at| Transmit::Send(bytes.slice(at..at + size)));
        self.queue.extend(pieces.map(|piece| (client, piece)));
    }

    /// Time has come to `now`: sends the late frames whose time it is, in the manner of the moment.
    pub(in crate::pool) fn advance(&mut self, manner: Manner, now: Instant) {
        self.manner = manner;
        self.now = Some(now);
        while let Some((client, frame)) = self.late.take_due(now) {
            self.send(client, &frame);
        }
    }

    pub(in crate::pool) fn next_release(&self) -> Option<Instant> {
        self.late.next_due()
    }

    /// Begins a frame that never ends; nothing else reaches the client after it.
    pub(in crate::pool) fn flood(&mut self, client: ClientId) {
        if self.manner.mute || self.flooded.contains(&client) {
            return;
        }
        let Some(pieces) = self.seal.endless(client) else {
            return;
        };
        let pieces = pieces.into_iter().map(Transmit::Send);
        self.queue.extend(pieces.map(|piece| (client, piece)));
        self.flooded.insert(client);
    }

    /// Drops a client, and what it would still get.
    pub(in crate::pool) fn close(&mut self, client: ClientId) {
        self.queue.push_back((client, Transmit::Close));
        self.forget(client);
    }

    /// Drops what a client that is gone would still get.
    pub(in crate::pool) fn forget(&mut self, client: ClientId) {
        self.seal.forget(client);
        self.flooded.remove(&client);
        self.late.retain(|(to, _)| *to != client);
    }

    pub(in crate::pool) fn next(&mut self) -> Option<(ClientId, Transmit)> {
        self.queue.pop_front()
    }
}
