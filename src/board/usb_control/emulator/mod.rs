//! The emulated controller: packets in, packets out, with the quirks of the firmwares it stands for.
//!
//! Written from `bm13xx-boards.md` section 14. What its lines and its bus lead to is a [`Circuit`], a board's.

mod packets;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub(crate) use packets::Firmware;
use packets::{Answer, Command};

use crate::transport::{Emulator, say_due};

/// A request of which nothing more comes this long is thrown away.
const PARTIAL: Duration = Duration::from_millis(4);
/// What comes in one go over full-speed USB.
const USB_PACKET: usize = 64;
/// From a request's last byte to its reply's: the bus's bytes at 100 kHz and the firmware's loop.
const LATENCY: Duration = Duration::from_millis(1);

/// Why a transfer or a line failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nobody answers at the address.
    Timeout,
    /// There is no such line, page or command.
    Invalid,
}

/// What stands around the controller.
pub(crate) trait Circuit: Send {
    /// The host has waited until `now`.
    fn live(&mut self, now: Instant);

    /// Writes to the part at `address`, then reads.
    ///
    /// # Errors
    /// [`Refusal::Timeout`] when nobody is there.
    fn transfer(&mut self, address: u8, written: &[u8], wanted: usize) -> Result<Vec<u8>, Refusal>;

    /// Drives a line.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] when there is none of this number.
    fn set_line(&mut self, line: u8, high: bool) -> Result<(), Refusal>;

    /// How a line stands.
    ///
    /// # Errors
    /// As [`set_line`](Circuit::set_line).
    fn line(&self, line: u8) -> Result<bool, Refusal>;

    /// Drives the fan, 0 to 100 percent, where the controller does that.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] where it does not.
    fn set_fan(&mut self, percent: u8) -> Result<(), Refusal>;

    /// Reads an analogue input.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] when there is none of this number.
    fn analogue(&mut self, channel: u8) -> Result<u16, Refusal> {
        match channel {
            0x50 => Ok(3300),
            _ => Err(Refusal::Invalid),
        }
    }

    /// The light has this colour: red, green, blue.
    fn shine(&mut self, _colour: [u8; 3]) {}

    /// Whether the controller says nothing at all.
    fn is_mute(&self) -> bool {
        false
    }
}

/// The controller at the control port.
pub(crate) struct Controller<C> {
    firmware: Firmware,
    circuit: C,
    /// A request as far as it has come, and what stood behind it in its packet.
    heard: Vec<u8>,
    last_heard: Option<Instant>,
    replies: VecDeque<(Instant, Vec<u8>)>,
}

impl<C: Circuit> Controller<C> {
    /// A controller with `firmware`.
    pub(crate) fn new(firmware: Firmware, circuit: C) -> Self {
        Self {
            firmware,
            circuit,
            heard: Vec::new(),
            last_heard: None,
            replies: VecDeque::new(),
        }
    }

    /// One USB packet from the host: at most one request is taken out of it.
    fn hear(&mut self, bytes: &[u8], now: Instant) {
        let stale = |last: Instant| now.saturating_duration_since(last) >= PARTIAL;
        if self.last_heard.is_some_and(stale) {
            self.heard.clear();
        }
        self.heard.extend_from_slice(bytes);
        self.last_heard = Some(now);
        let Some((length, command)) = packets::parse(&self.heard) else {
            return;
        };
        self.heard.drain(..length.min(self.heard.len()));
        self.circuit.live(now);
        let answer = self.obey(&command);
        if self.circuit.is_mute() {
            return;
        }
        // A reply that is longer than a USB packet is lost in the firmware.
        let reply = self.firmware.reply(command.id, answer);
        if reply.len() <= USB_PACKET {
            self.replies.push_back((now + LATENCY, reply));
        }
    }

    fn obey(&mut self, command: &Command) -> Answer {
        if command.is_malformed {
            return Answer::Error(0x11);
        }
        match (command.page, command.code, command.data.as_slice()) {
            (5, 0x10, [_, _, _, _]) => Answer::Payload(Vec::new()),
            (5, 0x20, [address, bytes @ ..]) => self.write(*address, bytes),
            (5, 0x30, [address, count]) => self.read(*address, &[], *count),
            (5, 0x40, [address, bytes @ .., count]) => self.read(*address, bytes, *count),
            (6, line, []) => self.line(line),
            (6, line, [level]) => self.drive(line, *level),
            (7, channel, []) => {
                let raw = self.circuit.analogue(channel);
                Answer::of(raw.map(|raw| raw.to_le_bytes().to_vec()))
            }
            (8, 0x10, [r, g, b]) => {
                self.circuit.shine([*r, *g, *b]);
                Answer::Payload(vec![*r, *g, *b])
            }
            (9, 0x10, [percent]) if self.firmware == Firmware::V0 => {
                let set = self.circuit.set_fan(*percent);
                Answer::of(set.map(|()| vec![*percent]))
            }
            _ => Answer::Error(0x11),
        }
    }

    fn write(&mut self, address: u8, bytes: &[u8]) -> Answer {
        let written = self.circuit.transfer(address, bytes, 0);
        Answer::of(written.map(|_| vec![bytes.len() as u8]))
    }

    fn read(&mut self, address: u8, bytes: &[u8], count: u8) -> Answer {
        Answer::of(self.circuit.transfer(address, bytes, count.into()))
    }

    fn line(&self, line: u8) -> Answer {
        let level = self.circuit.line(line);
        Answer::of(level.map(|high| vec![u8::from(high)]))
    }

    fn drive(&mut self, line: u8, level: u8) -> Answer {
        let driven = self.circuit.set_line(line, level != 0);
        Answer::of(driven.map(|()| vec![level]))
    }
}

impl<C: Circuit> Emulator for Controller<C> {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        for packet in bytes.chunks(USB_PACKET) {
            self.hear(packet, now);
        }
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        say_due(&mut self.replies, until, out).unwrap_or_else(|| {
            self.circuit.live(until);
            until
        })
    }
}
