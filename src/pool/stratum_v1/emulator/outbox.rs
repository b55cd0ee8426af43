//! What goes to the clients, in the manner of the moment: at once or late, whole or byte by byte, or not at all.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::pool::{ClientId, Transmit};

/// How many answers may be late at a time; above, they go out at once.
const MAX_LATE: usize = 10_000;
/// One piece of a line without end, and how many are sent: more than any client may keep.
const HUGE_PIECE: usize = 64 * 1024;
const HUGE_PIECES: usize = 4;

/// How bytes go out.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::pool) struct Manner {
    /// Nothing goes out.
    pub(in crate::pool) mute: bool,
    /// One byte a write.
    pub(in crate::pool) split: bool,
    /// Answers wait this long.
    pub(in crate::pool) delay: Option<Duration>,
}

/// Everything that is to be done to clients.
#[derive(Debug, Default)]
pub(in crate::pool) struct Outbox {
    manner: Manner,
    queue: VecDeque<(ClientId, Transmit)>,
    late: BTreeMap<(Instant, u64), (ClientId, String)>,
    /// Counts late answers, so that those of one moment keep their order.
    count: u64,
    /// Clients in the middle of a line without end.
    flooded: BTreeSet<ClientId>,
}

impl Outbox {
    pub(in crate::pool) fn set_manner(&mut self, manner: Manner) {
        self.manner = manner;
    }

    /// Sends a line now.
    pub(in crate::pool) fn send(&mut self, client: ClientId, line: &str) {
        if self.manner.mute || self.flooded.contains(&client) {
            return;
        }
        let bytes = Bytes::from(format!("{line}\n"));
        if self.manner.split {
            let pieces = (0..bytes.len()).map(|at| bytes.slice(at..=at));
            self.queue
                .extend(pieces.map(|piece| (client, Transmit::Send(piece))));
        } else {
            self.queue.push_back((client, Transmit::Send(bytes)));
        }
    }

    /// Sends an answer: late, if that is the manner.
    pub(in crate::pool) fn answer(&mut self, client: ClientId, line: String, now: Instant) {
        match self.manner.delay {
            Some(delay) if self.late.len() < MAX_LATE => {
                self.count += 1;
                let key = (now + delay, self.count);
                self.late.insert(key, (client, line));
            }
            _ => self.send(client, &line),
        }
    }

    /// Sends the late answers whose time has come.
    pub(in crate::pool) fn release(&mut self, now: Instant) {
        while let Some(first) = self.late.first_entry() {
            if first.key().0 > now {
                break;
            }
            let (client, line) = first.remove();
            self.send(client, &line);
        }
    }

    pub(in crate::pool) fn next_release(&self) -> Option<Instant> {
        self.late.first_key_value().map(|((at, _), _)| *at)
    }

    /// Sends a line that never ends; nothing else reaches the client after it.
    pub(in crate::pool) fn flood(&mut self, client: ClientId) {
        if self.manner.mute || !self.flooded.insert(client) {
            return;
        }
        let piece = Bytes::from(vec![b'x'; HUGE_PIECE]);
        let pieces = std::iter::repeat_n((client, Transmit::Send(piece)), HUGE_PIECES);
        self.queue.extend(pieces);
    }

    pub(in crate::pool) fn close(&mut self, client: ClientId) {
        self.queue.push_back((client, Transmit::Close));
    }

    /// Drops what a client that is gone would still get.
    pub(in crate::pool) fn forget(&mut self, client: ClientId) {
        self.flooded.remove(&client);
        self.late.retain(|_, (to, _)| *to != client);
    }

    pub(in crate::pool) fn next(&mut self) -> Option<(ClientId, Transmit)> {
        self.queue.pop_front()
    }
}
