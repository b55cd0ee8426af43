//! The serial line between host and chain: speed, waiting bytes, noise at the wrong speed.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::faults::Dice;
use super::speech::Reply;

/// Two ends whose speeds differ by no more than this understand each other: 4 percent is common practice (section 6).
const TOLERANCE: f64 = 0.05;
/// Nonces that wait for the line; the chips have no room for more.
const WAITING: usize = 64;
/// Bytes of the host that wait for their time.
const INBOX: usize = 64 * 1024;

/// A byte on its way to the chips.
#[derive(Debug, Clone, Copy)]
pub(super) struct Incoming {
    /// When it is there.
    pub(super) at: Instant,
    pub(super) byte: u8,
    /// Whether it is the last of what the host wrote at once.
    pub(super) end: bool,
    baud: f64,
}

/// The line.
pub(super) struct Line {
    host_baud: f64,
    inbox: VecDeque<Incoming>,
    outbox: VecDeque<(Instant, Reply)>,
    sender_free: Option<Instant>,
}

impl Line {
    pub(super) fn new() -> Self {
        Self {
            host_baud: 115_200.0,
            inbox: VecDeque::new(),
            outbox: VecDeque::new(),
            sender_free: None,
        }
    }

    pub(super) fn set_host_baud(&mut self, baud: u32) {
        self.host_baud = f64::from(baud.max(1));
    }

    /// Everything on its way is lost.
    pub(super) fn clear(&mut self) {
        self.inbox.clear();
        self.outbox.clear();
    }

    /// The host writes `bytes` at `now`.
    pub(super) fn receive(&mut self, bytes: &[u8], now: Instant, dice: &mut Dice) {
        let (baud, step) = (self.host_baud, byte_time(self.host_baud));
        let mut at = self.inbox.back().map_or(now, |last| last.at.max(now));
        for (index, byte) in bytes.iter().copied().enumerate() {
            at += step;
            let end = index + 1 == bytes.len();
            if !dice.loses() && self.inbox.len() < INBOX {
                self.inbox.push_back(Incoming {
                    at,
                    byte,
                    end,
                    baud,
                });
            }
        }
    }

    /// The next byte that is there by `until`, as chips with `baud` see it.
    pub(super) fn next_byte(
        &mut self,
        until: Instant,
        baud: f64,
        dice: &mut Dice,
    ) -> Option<Incoming> {
        let mut incoming = *self.inbox.front().filter(|first| first.at <= until)?;
        self.inbox.pop_front();
        if !agree(incoming.baud, baud) {
            incoming.byte = dice.noise();
        }
        Some(incoming)
    }

    /// Whether bytes of the host are on their way.
    pub(super) fn is_busy(&self) -> bool {
        !self.inbox.is_empty()
    }

    /// Puts `reply` on the line, after what is there; false: a nonce for which there is no room.
    pub(super) fn say(&mut self, reply: &Reply, at: Instant, baud: f64, urgent: bool) -> bool {
        if !urgent && self.outbox.len() >= WAITING {
            return false;
        }
        let begin = self.sender_free.map_or(at, |free| free.max(at));
        let end = begin + byte_time(baud) * reply.len() as u32;
        self.sender_free = Some(end);
        self.outbox.push_back((end, reply.clone()));
        true
    }

    /// Takes the reply that is through by `until`, as the host hears it; when that was.
    pub(super) fn deliver(
        &mut self,
        until: Instant,
        baud: f64,
        dice: &mut Dice,
        out: &mut Vec<u8>,
    ) -> Option<Instant> {
        self.outbox.front().filter(|(due, _)| *due <= until)?;
        let (due, reply) = self.outbox.pop_front()?;
        let clear = agree(self.host_baud, baud);
        for byte in reply {
            let byte = if clear { byte } else { dice.noise() };
            if !dice.loses() {
                out.push(byte);
            }
        }
        Some(due)
    }
}

fn agree(one: f64, other: f64) -> bool {
    (one / other - 1.0).abs() <= TOLERANCE
}

fn byte_time(baud: f64) -> Duration {
    Duration::from_secs_f64(10.0 / baud)
}
