//! A port whose far end is the emulated chain until it is up, and then a stand-in that answers each job with nonces at a rate.

use std::time::{Duration, Instant};

use midstate::chip::bm13xx::Chain;
use midstate::chip::bm13xx::emulator::SharedChain;
use midstate::transport::{EmulatedTransport, Transport, TransportError, VirtualClock, Waker};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What the bench turns at the stand-in.
#[derive(Clone, Default)]
pub(crate) struct Knobs {
    /// The chain is up: the stand-in answers.
    pub(crate) is_up: Arc<AtomicBool>,
    /// Nanoseconds between two replies.
    pub(crate) pause: Arc<AtomicU64>,
}

/// The port.
pub(crate) struct Port {
    chain: EmulatedTransport,
    clock: VirtualClock,
    knobs: Knobs,
    /// Where a job's number stands in its frame, and how a reply is made of it.
    speech: Speech,
    job: u8,
    next: Option<Instant>,
    dice: u32,
}

/// How the chips of a bench speak.
#[derive(Clone, Copy)]
pub(crate) enum Speech {
    /// BM1387.
    Seven,
    /// BM1397.
    Nine,
    /// BM1370.
    Eleven,
}

impl Port {
    pub(crate) fn new(
        chain: SharedChain,
        clock: VirtualClock,
        knobs: Knobs,
        speech: Speech,
    ) -> Self {
        let port = EmulatedTransport::virtual_time("chain", Box::new(chain), clock.clone());
        Self {
            chain: port,
            clock,
            knobs,
            speech,
            job: 0,
            next: None,
            dice: 1,
        }
    }

    fn is_up(&self) -> bool {
        self.knobs.is_up.load(Ordering::Relaxed)
    }

    /// A reply with a new nonce for the job that came last.
    fn reply(&mut self) -> Vec<u8> {
        self.dice = self
            .dice
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        let nonce = self.dice.to_be_bytes();
        let mut body = nonce.to_vec();
        match self.speech {
            Speech::Seven | Speech::Nine => body.extend([0, self.job]),
            Speech::Eleven => body.extend([0, self.job << 1, nonce[1], nonce[2]]),
        }
        body.push(0x80 | crc5(&body));
        match self.speech {
            Speech::Seven => body,
            Speech::Nine | Speech::Eleven => [&[0xaa, 0x55], &body[..]].concat(),
        }
    }
}

/// CRC5 over `bytes` and the three bits 100, bit by bit: the bench shares no code with what it measures.
fn crc5(bytes: &[u8]) -> u8 {
    let bits = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    bits.chain([1, 0, 0]).fold(0x1f, |rest, bit| {
        let feed = rest >> 4 ^ bit;
        (rest << 1 & 0x1f) ^ (feed * 5)
    })
}

impl Transport for Port {
    fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        if !self.is_up() {
            return self.chain.write(bytes);
        }
        let at = if bytes.starts_with(&[0x55, 0xaa]) {
            4
        } else {
            2
        };
        if bytes.len() > 40 {
            self.job = bytes[at];
        }
        Ok(())
    }

    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        if !self.is_up() {
            return self.chain.read(buf, deadline);
        }
        let now = self.clock.now();
        let next = *self.next.get_or_insert(now);
        if next > deadline {
            self.clock.advance_to(deadline);
            return Ok(0);
        }
        self.clock.advance_to(next);
        self.next = Some(next + Duration::from_nanos(self.knobs.pause.load(Ordering::Relaxed)));
        let reply = self.reply();
        buf[..reply.len()].copy_from_slice(&reply);
        Ok(reply.len())
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), TransportError> {
        self.chain.set_baud(baud)
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn sleep(&mut self, time: Duration) {
        if self.is_up() {
            self.clock.advance_to(self.clock.now() + time);
        } else {
            self.chain.sleep(time);
        }
    }

    fn waker(&self) -> Waker {
        Waker::none()
    }
}

/// A chain and what turns its stand-in.
pub(crate) struct Bench {
    pub(crate) chain: Chain,
    pub(crate) clock: VirtualClock,
    pub(crate) knobs: Knobs,
}
