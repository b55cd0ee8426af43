//! What goes to the clients, encrypted in the order in which it leaves, in the manner of the moment: at once or late, whole or byte by
//! byte, or not at all.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use bytes::Bytes;

use crate::pool::emulation::Manner;
use crate::pool::stratum_v2::frames::{Frame, Sealer};
use crate::pool::{ClientId, Transmit};

/// How many frames may be late at a time; above, they go out at once.
const MAX_LATE: usize = 10_000;
/// The payload of a frame beyond every bound: as much as a header can announce.
const HUGE: usize = (1 << 24) - 1;
/// How much of it is really sent.
const HUGE_PIECE: usize = 64 * 1024;

/// Everything that is to be done to clients.
#[derive(Default)]
pub(super) struct Outbox {
    manner: Manner,
    /// What encrypts each client's frames.
    sealers: BTreeMap<ClientId, Sealer>,
    queue: VecDeque<(ClientId, Transmit)>,
    now: Option<Instant>,
    late: BTreeMap<(Instant, u64), (ClientId, Frame)>,
    /// When the last late frame of each client leaves.
    last_due: BTreeMap<ClientId, Instant>,
    /// Counts late frames, so that those of one moment keep their order.
    count: u64,
    /// Clients in the middle of a frame without end.
    flooded: BTreeSet<ClientId>,
}

impl Outbox {
    pub(super) fn set_manner(&mut self, manner: Manner) {
        self.manner = manner;
    }

    /// The handshake with a client is done: sends the answer, and everything after it through `sealer`.
    pub(super) fn open(&mut self, client: ClientId, answer: &Bytes, sealer: Sealer) {
        self.sealers.insert(client, sealer);
        self.write(client, answer);
    }

    /// Sends a frame: late, if that is the manner or what was sent before is late, for frames keep their order.
    pub(super) fn send(&mut self, client: ClientId, frame: Frame) {
        let last = self.last_due.get(&client).copied();
        let delayed = self.manner.delay.and_then(|delay| Some(self.now? + delay));
        match last.max(delayed) {
            Some(due) if self.late.len() < MAX_LATE => {
                self.count += 1;
                self.last_due.insert(client, due);
                self.late.insert((due, self.count), (client, frame));
            }
            _ => self.send_now(client, &frame),
        }
    }

    fn send_now(&mut self, client: ClientId, frame: &Frame) {
        // What is not sent must not be encrypted either: each frame counts.
        if self.manner.mute || self.flooded.contains(&client) {
            return;
        }
        if let Some(Ok(bytes)) = self
            .sealers
            .get_mut(&client)
            .map(|sealer| sealer.seal(frame))
        {
            self.write(client, &bytes);
        }
    }

    fn write(&mut self, client: ClientId, bytes: &Bytes) {
        if self.manner.mute || bytes.is_empty() {
            return;
        }
        if self.manner.split {
            let pieces = (0..bytes.len()).map(|at| bytes.slice(at..=at));
            let pieces = pieces.map(|piece| (client, Transmit::Send(piece)));
            self.queue.extend(pieces);
        } else {
            self.queue
                .push_back((client, Transmit::Send(bytes.clone())));
        }
    }

    /// Time has come to `now`: sends the late frames whose time it is.
    pub(super) fn release(&mut self, now: Instant) {
        self.now = Some(now);
        while let Some(first) = self.late.first_entry() {
            if first.key().0 > now {
                break;
            }
            let (client, frame) = first.remove();
            self.send_now(client, &frame);
        }
        self.last_due.retain(|_, due| *due > now);
    }

    pub(super) fn next_release(&self) -> Option<Instant> {
        self.late.first_key_value().map(|((at, _), _)| *at)
    }

    /// Begins a frame beyond every bound; nothing else reaches the client after it.
    pub(super) fn flood(&mut self, client: ClientId) {
        let Some(sealer) = self.sealers.get_mut(&client) else {
            return;
        };
        let huge = Frame::new(0x1f, true, &vec![0; HUGE]);
        if self.manner.mute || self.flooded.contains(&client) {
            return;
        }
        if let Ok(bytes) = sealer.seal(&huge) {
            self.queue
                .push_back((client, Transmit::Send(bytes.slice(..HUGE_PIECE))));
        }
        self.flooded.insert(client);
    }

    pub(super) fn close(&mut self, client: ClientId) {
        self.queue.push_back((client, Transmit::Close));
        self.forget(client);
    }

    /// Drops what a client that is gone would still get.
    pub(super) fn forget(&mut self, client: ClientId) {
        self.sealers.remove(&client);
        self.flooded.remove(&client);
        self.last_due.remove(&client);
        self.late.retain(|_, (to, _)| *to != client);
    }

    pub(super) fn next(&mut self) -> Option<(ClientId, Transmit)> {
        self.queue.pop_front()
    }
}
